"""The days of the calendar that a panel may know: holidays of its regions.

The calendar is known beforehand: days after the refresh week are there, too, as those before them
already count.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.holiday_days import holiday_days

_DAYS = """
    INSERT INTO staging.panel_days
    SELECT $week, region, day, name, 'holiday'
    FROM (SELECT unnest($regions) AS region, unnest($places) AS place)
    JOIN (SELECT unnest($place) AS place, unnest($day)::DATE AS day, unnest($name) AS name)
    USING (place)
"""


def insert_days(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date, first: date
) -> None:
    """Write the days around the weeks of a panel, from its ``first`` one on, for its regions.

    Raises
    ------
    LookupError
        If the holidays of a place are not known.
    """
    calendar = config.calendar
    if calendar is None:
        return
    regions = connection.execute("SELECT DISTINCT region FROM grid ORDER BY region").fetchall()
    places = calendar.places(region for (region,) in regions)
    start = first - timedelta(days=config.days_early + calendar.after)
    end = refresh_week + timedelta(days=6 - config.days_early + calendar.before)
    rows = [
        (place, day, name)
        for place in sorted(set(places.values()))
        for day, name in holiday_days(place, start, end)
    ]
    if rows:
        columns = zip(("place", "day", "name"), zip(*rows, strict=True), strict=True)
        connection.execute(
            _DAYS,
            {
                "week": refresh_week,
                "regions": list(places),
                "places": list(places.values()),
                **{name: list(values) for name, values in columns},
            },
        )
