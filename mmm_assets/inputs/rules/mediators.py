"""Rules for what media create and nobody buys: searches, visits, awareness."""

from __future__ import annotations

from mmm_assets.inputs.panel_mediators import FEWEST_WEEKS
from mmm_assets.inputs.roles import KPI, MEDIATORS
from mmm_assets.inputs.rules.rule import Rule
from mmm_assets.inputs.rules.weekly_tables import regions_match

_IS_SURVEY = """
    (list_contains($surveys, mediator)
     OR mediator IN (SELECT mediator FROM known_mediators WHERE asked IS NOT NULL))
"""

RULES: tuple[Rule, ...] = (
    regions_match(MEDIATORS, KPI, "Spell the region as the KPI does, or leave its rows out."),
    Rule(
        "surveys_say_how_many",
        "mediators",
        "blocking",
        "A wave of a survey asked at least one person.",
        "Deliver the number asked in 'asked'; leave the share of a week without a wave empty.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, mediator,
               min(region) AS region, min(day) AS week, asked, count(*) AS failing,
               CASE WHEN asked >= 1 THEN 'yes' END AS somebody
        FROM known_mediators WHERE {_IS_SURVEY} AND value IS NOT NULL
        GROUP BY mediator, asked
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "somebody"},
        waivable=False,
    ),
    Rule(
        "surveys_are_shares",
        "mediators",
        "blocking",
        "A survey's value is a share from 0 to 1, or in percent from 0 to 100; never both.",
        "Correct the cell; what is counted and not asked for has no column 'asked'.",
        f"""
        WITH shares AS (
            SELECT *, CASE WHEN quantile_cont(value, 0.9) FILTER (value > 0)
                                OVER (PARTITION BY mediator) <= 1 THEN 1 ELSE 100 END AS most
            FROM known_mediators WHERE {_IS_SURVEY} AND value IS NOT NULL
        ),
        judged AS (
            SELECT *, greatest(value / most, CASE WHEN value < 0 THEN 2 END) AS share FROM shares
        )
        SELECT arg_max(source, share) AS source, arg_max(source_row, share) AS source_row, mediator,
               arg_max(region, share) AS region, arg_max(day, share) AS week,
               arg_max(value, share) AS value, max(share) AS share,
               count(*) FILTER (share > 1) AS failing
        FROM judged GROUP BY mediator
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "share", "max_value": 1},
        waivable=False,
    ),
    Rule(
        "counts_not_negative",
        "mediators",
        "blocking",
        "A number of searches or visits is 0 or more.",
        "Correct the cell, or leave it empty: what is not known is not 0.",
        f"""
        SELECT arg_min(source, value) AS source, arg_min(source_row, value) AS source_row, mediator,
               arg_min(region, value) AS region, arg_min(day, value) AS week, min(value) AS value,
               count(*) FILTER (value < 0) AS failing
        FROM known_mediators WHERE NOT {_IS_SURVEY} AND value IS NOT NULL
        GROUP BY mediator
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0},
        waivable=False,
    ),
    Rule(
        "mediators_are_nothing_else",
        "mediators",
        "blocking",
        "What media create and nobody buys is neither a channel nor a control.",
        "Leave it in one table: as a channel it would be paid for twice, as a control it would "
        "take from media what they do through it.",
        """
        SELECT m.mediator, CASE WHEN c.channel IS NOT NULL THEN 'channel'
                                WHEN k.control IS NOT NULL THEN 'control' END AS is_also,
               CASE WHEN c.channel IS NULL AND k.control IS NULL THEN 'yes' END AS alone,
               0 AS failing
        FROM (SELECT DISTINCT mediator FROM ever_mediators WHERE mediator IS NOT NULL) AS m
        LEFT JOIN (SELECT DISTINCT channel FROM ever_media) AS c ON lower(channel) = lower(mediator)
        LEFT JOIN (SELECT DISTINCT control FROM ever_controls) AS k
            ON lower(control) = lower(mediator)
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "alone"},
        waivable=False,
    ),
    Rule(
        "drivers_are_channels",
        "mediators",
        "blocking",
        "Every channel that 'drivers' names is one of the media.",
        "Spell it as the media table does, or leave it out.",
        """
        SELECT d.channel, max(m.channel) AS channel_of_media, 0 AS failing
        FROM (SELECT unnest($drivers::VARCHAR[]) AS channel) AS d
        LEFT JOIN (SELECT DISTINCT channel FROM ever_media) AS m USING (channel)
        GROUP BY d.channel
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "channel_of_media"},
        waivable=False,
    ),
    Rule(
        "mediators_have_weeks",
        "mediators",
        "warning",
        f"What media create was counted or asked in at least {FEWEST_WEEKS} weeks, and moves.",
        "It is left out until then: media could not be told from its own ways.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, mediator,
               count(DISTINCT week) AS weeks_known, max(value) - min(value) AS moves_by,
               CASE WHEN count(DISTINCT week) >= {FEWEST_WEEKS} AND max(value) > min(value)
                    THEN 'yes' END AS enough, count(*) AS failing
        FROM known_mediators WHERE value IS NOT NULL
        GROUP BY mediator
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "enough"},
    ),
)
