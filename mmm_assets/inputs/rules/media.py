"""Rules for media: spend and exposure by week, region and channel."""

from __future__ import annotations

from mmm_assets.inputs.rules.every_table import (
    FEWEST_WEEKS,
    days_regular,
    each_number,
    keys_unique,
    names_distinct,
    names_present,
    numbers_readable,
    reaches_refresh_week,
    regions_match,
    restated,
    unit_changes,
    units_as_before,
    values_finite,
    weeks_readable,
)
from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    weeks_readable("media"),
    names_present("media"),
    names_distinct("media", "channel"),
    numbers_readable("media"),
    values_finite("media"),
    keys_unique("media", "week, region, channel"),
    days_regular("media"),
    regions_match("media", "kpi", "Spell the region alike in both, or deliver its KPI."),
    reaches_refresh_week("media"),
    unit_changes("media", "warning", "name"),
    units_as_before("media", "spend", "name"),
    restated("media", "spend", "channel"),
    Rule(
        "values_not_negative",
        "media",
        "blocking",
        "Spend and exposure are 0 or more.",
        "Book refunds and corrections in the week that they correct.",
        each_number(
            "media",
            "arg_min(source_row, {n}) AS source_row, {by}, arg_min(day, {n}) AS week, "
            "min({n}) AS value, count(*) FILTER ({n} < 0) AS failing",
            "GROUP BY {by}",
        ),
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0},
    ),
    Rule(
        "channels_configured",
        "media",
        "blocking",
        "Every channel that 'graph' or 'budget' names is in media.",
        "Correct the names under graph and budget in the configuration.",
        """
        SELECT named.channel, max(media.channel) AS channel_in_media, 0 AS failing
        FROM (SELECT unnest($named_channels::VARCHAR[]) AS channel) AS named
        LEFT JOIN (SELECT DISTINCT channel FROM raw.media) AS media USING (channel)
        GROUP BY named.channel
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "channel_in_media"},
        waivable=False,
    ),
    Rule(
        "some_activity",
        "media",
        "blocking",
        "At least one channel is not always zero.",
        "Check that the columns of spend and exposure are the right ones.",
        """
        SELECT coalesce(sum(spend) FILTER (isfinite(spend)), 0) AS spend,
               coalesce(sum(exposure) FILTER (isfinite(exposure)), 0) AS exposure,
               greatest(coalesce(max(spend), 0), coalesce(max(exposure), 0)) AS largest,
               count(*) AS failing
        FROM known_media
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "largest", "min_value": 0, "strict_min": True},
        waivable=False,
    ),
    Rule(
        "channels_active",
        "media",
        "warning",
        "No channel is always zero.",
        "The channel is left out of the model until it has activity.",
        """
        SELECT channel, greatest(coalesce(max(spend), 0), coalesce(max(exposure), 0)) AS largest,
               count(*) AS failing
        FROM known_media WHERE channel IS NOT NULL GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "largest", "min_value": 0, "strict_min": True},
    ),
    Rule(
        "channels_often_active",
        "media",
        "warning",
        "Every channel is on air in at least checks.min_active_weeks weeks.",
        "The channel is kept; its effect will be very uncertain. A misspelt name looks like this.",
        """
        SELECT channel, any_value(source) AS source, min(source_row) AS source_row,
               count(DISTINCT week) AS weeks_on_air, count(*) AS failing
        FROM known_media WHERE spend > 0 OR exposure > 0 GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_on_air", "min_value": "$min_active_weeks"},
    ),
    Rule(
        "weeks_covered",
        "media",
        "warning",
        "Every week with a KPI has media rows.",
        "A wide table's missing weeks are unknown and masked; in a long table no row means no "
        "activity.",
        """
        SELECT kpi.week, max(media.week) AS week_in_media, count(*) AS failing
        FROM known_kpi AS kpi
        LEFT JOIN (SELECT DISTINCT week FROM known_media) AS media USING (week)
        WHERE kpi.week IS NOT NULL GROUP BY kpi.week ORDER BY kpi.week
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "week_in_media"},
    ),
    Rule(
        "rows_complete",
        "media",
        "warning",
        "A channel that has a row for nearly every region and week has one for each.",
        "No row means no activity: deliver zeros where nothing ran, else find the missing rows.",
        """
        SELECT channel, max(rows) AS rows, count(*) AS cells,
               min(week) FILTER (gap) AS first_week_missing,
               min(region) FILTER (gap) AS region,
               CASE WHEN max(rows) >= $dense_share * count(*) THEN count(*) FILTER (gap) ELSE 0
                    END AS missing,
               count(*) FILTER (gap) AS failing
        FROM (
            SELECT of.channel, grid.region, grid.week, of.rows, cell.week IS NULL AS gap
            FROM (SELECT name AS channel, count(*) AS rows, min(week) AS first
                  FROM cells_media GROUP BY name) AS of
            JOIN (SELECT region, name AS channel FROM cells_media GROUP BY ALL) AS series
                USING (channel)
            JOIN (SELECT DISTINCT region, week FROM cells_kpi WHERE kpi IS NOT NULL) AS grid
                ON grid.region = series.region AND grid.week >= of.first
            LEFT JOIN cells_media AS cell
                ON cell.name = of.channel AND cell.region = grid.region AND cell.week = grid.week
        )
        GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "missing", "max_value": 0},
    ),
    Rule(
        "values_complete",
        "media",
        "warning",
        "Spend or exposure that a channel has nearly everywhere is not empty elsewhere.",
        "An empty cell counts as 0: deliver the value, or 0 where nothing ran.",
        each_number(
            "media",
            "arg_min(source_row, {n} IS NOT NULL) AS source_row, channel, "
            "arg_min(region, {n} IS NOT NULL) AS region, arg_min(day, {n} IS NOT NULL) AS week, "
            "CASE WHEN count({n}) >= $dense_share * count(*) THEN count(*) - count({n}) ELSE 0 END "
            "AS empty, count(*) - count({n}) AS failing",
            "WHERE channel IS NOT NULL GROUP BY channel",
        ),
        "ExpectColumnValuesToBeBetween",
        {"column": "empty", "max_value": 0},
    ),
    Rule(
        "always_on",
        "media",
        "warning",
        "A channel that is on air in nearly every region and week has no zero.",
        "Zeros are learned from as they are; check that they are not missing deliveries.",
        """
        SELECT any_value(source) FILTER (off) AS source, min(source_row) FILTER (off) AS source_row,
               name AS channel, arg_max(region, off) AS region, arg_max(week, off) AS week,
               CASE WHEN count(*) FILTER (NOT off) >= $dense_share * count(*)
                    THEN count(*) FILTER (off) ELSE 0 END AS zeros,
               count(*) FILTER (off) AS failing
        FROM (SELECT *, coalesce(spend, 0) = 0 AND coalesce(exposure, 0) = 0 AS off
              FROM cells_media)
        GROUP BY name
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "zeros", "max_value": 0},
    ),
    Rule(
        "exposure_behind_spend",
        "media",
        "warning",
        "Where money was spent there is exposure, for channels that have exposure.",
        "The model reads exposure: such spend counts as no activity. Deliver the exposure.",
        """
        SELECT any_value(source) FILTER (lacks) AS source,
               min(source_row) FILTER (lacks) AS source_row, name AS channel,
               arg_max(region, lacks) AS region, arg_max(week, lacks) AS week,
               sum(spend) FILTER (lacks) AS spend, count(*) FILTER (lacks) AS cells,
               count(*) FILTER (lacks) AS failing
        FROM (SELECT *, coalesce(spend > 0 AND coalesce(exposure, 0) = 0, false) AS lacks
              FROM cells_media)
        GROUP BY name HAVING sum(exposure) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells", "max_value": 0},
    ),
    Rule(
        "spend_behind_exposure",
        "media",
        "warning",
        "Where there is exposure money was spent, for channels that have spend.",
        "ROI counts such exposure as free. Deliver the spend.",
        """
        SELECT any_value(source) FILTER (lacks) AS source,
               min(source_row) FILTER (lacks) AS source_row, name AS channel,
               arg_max(region, lacks) AS region, arg_max(week, lacks) AS week,
               sum(exposure) FILTER (lacks) AS exposure, count(*) FILTER (lacks) AS cells,
               count(*) FILTER (lacks) AS failing
        FROM (SELECT *, coalesce(exposure > 0 AND coalesce(spend, 0) = 0, false) AS lacks
              FROM cells_media)
        GROUP BY name HAVING sum(spend) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells", "max_value": 0},
    ),
    Rule(
        "no_jumps",
        "media",
        "warning",
        "No week of a channel is more than checks.jump times the highest week before it.",
        "It is learned from as it is; check the rows of that week.",
        f"""
        SELECT name AS channel, column_, arg_max(week, times) AS week, max(times) AS times,
               count(*) FILTER (times > $jump) AS failing
        FROM (
            SELECT name, column_, week, total / max(total) OVER before AS times,
                   count(*) FILTER (total > 0) OVER before AS weeks_before
            FROM (
                SELECT name, 'spend' AS column_, week, sum(spend) AS total
                FROM cells_media GROUP BY ALL
                UNION ALL
                SELECT name, 'exposure' AS column_, week, sum(exposure) AS total
                FROM cells_media GROUP BY ALL
            )
            WINDOW before AS (PARTITION BY name, column_ ORDER BY week
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        )
        WHERE weeks_before >= {FEWEST_WEEKS} GROUP BY name, column_
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times", "max_value": "$jump"},
    ),
    Rule(
        "not_silent",
        "media",
        "warning",
        "No channel went off air for checks.silent_weeks or more, and longer than ever before.",
        "No activity is what the model learns; check that the delivery did not stop.",
        """
        SELECT name AS channel, any_value(region) FILTER (silent) AS region,
               min(last_on_air) FILTER (silent) AS last_on_air,
               count(*) FILTER (silent) AS regions_silent, count(*) AS regions,
               count(*) FILTER (silent) AS failing
        FROM (
            SELECT name, region, max(week) AS last_on_air,
                   date_diff('week', max(week), any_value(newest)) AS since,
                   count(*) >= $min_active_weeks AND since >= $silent_weeks
                   AND since > 1.5 * max(coalesce(gap, 0)) AS silent
            FROM (
                SELECT *, date_diff('week', lag(week) OVER (PARTITION BY region, name
                                                            ORDER BY week), week) AS gap
                FROM cells_media WHERE spend > 0 OR exposure > 0
            ), (SELECT max(week) AS newest FROM cells_kpi)
            GROUP BY name, region
        )
        GROUP BY name
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "regions_silent", "max_value": 0},
    ),
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
)
