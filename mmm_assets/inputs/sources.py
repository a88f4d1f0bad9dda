"""Append what was delivered to the ``raw`` schema, as text, and never change it again.

The source of a role (see ``roles``) is a file, a glob or a query. Each delivery that differs
from the one before it becomes a *load*: a row of ``raw.loads`` and its rows in ``raw.<role>``,
tidy and long (a wide table is unpivoted on the way in). How they are stored is for
``raw_rows``, which loads count for ``known_rows``, what their text means for
``text_values``.

Everything streams through DuckDB, so a source may be larger than memory.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.config.tables import ASIDE, Given, Source
from mmm_assets.inputs.load_times import correct_load_times
from mmm_assets.inputs.raw_rows import ARRIVED, append_difference, append_first, load_sql
from mmm_assets.inputs.raw_tables import create_raw_tables
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_files import Delivery, SourceError, find_files, open_file
from mmm_assets.inputs.source_query import run_query
from mmm_assets.inputs.text_values import day_sql

__all__ = ["LoadReport", "SourceError", "load_raw", "source_files"]

_LAST_LOAD = """
    SELECT fingerprint, mapping, rows FROM raw.loads
    WHERE role = ? AND source = ? AND origin = ?
    ORDER BY load_id DESC LIMIT 1
"""
_BEFORE = "SELECT max(load_id) FROM raw.loads WHERE role = ? AND source = ?"
_NEXT_LOAD = "SELECT coalesce(max(load_id), 0) + 1 FROM raw.loads"


@dataclass(frozen=True)
class LoadReport:
    """The rows of a source, and those that a call of `load_raw` appended.

    Parameters
    ----------
    rows
        Rows of ``raw.<role>`` that hold the source as it is now.
    new_rows
        Those that this call appended; 0 when nothing had changed.
    source
        The source as configured, or why there is none.
    fingerprint
        Hash of the source's content.
    warnings
        Clocks that were wrong, for a person.
    """

    role: str
    rows: int
    new_rows: int
    source: str
    fingerprint: str
    warnings: tuple[str, ...] = ()


def load_raw(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, role: str, loaded_at: datetime
) -> LoadReport:
    """Append a role's source to ``raw.<role>``, unless it was loaded as it is.

    Parameters
    ----------
    role
        One of `ROLES`. An optional table that is not configured loads nothing.
    loaded_at
        Time of the load; with a time zone, or UTC.

    Raises
    ------
    SourceError
        If the source is missing, empty, unreadable, or lacks a column; the message says which.
    """
    create_raw_tables(connection)
    table = ROLES[role].source(config)
    if table is None:
        return LoadReport(role, 0, 0, "not configured", "")
    when = loaded_at.astimezone(UTC).replace(tzinfo=None) if loaded_at.tzinfo else loaded_at
    if table.sql:
        deliveries = [run_query(connection, config, role, table.sql)]
    else:
        deliveries = [
            open_file(connection, role, file, os.path.relpath(file, config.folder))
            for file in find_files(config.folder, str(table.source), role)
        ]
    loads = [_load(connection, config, role, table, delivery, when) for delivery in deliveries]
    new_rows = sum(rows for rows, is_new in loads if is_new)
    return LoadReport(
        role,
        rows=sum(rows for rows, _ in loads),
        new_rows=new_rows,
        source=table.origin,
        fingerprint=", ".join(delivery.fingerprint for delivery in deliveries[:8]),
        warnings=tuple(correct_load_times(connection)) if new_rows else (),
    )


def source_files(config: ProjectConfig) -> list[Path]:
    """List the files that the project's sources name and that are there."""
    files: set[Path] = set()
    for role in ROLES.values():
        table = role.source(config)
        if table is not None and table.source is not None:
            try:
                files.update(find_files(config.folder, table.source, role.name))
            except SourceError:
                continue  # a file on its way; loading says so
    return sorted(files)


