"""Rules for media: spend and exposure by week, region and channel."""

from __future__ import annotations

from dataclasses import replace

from mmm_assets.inputs.roles import KPI, MEDIA
from mmm_assets.inputs.rules.every_table import each_number
from mmm_assets.inputs.rules.rule import Rule
from mmm_assets.inputs.rules.weekly_tables import (
    FEWEST_WEEKS,
    no_totals,
    reaches_refresh_week,
    regions_match,
    restated,
    unit_changes,
    unit_steps,
    units_as_before,
    weeks_begin_alike,
)

_SIZES = """
    SELECT region, name, week, source, source_row, unnest([
        {column_: 'spend', value: spend, may_be_small: true},
        {column_: 'exposure', value: exposure, may_be_small: true},
        {column_: 'spend / exposure', value: spend / exposure, may_be_small: false}
    ], max_depth := 2)
    FROM cells_media
"""
"""Activity may be ever so small, but then both spend and exposure are."""

_AMOUNTS = replace(MEDIA, numbers=dict.fromkeys(("spend", "exposure"), "sum"))

RULES: tuple[Rule, ...] = (
    regions_match(MEDIA, KPI, "Spell the region alike in both, or deliver its KPI."),
    reaches_refresh_week(MEDIA),
    unit_changes(MEDIA, "warning", _SIZES),
    unit_steps(MEDIA, ("spend", "exposure")),
    units_as_before(MEDIA, "spend"),
    no_totals(MEDIA, "spend", "region"),
    no_totals(MEDIA, "spend", "name"),
    weeks_begin_alike(MEDIA, KPI),
    restated(MEDIA, "spend"),
    Rule(
        "values_not_negative",
        "media",
        "blocking",
        "Spend, exposure, frequency and population are 0 or more.",
        "Book refunds and corrections in the week that they correct.",
        each_number(
            MEDIA,
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
        "Every channel that 'graph', 'budget' or 'model.brand' names is in media.",
        "Correct the names under graph, budget and model.brand in the configuration.",
        # Media of any week and load: the configuration speaks of today's channels, also where a
        # refresh looks at what was known before they began.
        """
        SELECT named.channel, max(media.channel) AS channel_in_media, 0 AS failing
        FROM (SELECT unnest($named_channels::VARCHAR[]) AS channel) AS named
        LEFT JOIN (SELECT DISTINCT channel FROM media_today) AS media USING (channel)
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
            _AMOUNTS,
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
               name AS channel, arg_min(region, source_row) FILTER (off) AS region,
               arg_min(week, source_row) FILTER (off) AS week,
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
               arg_min(region, source_row) FILTER (lacks) AS region,
               arg_min(week, source_row) FILTER (lacks) AS week,
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
               arg_min(region, source_row) FILTER (lacks) AS region,
               arg_min(week, source_row) FILTER (lacks) AS week,
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
        "plausible",
        "media",
        "warning",
        "No cell is more than checks.implausible times the highest other week of its channel.",
        "It looks like a typing error: the model is told 'replacement' instead, and the week's KPI "
        "is masked where 'masked' says yes (checks.implausible_cells: keep leaves the cell as it "
        "is). Correct the row in the delivery.",
        """
        SELECT source, source_row, channel, region, column_, week, value, highest_other, times,
               CASE WHEN NOT $keeps THEN replacement END AS replacement,
               CASE WHEN masked AND NOT $keeps THEN 'yes' ELSE 'no' END AS masked, 1 AS failing
        FROM implausible_media
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times", "max_value": "$implausible"},
    ),
    Rule(
        "no_jumps",
        "media",
        "warning",
        "No week of a channel is more than checks.jump times the highest week before it.",
        "It is learned from as it is, unless the rule plausible names it; check the rows of that "
        "week.",
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
            )
            JOIN (SELECT region, max(week) AS newest FROM cells_kpi WHERE kpi IS NOT NULL
                  GROUP BY region) USING (region)
            GROUP BY name, region
        )
        GROUP BY name
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "regions_silent", "max_value": 0},
    ),
)
