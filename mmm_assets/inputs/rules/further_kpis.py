"""Rules for the KPIs beside the main one, and what a unit of each is worth."""

from __future__ import annotations

from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "varies",
        "further_kpis",
        "blocking",
        "Each further KPI varies from week to week, and is not always zero, in some region.",
        "Check its column in tables.kpi.more, or leave it out.",
        """
        SELECT kpi, any_value(source) AS source, min(source_row) AS source_row,
               max(different) AS different_values, min(low) AS lowest, max(high) AS highest,
               sum(rows) AS failing
        FROM (SELECT kpi, region, any_value(source) AS source, min(source_row) AS source_row,
                     count(DISTINCT value) AS different, min(value) AS low, max(value) AS high,
                     count(*) AS rows
              FROM known_further_kpis GROUP BY kpi, region)
        GROUP BY kpi
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different_values", "min_value": 2},
        waivable=False,
    ),
    Rule(
        "is_another_kpi",
        "further_kpis",
        "blocking",
        "A further KPI is not the main one, nor a fixed multiple of it.",
        "Take it out of tables.kpi.more: it would have the same answer; or correct its column.",
        """
        SELECT f.name AS kpi, any_value(f.source) AS source, min(f.source_row) AS source_row,
               max(f.value / k.kpi) - min(f.value / k.kpi)
                   > 1e-9 * max(abs(f.value / k.kpi)) AS differs,
               CASE WHEN differs THEN 'yes' END AS another, count(*) AS failing
        FROM cells_further_kpis AS f JOIN cells_kpi AS k USING (region, week)
        WHERE k.kpi <> 0 AND f.value IS NOT NULL
        GROUP BY f.name HAVING max(f.value) > 0
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "another"},
        waivable=False,
    ),
    Rule(
        "enough_weeks",
        "further_kpis",
        "blocking",
        "Each further KPI has at least refresh.min_weeks weeks.",
        "Deliver a longer history of it, or leave it out of tables.kpi.more until there is one.",
        """
        SELECT kpi, any_value(source) AS source, min(source_row) AS source_row,
               count(DISTINCT week) FILTER (value IS NOT NULL) AS weeks, count(*) AS failing
        FROM known_further_kpis GROUP BY kpi
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks", "min_value": "$min_weeks"},
        waivable=False,
    ),
    Rule(
        "reaches_refresh_week",
        "further_kpis",
        "warning",
        "Each further KPI is there in the refresh week.",
        "Its missing weeks are masked; nothing is filled.",
        """
        SELECT f.kpi, max(f.week) FILTER (f.value IS NOT NULL) AS last_week,
               any_value(k.last) AS last_week_of_main,
               date_diff('week', last_week, last_week_of_main) AS behind, behind AS failing
        FROM known_further_kpis AS f
        CROSS JOIN (SELECT max(week) AS last FROM known_kpi WHERE kpi IS NOT NULL) AS k
        GROUP BY f.kpi
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "behind", "max_value": 0},
    ),
    Rule(
        "value_positive",
        "further_kpis",
        "blocking",
        "What a unit of a further KPI is worth is above 0.",
        "Correct its value_per_kpi: a negative or missing worth makes every ROI wrong.",
        """
        SELECT kpi, any_value(source) AS source, arg_min(source_row, value_per_kpi) AS source_row,
               arg_min(region, value_per_kpi) AS region, arg_min(day, value_per_kpi) AS week,
               min(value_per_kpi) AS value, count(*) FILTER (value_per_kpi <= 0) AS failing
        FROM known_further_kpis GROUP BY kpi
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0, "strict_min": True},
    ),
)
