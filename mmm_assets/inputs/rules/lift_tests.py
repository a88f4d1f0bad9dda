"""Rules for lift tests: results of experiments."""

from __future__ import annotations

from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
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
        LEFT JOIN (SELECT DISTINCT channel FROM ever_media) AS m USING (channel)
        WHERE t.channel IS NOT NULL GROUP BY t.channel
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "channel_in_media"},
        waivable=False,
    ),
    Rule(
        "regions_known",
        "lift_tests",
        "blocking",
        "Every region of a lift test is a region of the KPI.",
        "Spell the region alike in both, join several by '|', or leave it empty for a test "
        "everywhere.",
        """
        SELECT any_value(t.source) AS source, min(t.source_row) AS source_row, t.region,
               max(k.region) AS region_of_kpi, count(*) AS failing
        FROM (
            SELECT source, source_row, unnest(
                CASE WHEN region IN (SELECT region FROM ever_kpi) THEN [region]
                     ELSE string_split(region, '|') END) AS region
            FROM known_lift_tests WHERE region IS NOT NULL
        ) AS t
        LEFT JOIN ever_kpi AS k USING (region)
        GROUP BY t.region
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "region_of_kpi"},
        waivable=False,
    ),
    Rule(
        "tests_complete",
        "lift_tests",
        "blocking",
        "Every lift test has a change other than 0, a result, and both its weeks or neither.",
        "Fill in delta_x and delta_y, and start and end; or remove the row.",
        """
        SELECT source, source_row, channel, 1 AS failing,
               CASE WHEN delta_x <> 0 AND delta_y IS NOT NULL
                         AND (start_week IS NULL) = (end_week IS NULL) THEN 'yes' END AS complete
        FROM known_lift_tests
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "complete"},
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
