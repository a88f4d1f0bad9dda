"""Rules for own events of the calendar."""

from __future__ import annotations

from mmm_assets.inputs.roles import EVENTS
from mmm_assets.inputs.rules.every_table import names_distinct
from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    names_distinct(EVENTS),
    Rule(
        "days_readable",
        "events",
        "blocking",
        "Every event has a day, and its last one, where it is given, is a day, too.",
        "Correct the rows, or set calendar.events.date_format (dates other than 2024-12-31).",
        """
        SELECT any_value(source) AS source, min(source_row) AS source_row, first_text AS day,
               last_text AS until,
               CASE WHEN first_day IS NOT NULL AND last_day IS NOT NULL THEN 'yes' END AS days,
               count(*) AS failing
        FROM dated_events GROUP BY ALL
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "days"},
        waivable=False,
    ),
    Rule(
        "until_after_day",
        "events",
        "blocking",
        "No event ends before it begins.",
        "Correct the two days of the row; of an event of one day leave the last one empty.",
        """
        SELECT source, source_row, name, first_day AS day, last_day AS until,
               last_day - first_day AS days_later, 1 AS failing
        FROM dated_events WHERE last_day < first_day
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "days_later", "min_value": 0},
        waivable=False,
    ),
    Rule(
        "events_unique",
        "events",
        "blocking",
        "No event is there twice on the same day of the same region.",
        "Remove the row that is wrong; what is something else needs another name.",
        """
        SELECT source, source_row, name, region, first_day AS day, until_before AS until_of_another,
               rows AS others, 1 AS failing
        FROM (
            SELECT *, max(last_day) OVER before AS until_before, count(*) OVER before AS rows
            FROM dated_events
            WHERE last_day >= first_day
            WINDOW before AS (PARTITION BY name, region ORDER BY first_day, last_day, source_row
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ) WHERE first_day <= until_before
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "others", "max_value": 0},
    ),
    Rule(
        "regions_known",
        "events",
        "blocking",
        "Every region of an event is a region of the KPI.",
        "Spell the region alike in both, or leave it empty for an event everywhere.",
        """
        SELECT any_value(e.source) AS source, min(e.source_row) AS source_row, e.region,
               max(k.region) AS region_of_kpi, count(*) AS failing
        FROM dated_events AS e LEFT JOIN ever_kpi AS k USING (region)
        WHERE e.region IS NOT NULL GROUP BY e.region
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "region_of_kpi"},
        waivable=False,
    ),
    Rule(
        "names_of_their_own",
        "events",
        "blocking",
        "No event bears the name of a holiday of 'calendar'.",
        "Leave the event out, as the holiday is in the calendar already, or give it another name.",
        """
        SELECT any_value(e.source) AS source, min(e.source_row) AS source_row, e.name,
               CASE WHEN count(h.name) = 0 THEN 'yes' END AS own, count(*) AS failing
        FROM dated_events AS e LEFT JOIN calendar_holidays AS h USING (name)
        WHERE e.name IS NOT NULL GROUP BY e.name
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "own"},
        waivable=False,
    ),
    Rule(
        "events_in_weeks",
        "events",
        "warning",
        "Some event lies in the weeks of the KPI.",
        "Nothing can be learned of what never was: deliver past events, too, or correct the dates.",
        """
        SELECT min(first_day) AS first_event, max(last_day) AS last_event,
               (SELECT min(week) FROM weekly_kpi) AS first_week,
               (SELECT max(week) FROM weekly_kpi) AS last_week,
               count(*) FILTER (
                   first_day <= (SELECT max(week) FROM weekly_kpi) + 6
                   AND last_day >= (SELECT min(week) FROM weekly_kpi)
               ) AS events_in_weeks,
               count(*) AS failing
        FROM dated_events HAVING count(*) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "events_in_weeks", "min_value": 1},
    ),
)