def _load(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    role: str,
    table: Source,
    delivery: Delivery,
    when: datetime,
) -> tuple[int, bool]:
    """Append one delivery; return its rows and whether they are new."""
    mapping = f"{table.model_dump_json(exclude=ASIDE)} {config.week_origin}"
    last = connection.execute(_LAST_LOAD, [role, delivery.source, table.origin]).fetchone()
    if last is not None and last[:2] == (delivery.fingerprint, mapping):
        return int(last[2]), False

    (number,) = _one(connection, _NEXT_LOAD)
    _append_rows(connection, role, table, delivery, number)
    rows, first, last_day = _span(connection, config, role, table, number)
    if rows == 0:
        raise SourceError(f"{role}: {delivery.source} is empty: it has a header and no rows")
    connection.execute(
        "INSERT INTO raw.loads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        [
            *(number, role, table.origin, delivery.source, delivery.fingerprint, mapping, when),
            *(rows, first, last_day, when),
        ],
    )
    return rows, True


def _append_rows(
    connection: duckdb.DuckDBPyConnection, role: str, table: Source, delivery: Delivery, load: int
) -> None:
    rows_sql, values = _tidy(role, table, delivery)
    parameters = {**delivery.parameters, **values}
    (before,) = _one(connection, _BEFORE, [role, delivery.source])
    try:
        if before is None:
            append_first(connection, role, load, rows_sql, parameters)
        else:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {ARRIVED} AS {rows_sql}", parameters)
    except duckdb.Error as error:
        raise delivery.unreadable(error) from error
    delivery.require_unchanged()
    if before is not None:
        append_difference(connection, role, load, before)


def _span(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    role: str,
    table: Source,
    load: int,
) -> tuple[int, date | None, date | None]:
    """Rows, first and last day of a load: a later load of its source replaces that span."""
    weekly = ROLES[role].has_weeks
    day = day_sql("week", table.date_format, config.week_origin) if weekly else "NULL::DATE"
    rows, first, last = _one(
        connection,
        f"SELECT count(*), min({day}), max({day}) FROM ({load_sql(role, str(load))}) AS raw",
    )
    return int(rows), first, last


def _tidy(role: str, table: Source, delivery: Delivery) -> tuple[str, dict[str, Any]]:
    """SQL that lays a delivery out as rows of ``raw.<role>``, and the values it binds."""
    values: dict[str, Any] = {}

    def cell(content: str | Given | None) -> str:
        if content is None:
            return "NULL::VARCHAR"
        if isinstance(content, str):
            return f"{_position(role, delivery, content)}::VARCHAR"
        name = f"v{len(values)}"
        values[name] = content.text
        return f"${name}::VARCHAR"

    chosen = [f"{cell(content)} AS {name}" for name, content in table.cells.items()]
    packs = ", ".join(
        f"{{{', '.join(f'{name}: {cell(content)}' for name, content in cells.items())}}}"
        for cells in table.unpivoted
    )
    if packs:
        chosen.append(f"unnest([{packs}], max_depth := 2)")
    # A line of nothing but separators, as spreadsheets leave below a table, is no row.
    places = ", ".join(f"c{n}::VARCHAR" for n in range(len(delivery.columns)))
    rows_sql = f"""
        SELECT source_row, {", ".join(chosen)}
        FROM (SELECT *, row_number() OVER () AS source_row FROM {delivery.relation})
        WHERE coalesce({places}, NULL) IS NOT NULL
    """
    return rows_sql, values


def _position(role: str, delivery: Delivery, name: str) -> str:
    """Name of a column inside the query; columns are known by their place, not by their text."""
    found = [n for n, column in enumerate(delivery.columns) if column == name]
    if len(found) == 1:
        return f"c{found[0]}"
    if found:
        raise SourceError(f"{role}: {delivery.source} has {len(found)} columns named '{name}'")
    close = difflib.get_close_matches(name, delivery.columns, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise SourceError(
        f"{role}: {delivery.source} has no column '{name}'.{hint} "
        f"Its columns: {', '.join(delivery.columns[:60])}. Correct "
        f"{ROLES[role].key_of_configuration} in the configuration, or the delivery."
    )


def _one(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()
) -> tuple[Any, ...]:
    row = connection.execute(sql, list(parameters)).fetchone()
    assert row is not None
    return row
