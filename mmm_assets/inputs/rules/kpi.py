"""Rules for the KPI, and what a unit of it is worth, by week and region."""

from __future__ import annotations

from mmm_assets.inputs.roles import KPI, MEDIA
from mmm_assets.inputs.rules.rule import Rule
from mmm_assets.inputs.rules.weekly_tables import (
    FEWEST_WEEKS,
    no_totals,
    reaches_refresh_week,
    regions_match,
    restated,
    unit_changes,
    units_as_before,
    weeks_begin_alike,
)
from mmm_model.brand import FEWEST_WEEKS as WEEKS_FOR_BRAND

_SIZES = """
    SELECT region, name, week, source, source_row, unnest([
        {column_: 'kpi', value: kpi, may_be_small: false},
        {column_: 'value_per_kpi', value: value_per_kpi, may_be_small: false}
    ], max_depth := 2)
    FROM cells_kpi
"""

RULES: tuple[Rule, ...] = (
    regions_match(KPI, MEDIA, "Spell the region alike in both, or deliver zeros for it."),
    reaches_refresh_week(KPI, "kpi IS NOT NULL"),
    unit_changes(KPI, "blocking", _SIZES),
    units_as_before(KPI, "kpi"),
    no_totals(KPI, "kpi", "region"),
    weeks_begin_alike(KPI, KPI),
    restated(KPI, "kpi"),
    Rule(
        "enough_weeks",
        "kpi",
        "blocking",
        "There are at least refresh.min_weeks weeks with a KPI.",
        "Deliver a longer history, refresh a later week, or lower refresh.min_weeks and "
        "refresh.holdout_weeks.",
        """
        SELECT week, count(*) AS failing FROM known_kpi
        WHERE kpi IS NOT NULL AND week IS NOT NULL GROUP BY week ORDER BY week
        """,
        "ExpectTableRowCountToBeBetween",
        {"min_value": "$min_weeks"},
        waivable=False,
    ),
    Rule(
        "enough_weeks_for_brand",
        "kpi",
        "blocking",
        f"Where model.brand looks for a slow stock, {WEEKS_FOR_BRAND} weeks or more have a KPI.",
        "Leave 'brand' out of 'model' until there are, or refresh a later week.",
        """
        SELECT count(DISTINCT week) AS weeks, 0 AS failing FROM known_kpi
        WHERE kpi IS NOT NULL AND week IS NOT NULL HAVING len($brand::VARCHAR[]) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks", "min_value": WEEKS_FOR_BRAND},
        waivable=False,
    ),
    Rule(
        "varies",
        "kpi",
        "blocking",
        "The KPI varies from week to week, and is not always zero, in at least one region.",
        "Check that the column of the KPI is the right one.",
        """
        SELECT count(*) AS regions, count(*) FILTER (high > low) AS regions_that_vary,
               min(low) AS lowest, max(high) AS highest, sum(rows) AS failing
        FROM (SELECT min(kpi) AS low, max(kpi) AS high, count(*) AS rows
              FROM known_kpi GROUP BY region)
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "regions_that_vary", "min_value": 1},
        waivable=False,
    ),
    Rule(
        "regions_vary",
        "kpi",
        "warning",
        "The KPI of each region varies from week to week.",
        "The region is kept and says little. Check whether its KPI was filled in.",
        """
        SELECT region, any_value(source) AS source, min(source_row) AS source_row,
               count(DISTINCT kpi) AS different_values, min(kpi) AS lowest, count(*) AS failing
        FROM known_kpi WHERE region IS NOT NULL GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different_values", "min_value": 2},
    ),
    Rule(
        "regions_long_enough",
        "kpi",
        "warning",
        "Every region has at least refresh.min_weeks weeks with a KPI.",
        "The region is kept; it borrows from the others.",
        """
        SELECT region, count(DISTINCT week) AS weeks, min(week) AS first_week,
               max(week) AS last_week, count(*) AS failing
        FROM known_kpi WHERE kpi IS NOT NULL AND region IS NOT NULL GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks", "min_value": "$min_weeks"},
    ),
    Rule(
        "weeks_regular",
        "kpi",
        "warning",
        "No week is missing between the first and the last.",
        "Missing weeks are masked, never filled.",
        """
        SELECT week, lag(week) OVER (ORDER BY week) AS week_before,
               date_diff('week', lag(week) OVER (ORDER BY week), week) AS step,
               date_diff('week', lag(week) OVER (ORDER BY week), week) - 1 AS failing
        FROM (SELECT DISTINCT week FROM known_kpi WHERE week IS NOT NULL AND kpi IS NOT NULL)
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "step", "min_value": 1, "max_value": 1},
    ),
    Rule(
        "days_complete",
        "kpi",
        "warning",
        "In a table of days no week between the first and the last lacks days.",
        "A week that lacks more than one day is masked where 'masked' says yes, else counted as "
        "it is. Deliver the missing days.",
        """
        SELECT region, week, days, usual_days,
               CASE WHEN complete THEN 'no' ELSE 'yes' END AS masked,
               usual_days - days AS missing, 1 AS failing
        FROM weekly_kpi WHERE kpi IS NOT NULL AND usual_days > 1 AND NOT at_edge
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "missing", "max_value": 0},
    ),
    Rule(
        "no_zeros",
        "kpi",
        "warning",
        "No week has a KPI of 0.",
        "Zeros are masked as outages where 'masked' counts them; zero_kpi in the configuration "
        "(auto, missing, zero) decides.",
        """
        SELECT region, count(*) AS zeros, count(*) FILTER (outage) AS masked,
               min(week) AS first_week, max(week) AS last_week, count(*) AS failing
        FROM weekly_kpi WHERE kpi = 0 GROUP BY region ORDER BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "zeros", "max_value": 0},
    ),
    Rule(
        "values_not_negative",
        "kpi",
        "warning",
        "The KPI is 0 or more.",
        "Negative weeks are kept as they are; check that they are not corrections.",
        """
        SELECT any_value(source) AS source, arg_min(source_row, kpi) AS source_row, region,
               arg_min(day, kpi) AS week, min(kpi) AS value,
               count(*) FILTER (kpi < 0) AS failing
        FROM known_kpi GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0},
    ),
    Rule(
        "weeks_complete",
        "kpi",
        "warning",
        "A region has a KPI in every week from its first to the refresh week.",
        "Weeks without a KPI are masked, never filled.",
        """
        SELECT region, min(grid.week) FILTER (gap) AS first_week_missing,
               max(grid.week) FILTER (gap) AS last_week_missing,
               count(*) FILTER (gap) AS weeks_missing, count(*) FILTER (gap) AS failing
        FROM (
            SELECT of.region, grid.week, cell.kpi IS NULL AS gap
            FROM (SELECT region, min(week) AS first FROM cells_kpi WHERE kpi IS NOT NULL
                  GROUP BY region) AS of
            JOIN (SELECT DISTINCT week FROM cells_kpi WHERE kpi IS NOT NULL) AS grid
                ON grid.week >= of.first
            LEFT JOIN cells_kpi AS cell ON cell.region = of.region AND cell.week = grid.week
        ) AS grid
        GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_missing", "max_value": 0},
    ),
    Rule(
        "regions_stay",
        "kpi",
        "warning",
        "Every region that had a KPI has one in the newest week too.",
        "The region's weeks are masked from there on; check that its delivery did not stop.",
        """
        SELECT region, max(week) AS last_week,
               date_diff('week', max(week), any_value(newest)) AS weeks_gone,
               weeks_gone AS failing
        FROM cells_kpi, (SELECT max(week) AS newest FROM cells_kpi WHERE kpi IS NOT NULL)
        WHERE kpi IS NOT NULL GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_gone", "max_value": 0},
    ),
    Rule(
        "no_jumps",
        "kpi",
        "warning",
        "No week is checks.jump times the highest, or that part of the lowest, week before it.",
        "It is learned from as it is; check the rows, or say what happened in a control.",
        f"""
        SELECT any_value(source) AS source, arg_max(source_row, times) AS source_row, region,
               arg_max(week, times) AS week, arg_max(kpi, times) AS value, max(times) AS times,
               count(*) FILTER (times > $jump) AS failing
        FROM (
            SELECT *, greatest(kpi / max(kpi) OVER before, min(kpi) OVER before / kpi) AS times,
                   count(*) OVER before AS weeks_before
            FROM cells_kpi SEMI JOIN (FROM weekly_kpi WHERE complete) USING (region, week)
            WHERE kpi > 0
            WINDOW before AS (PARTITION BY region ORDER BY week
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        )
        WHERE weeks_before >= {FEWEST_WEEKS} GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times", "max_value": "$jump"},
    ),
    Rule(
        "not_frozen",
        "kpi",
        "warning",
        "No region shows the very same KPI for checks.frozen_weeks weeks or more.",
        "The weeks are learned from as they are; check whether the last value was filled in.",
        """
        SELECT any_value(source) AS source, arg_max(source_row, weeks) AS source_row, region,
               arg_max(first_week, weeks) AS week, arg_max(kpi, weeks) AS value,
               max(weeks) AS weeks_alike, max(weeks) AS failing
        FROM (
            SELECT region, kpi, run, count(*) AS weeks, min(week) AS first_week,
                   any_value(source) AS source, min(source_row) AS source_row
            FROM (
                SELECT *, row_number() OVER (PARTITION BY region ORDER BY week)
                          - row_number() OVER (PARTITION BY region, kpi ORDER BY week) AS run
                FROM cells_kpi WHERE kpi <> 0
            )
            GROUP BY region, kpi, run
        )
        GROUP BY region HAVING count(DISTINCT kpi) > 12
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_alike", "max_value": "$frozen_weeks", "strict_max": True},
    ),
    Rule(
        "value_positive",
        "kpi",
        "blocking",
        "What a unit of KPI is worth is above 0.",
        "Correct value_per_kpi: a negative or missing worth makes every ROI wrong.",
        """
        SELECT any_value(source) AS source, arg_min(source_row, value_per_kpi) AS source_row,
               region, arg_min(day, value_per_kpi) AS week, min(value_per_kpi) AS value,
               count(*) FILTER (value_per_kpi <= 0) AS failing
        FROM known_kpi GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0, "strict_min": True},
    ),
    Rule(
        "value_complete",
        "kpi",
        "warning",
        "Where some rows say what a unit of KPI is worth, all do.",
        "Gaps are filled with the region's mean.",
        """
        SELECT any_value(source) AS source, arg_min(source_row, value_per_kpi IS NOT NULL)
                   AS source_row, region, count(*) - count(value_per_kpi) AS empty,
               count(*) - count(value_per_kpi) AS failing
        FROM known_kpi WHERE kpi IS NOT NULL
        GROUP BY region HAVING (SELECT count(value_per_kpi) FROM known_kpi) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "empty", "max_value": 0},
    ),
)
