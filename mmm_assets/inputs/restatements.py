"""Late, restated and withdrawn values: what past weeks say now, beside what a refresh was told.

A refresh is compared with the one of the week before it: what both could have seen, as it was
known then and as it is known now. Values count by week and series, so a day that moves within
its week moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known, origin_of
from mmm_assets.inputs.own_events import create_event_cells, create_events
from mmm_assets.inputs.roles import EVENTS, ROLES, WEEKLY
from mmm_assets.inputs.weekly_cells import create_cells

_SAME = 1e-9
"""Relative difference below which two sums are one number added in another order."""

_RESTATED = """
    CREATE OR REPLACE TEMP TABLE restated (
        table_name VARCHAR, kind VARCHAR, region VARCHAR, name VARCHAR, week DATE,
        column_name VARCHAR, value_before DOUBLE, value_after DOUBLE, money DOUBLE,
        loaded_at TIMESTAMP
    )
"""
_MOVED = """
    INSERT INTO restated
    WITH pairs AS (
        SELECT region, name, week, b.{column} AS value_before, a.{column} AS value_after,
               a.load_id, {money} AS money
        FROM cells_{before} AS b
        FULL JOIN (FROM cells_{role} WHERE week <= $week) AS a USING (region, name, week)
    )
    SELECT $role,
           CASE WHEN value_before IS NULL THEN 'late'
                WHEN value_after IS NULL THEN 'withdrawn' ELSE 'restated' END,
           region, nullif(name, ''), week, $column, value_before, value_after, money, loaded_at
    FROM pairs LEFT JOIN raw.loads USING (load_id)
    WHERE (value_before IS NULL) <> (value_after IS NULL)
       OR abs(value_after - value_before) > $same * greatest(abs(value_after), abs(value_before))
"""


@dataclass(frozen=True)
class EarlierRefresh:
    """The refresh that is compared with: its week, and the newest load that it knew."""

    refresh_week: date
    known_on: datetime


def earlier_refresh(
    connection: duckdb.DuckDBPyConnection, refresh_week: date
) -> EarlierRefresh | None:
    """Find the newest refresh of an earlier week; None where there is none."""
    row = connection.execute(
        # A clock that was ahead may have been corrected since: the load says what was known.
        "SELECT refresh_week, coalesce(loaded_at, known_on) "
        "FROM mart.refreshes LEFT JOIN raw.loads ON load_id = known_load "
        "WHERE refresh_week < ? AND known_on IS NOT NULL ORDER BY refresh_week DESC LIMIT 1",
        [refresh_week],
    ).fetchone()
    return EarlierRefresh(*row) if row else None


def create_restated(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    known_on: datetime | None,
    earlier: EarlierRefresh | None,
) -> None:
    """Write the temporary table ``restated``: the columns of ``mart.restatements``.

    Needs the tables ``cells_<role>`` and ``dated_events`` of the refresh.
    """
    connection.execute(_RESTATED)
    if earlier is None:
        return
    for role in (*WEEKLY, EVENTS.name):
        if not _loaded_since(connection, config, role, earlier.known_on, known_on):
            continue
        before = f"before_{role}"
        create_known(connection, config, role, earlier.refresh_week, earlier.known_on, before)
        if role == EVENTS.name:
            _create_event_cells(connection, config, before, earlier.refresh_week)
        else:
            create_cells(connection, role, before)
        for column in ROLES[role].numbers or ("days",):
            connection.execute(
                _MOVED.format(before=before, role=role, column=column, money=_money(role, column)),
                {
                    "week": earlier.refresh_week,
                    "role": role,
                    "column": column,
                    "same": _SAME,
                },
            )


def _create_event_cells(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, before: str, week: date
) -> None:
    """Count the days of events by week, as they were known before and as they are now."""
    create_events(connection, config, before, f"dated_{before}")
    for dated, name in ((f"dated_{before}", before), ("dated_events", EVENTS.name)):
        create_event_cells(connection, config, dated, name, week)


def restated_rows(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Read ``restated`` in a fixed order."""
    return connection.execute(
        "SELECT * FROM restated ORDER BY table_name, week, region, name, column_name"
    ).df()


def _loaded_since(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    role: str,
    since: datetime,
    until: datetime | None,
) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM raw.loads WHERE role = $role AND origin = $origin "
        "AND loaded_at > $since AND ($until::TIMESTAMP IS NULL OR loaded_at <= $until)",
        {"role": role, "origin": origin_of(config, role), "since": since, "until": until},
    ).fetchone()
    return bool(row and row[0])


def _money(role: str, column: str) -> str:
    """SQL for the money that a cell moved; a KPI's two columns add up to its value's change."""
    return {
        ("media", "spend"): "coalesce(a.spend, 0) - coalesce(b.spend, 0)",
        ("kpi", "kpi"): (
            "(coalesce(a.kpi, 0) - coalesce(b.kpi, 0)) * coalesce(b.value_per_kpi, a.value_per_kpi)"
        ),
        ("kpi", "value_per_kpi"): "a.kpi * (a.value_per_kpi - b.value_per_kpi)",
    }.get((role, column), "NULL")
