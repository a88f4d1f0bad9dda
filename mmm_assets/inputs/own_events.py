"""Own events of the calendar: rows of a table, each with its first and its last day."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.text_values import day_sql, present_sql, week_sql

_EVENTS = """
    CREATE OR REPLACE TEMP TABLE {table} AS
    SELECT load_id, source, source_row, name, region, first_text, last_text, first_day,
           CASE WHEN last_text IS NULL THEN first_day ELSE last_day END AS last_day
    FROM (
        SELECT load_id, source, source_row, name, region, raw.first_day AS first_text,
               {given} AS last_text, {first} AS first_day, {last} AS last_day
        FROM {known} AS raw
    )
"""
_CELLS = """
    CREATE OR REPLACE TEMP TABLE cells_{name} AS
    SELECT region, name, {week} AS week, count(DISTINCT day) AS days, max(load_id) AS load_id
    FROM (
        SELECT coalesce(region, 'everywhere') AS region, name, load_id, unnest(generate_series(
                   first_day, least(last_day, $last), INTERVAL 1 DAY))::DATE AS day
        FROM {table} WHERE first_day <= least(last_day, $last) AND name IS NOT NULL
    )
    GROUP BY ALL
"""


def create_events(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    known: str = "known_events",
    table: str = "dated_events",
) -> None:
    """Read the days of a temporary table of known rows into another one.

    Its columns: ``load_id``, ``source``, ``source_row``; ``name``; ``region``, null of an event
    that is everywhere; ``first_text`` and ``last_text`` as delivered; ``first_day`` and
    ``last_day``, null where a text is no date.
    """
    own = config.calendar.events if config.calendar else None
    first, last = (
        day_sql(f"raw.{name}", own.date_format if own else None, week_origin=None)
        for name in ("first_day", "last_day")
    )
    given = present_sql("last_day")
    connection.execute(
        _EVENTS.format(table=table, known=known, given=given, first=first, last=last)
    )


def create_event_cells(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    table: str,
    name: str,
    through: date,
) -> None:
    """Count the days of the events of a table of `create_events` by week, in ``cells_<name>``."""
    last = through + timedelta(days=6 - config.days_early)
    sql = _CELLS.format(table=table, name=name, week=week_sql("day", config.days_early))
    connection.execute(sql, {"last": last})
