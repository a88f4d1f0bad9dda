"""Rules on whether the effects of media can be told from the tables, and their ROI believed."""

from __future__ import annotations

from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "distinguishable",
        "media",
        "warning",
        "No two channels move alike by more than checks.max_correlation.",
        "Their effects cannot be told apart, only their sum. Merge them, vary one, or test one.",
        """
        WITH cells AS (
            SELECT name, region, week, coalesce(nullif(exposure, 0), spend, 0) AS value
            FROM cells_media
        ),
        channels AS (SELECT name FROM cells GROUP BY name HAVING max(value) > 0),
        centred AS (
            SELECT name, region, week, value - avg(value) OVER (PARTITION BY name, region) AS value
            FROM (
                SELECT channels.name, grid.region, grid.week, coalesce(cells.value, 0) AS value
                FROM channels CROSS JOIN (SELECT DISTINCT region, week FROM cells) AS grid
                LEFT JOIN cells USING (name, region, week)
            )
        ),
        series AS (
            SELECT name, list(value ORDER BY region, week) AS values_
            FROM centred GROUP BY name HAVING max(abs(value)) > 0
        )
        SELECT a.name AS channel, arg_max(b.name, r) AS other_channel, max(r) AS correlation,
               0 AS failing
        FROM (SELECT a, b, list_cosine_similarity(a.values_, b.values_) AS r
              FROM series AS a JOIN series AS b ON a.name < b.name)
        GROUP BY a.name
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "correlation", "max_value": "$max_correlation"},
    ),
    Rule(
        "varies",
        "media",
        "warning",
        "Every channel varies from week to week by checks.min_variation of its mean or more.",
        "What never changes cannot be learned; its effect is a guess. Vary it, or test it.",
        """
        SELECT name AS channel, sqrt(avg(variance)) / avg(level) AS variation,
               sum(cells) AS failing
        FROM (
            SELECT name, region, count(*) AS cells,
                   var_pop(coalesce(nullif(exposure, 0), spend, 0)) AS variance,
                   avg(coalesce(nullif(exposure, 0), spend, 0)) AS level
            FROM cells_media GROUP BY name, region
        )
        GROUP BY name HAVING avg(level) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "variation", "min_value": "$min_variation"},
    ),
    Rule(
        "data_enough",
        "kpi",
        "warning",
        "There are checks.min_data_ratio region-weeks or more for each channel and control.",
        "Effects will be uncertain: deliver more weeks or regions, or merge channels.",
        """
        SELECT region_weeks, channels, controls, region_weeks / (channels + controls) AS ratio,
               0 AS failing
        FROM (SELECT count(*) AS region_weeks FROM cells_kpi WHERE kpi IS NOT NULL),
             (SELECT count(DISTINCT name) AS channels FROM cells_media),
             (SELECT count(DISTINCT name) AS controls FROM cells_controls)
        WHERE channels > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "ratio", "min_value": "$min_data_ratio"},
    ),
    Rule(
        "value_plausible",
        "kpi",
        "warning",
        "The KPI is worth from checks.min_value_ratio to checks.max_value_ratio times media spend.",
        "Every ROI will be as far from what is usual: check that spend and value_per_kpi are in "
        "one currency and one unit, not scaled to 0 to 1, an index, or thousands beside units. "
        "Where they are made up, read shares and contributions, and no ROI or budget in money.",
        """
        SELECT value, spend, value / spend AS times, 0 AS failing
        FROM (SELECT sum(kpi * value_per_kpi) AS value FROM cells_kpi),
             (SELECT sum(spend) AS spend FROM cells_media
              SEMI JOIN (FROM cells_kpi WHERE kpi IS NOT NULL) USING (week))
        WHERE value > 0 AND spend > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times", "min_value": "$min_value_ratio", "max_value": "$max_value_ratio"},
    ),
)
