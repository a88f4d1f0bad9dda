"""Rules for channels of reach and frequency: whose exposure is reach, beside a frequency."""

from __future__ import annotations

from mmm_assets.inputs.rules.rule import Rule

LEAST_FREQUENCY = 0.95
"""Below one, but as one: reported frequencies are estimates, and rounded."""

_REACHED = f"""
    SELECT *, exposure > 0 AND frequency IS NULL AS lacks,
           exposure > 0 AND frequency < {LEAST_FREQUENCY} AS below,
           exposure > population AS above
    FROM known_media
    WHERE channel IN (SELECT channel FROM known_media WHERE frequency IS NOT NULL)
"""


def _refused(name: str, fault: str, description: str, remedy: str, shown: str) -> Rule:
    """Refuse rows in which a column of ``_REACHED`` is true; ``shown`` is told of the first."""
    return Rule(
        name,
        "media",
        "blocking",
        description,
        remedy,
        f"""
        SELECT any_value(source) FILTER ({fault}) AS source,
               min(source_row) FILTER ({fault}) AS source_row, channel,
               arg_min(region, source_row) FILTER ({fault}) AS region,
               arg_min(day, source_row) FILTER ({fault}) AS week, {shown.format(fault=fault)},
               count(*) FILTER ({fault}) AS rows, count(*) FILTER ({fault}) AS failing
        FROM ({_REACHED}) GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "rows", "max_value": 0},
        waivable=False,
    )


RULES: tuple[Rule, ...] = (
    _refused(
        "frequency_where_reached",
        "lacks",
        "A channel with a frequency has one wherever it reached anybody.",
        "Deliver contacts per person reached, or take the channel out of 'frequency' and give "
        "its impressions as exposure.",
        "arg_min(exposure, source_row) FILTER ({fault}) AS reach",
    ),
    _refused(
        "frequency_at_least_one",
        "below",
        f"Whoever is reached is reached at least once: frequency is 1 or more (from "
        f"{LEAST_FREQUENCY} on it counts as 1).",
        "Deliver impressions over people reached; a share, a percentage or contacts per "
        "inhabitant is no frequency.",
        "min(frequency) FILTER ({fault}) AS frequency",
    ),
    _refused(
        "reach_within_population",
        "above",
        "No more people are reached than live in the region.",
        "Reach is people, not contacts: deliver impressions over frequency, or correct the "
        "column of population.",
        "arg_min(exposure, source_row) FILTER ({fault}) AS reach, "
        "arg_min(population, source_row) FILTER ({fault}) AS population",
    ),
    Rule(
        "reach_of_weeks",
        "media",
        "warning",
        "Reach and frequency are of whole weeks and of the whole channel.",
        "Whoever was reached on two days, or by two campaigns, is two people in their sum, and "
        "the frequency is too low: deliver reach and frequency by week and channel.",
        """
        SELECT name AS channel, max(rows) AS rows_a_week, count(*) AS failing
        FROM cells_media WHERE frequency IS NOT NULL AND exposure > 0 GROUP BY name
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "rows_a_week", "max_value": 1},
    ),
)
