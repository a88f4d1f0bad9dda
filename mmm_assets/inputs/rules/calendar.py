"""Rules for the calendar: whose holidays count, and where."""

from __future__ import annotations

from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "calendar_known",
        "kpi",
        "blocking",
        "Every country and part of one in 'calendar' is one whose holidays are known.",
        "Give its code of ISO 3166, such as DE, AT or US, a part after a dash: DE-BY; or leave "
        "it out.",
        """
        SELECT place, min(region) AS region, nullif(min(near), '') AS perhaps,
               CASE WHEN bool_and(is_known) THEN 'yes' END AS known, 0 AS failing
        FROM calendar_places GROUP BY place
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "known"},
        waivable=False,
    ),
    Rule(
        "calendar_regions",
        "kpi",
        "blocking",
        "Every region that 'calendar' names is a region of the KPI.",
        "Spell it as the KPI does, or leave it out.",
        """
        SELECT p.region, p.place, max(k.region) AS region_of_kpi, 0 AS failing
        FROM calendar_places AS p LEFT JOIN ever_kpi AS k USING (region)
        WHERE p.region IS NOT NULL GROUP BY ALL
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "region_of_kpi"},
        waivable=False,
    ),
    Rule(
        "calendar_weeks",
        "kpi",
        "warning",
        "The weeks of the KPI are dated by Mondays, or 'week_start' says when they begin.",
        "Holidays may fall into the wrong weeks: set week_start to that day, or to the one with "
        "which weeks begin that are dated by another of their days.",
        """
        SELECT dayname(min(day)) AS dated_by,
               CASE WHEN $week_start_is_told OR min(isodow(day)) < max(isodow(day))
                         OR min(isodow(day)) = 1 OR count(day) = 0 THEN 'yes' END AS agrees,
               count(*) AS failing
        FROM known_kpi
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "agrees"},
    ),
)
