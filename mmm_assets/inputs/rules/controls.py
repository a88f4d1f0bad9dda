"""Rules for controls: what else moves the KPI."""

from __future__ import annotations

from mmm_assets.inputs.panel_building import MOST_WORDS
from mmm_assets.inputs.roles import CONTROLS, KPI
from mmm_assets.inputs.rules.rule import Rule
from mmm_assets.inputs.rules.weekly_tables import FEWEST_WEEKS, regions_match, weeks_begin_alike

RULES: tuple[Rule, ...] = (
    regions_match(
        CONTROLS,
        KPI,
        "Spell the region alike in both, or leave it out.",
        where="NOT $national_controls",
    ),
    weeks_begin_alike(CONTROLS, KPI),
    Rule(
        "complete",
        "controls",
        "warning",
        "Every control has a value wherever there is a KPI.",
        "Gaps are filled with the region's mean over the weeks that the refresh may see.",
        """
        SELECT control, count(*) AS cells, count(*) FILTER (NOT is_there) AS cells_missing,
               min(week) FILTER (NOT is_there) AS first_week_missing,
               count(*) FILTER (NOT is_there) AS failing
        FROM (
            SELECT control, week, given.is_there IS NOT NULL AS is_there
            FROM (SELECT DISTINCT control FROM known_controls
                  WHERE control IS NOT NULL AND NOT list_contains($absent, control))
            CROSS JOIN (
                SELECT DISTINCT CASE WHEN $national_controls THEN 'national' ELSE region END
                                AS region, week
                FROM known_kpi WHERE kpi IS NOT NULL AND week IS NOT NULL
            )
            LEFT JOIN (
                SELECT DISTINCT control, region, week, true AS is_there
                FROM (SELECT *, count(value) OVER (PARTITION BY control) = 0 AS is_words
                      FROM known_controls)
                WHERE value IS NOT NULL OR is_words
            ) AS given USING (control, region, week)
        )
        GROUP BY control
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells_missing", "max_value": 0},
    ),
    Rule(
        "vary",
        "controls",
        "warning",
        "Every control varies from week to week.",
        "The control is left out of the model: a region's level says the same.",
        """
        SELECT control, max(values_) AS different_values, sum(rows) AS failing
        FROM (SELECT control, count(*) AS rows,
                     count(DISTINCT coalesce(value::VARCHAR, value_text, '')) AS values_
              FROM known_controls WHERE control IS NOT NULL GROUP BY control, region)
        GROUP BY control
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different_values", "min_value": 2},
    ),
    Rule(
        "few_words",
        "controls",
        "warning",
        f"A control of words has at most {MOST_WORDS} different ones.",
        "The control is left out of the model; group its words in the delivery.",
        """
        SELECT control, count(DISTINCT lower(value_text)) AS words, count(*) AS failing
        FROM known_controls GROUP BY control
        HAVING count(value) = 0 AND count(value_text) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "words", "max_value": MOST_WORDS},
    ),
    Rule(
        "unit_changes",
        "controls",
        "warning",
        "No value lies checks.unit_factor times further from the usual than nine of ten others.",
        "It is learned from as it is: correct the rows, or deliver all weeks in one unit.",
        f"""
        WITH usual AS (
            SELECT *, median(value) OVER series AS usual, count(*) OVER series AS weeks
            FROM cells_controls WHERE value IS NOT NULL
            WINDOW series AS (PARTITION BY region, name)
        ),
        spread AS (
            SELECT *, quantile_cont(abs(value - usual), 0.9) OVER (PARTITION BY region, name)
                          AS spread
            FROM usual WHERE weeks >= {FEWEST_WEEKS}
        ),
        judged AS (
            SELECT *, abs(value - usual) / nullif(spread, 0) AS times,
                   coalesce(times > $unit_factor, false) AS off
            FROM spread
        )
        SELECT any_value(source) FILTER (off) AS source,
               arg_max(source_row, times) FILTER (off) AS source_row, name AS control,
               arg_max(region, times) AS region, arg_max(week, times) AS week,
               arg_max(value, times) AS value, arg_max(usual, times) AS usual,
               count(*) FILTER (off) AS cells, count(*) FILTER (off) AS failing
        FROM judged
        GROUP BY name
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells", "max_value": 0},
    ),
)
