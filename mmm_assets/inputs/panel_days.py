"""The days of the calendar that a panel may know: holidays of its regions, and own events.

The calendar is known beforehand: days of weeks that plans may reach are there, too.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.holiday_days import holiday_days
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.own_events import create_events
from mmm_assets.inputs.roles import EVENTS

WEEKS_AHEAD = 104
"""Weeks after the refresh week whose days are kept: the longest horizon of a plan."""

_HOLIDAYS = """
    INSERT INTO staging.panel_days
    SELECT $week, region, day, name, 'holiday'
    FROM (SELECT unnest($regions) AS region, unnest($places) AS place)
    JOIN (SELECT unnest($place) AS place, unnest($day)::DATE AS day, unnest($name) AS name)
    USING (place)
"""
_EVENTS = """
    INSERT INTO staging.panel_days
    SELECT DISTINCT $week, region, unnest(generate_series(
               greatest(first_day, $start), least(last_day, $end), INTERVAL 1 DAY))::DATE,
           name, 'event'
    FROM (
        SELECT kpi.region, name, first_day, last_day
        FROM dated_events AS event JOIN (SELECT DISTINCT region FROM grid) AS kpi
            ON event.region IS NULL OR event.region = kpi.region
        WHERE last_day >= first_day AND first_day <= $end AND last_day >= $start
    )
"""


def insert_days(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    first: date,
    known_on: datetime | None = None,
) -> None:
    """Write the days around the weeks of a panel, from its ``first`` one on, for its regions.

    Parameters
    ----------
    known_on
        Look only at loads of events up to this time (UTC); None looks at all.

    Raises
    ------
    LookupError
        If the holidays of a place are not known.
    """
    calendar = config.calendar
    if calendar is None:
        return
    start = first - timedelta(days=config.days_early + calendar.after)
    end = refresh_week + timedelta(weeks=WEEKS_AHEAD, days=6 - config.days_early + calendar.before)
    if calendar.events:
        create_known(connection, config, EVENTS.name, known_on=known_on)
        create_events(connection, config)
        connection.execute(_EVENTS, {"week": refresh_week, "start": start, "end": end})
    regions = connection.execute("SELECT DISTINCT region FROM grid ORDER BY region").fetchall()
    places = calendar.places(region for (region,) in regions)
    rows = [
        (place, day, name)
        for place in sorted(set(places.values()))
        for day, name in holiday_days(place, start, end)
    ]
    if rows:
        columns = zip(("place", "day", "name"), zip(*rows, strict=True), strict=True)
        connection.execute(
            _HOLIDAYS,
            {
                "week": refresh_week,
                "regions": list(places),
                "places": list(places.values()),
                **{name: list(values) for name, values in columns},
            },
        )
