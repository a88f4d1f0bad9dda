"""Rules for lift tests: results of experiments."""

from __future__ import annotations

from mmm_assets.inputs.rules.every_table import names_present, numbers_readable, values_finite
from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    names_present("lift_tests"),
    numbers_readable("lift_tests"),
    values_finite("lift_tests"),
    Rule(
        "channels_known",
        "lift_tests",
        "blocking",
        "Every channel of a lift test is a channel of media.",
        "Spell the channel alike in both, or remove the test.",
        """
        SELECT any_value(t.source) AS source, min(t.source_row) AS source_row, t.channel,
               max(m.channel) AS channel_in_media, count(*) AS failing
        FROM known_lift_tests AS t
        LEFT JOIN (SELECT DISTINCT channel FROM raw.media) AS m USING (channel)
        WHERE t.channel IS NOT NULL GROUP BY t.channel
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "channel_in_media"},
        waivable=False,
    ),
    Rule(
        "sigma_positive",
        "lift_tests",
        "blocking",
        "Every lift test has a standard error above 0.",
        "Deliver the standard error of the test's result; it decides how much the test counts.",
        """
        SELECT source, source_row, channel, coalesce(sigma, 0) AS sigma, 1 AS failing
        FROM known_lift_tests
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "sigma", "min_value": 0, "strict_min": True},
        waivable=False,
    ),
)
