"""The days of the calendar that a panel may know: holidays of its regions.

The calendar is known beforehand: days after the refresh week are there, too, as those before them
already count.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.holiday_days import holiday_days

_DAYS = "INSERT INTO staging.panel_days VALUES (?, ?, ?, ?, 'holiday')"


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
    days = holiday_days(
        calendar.places(region for (region,) in regions),
        first - timedelta(days=calendar.after),
        refresh_week + timedelta(days=6 + calendar.begins + calendar.before),
    )
    rows = [(refresh_week, *row) for row in days]
    if rows:
        connection.executemany(_DAYS, rows)
