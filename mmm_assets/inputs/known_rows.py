"""The raw rows as they are known: which load of a row counts.

A load speaks for every day from its first to its last: where the same source is delivered
again, the newer load replaces the older one over the days that it spans, so a restated value
wins, a corrected or withdrawn row is gone, and a delivery of the last weeks alone leaves the
older ones as they were. Between sources (the files of a glob) the newest load of a key wins.
Only loads of the source that the configuration names now count. Nothing is ever taken out of
``raw``, so that looking at the loads up to a time shows what was known then.

A week is named by its Monday, wherever ``week_start`` lets it begin. ``text_values`` reads days and
numbers.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.raw_rows import SAME_PLACE, blocks_sql, rows_table
from mmm_assets.inputs.raw_tables import create_raw_tables
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.text_values import day_sql, number_sql, present_sql, week_sql
from mmm_assets.store.sql_text import quote_text

_FIRST, _LAST = "DATE '0001-01-01'", "DATE '9999-12-31'"


def create_known(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    role: str,
    through: date | None = None,
    known_on: datetime | None = None,
    name: str | None = None,
) -> None:
    """Write a role's rows, as they are known, to a temporary table.

    Its columns: ``load_id``, ``source``, ``source_row``; the names of the role; for each number
    the value and, as ``<name>_text``, what was delivered (null where missing); with weeks,
    ``week_text``, ``day`` and ``week`` (its Monday). Empty when the table is not configured.

    Parameters
    ----------
    through
        Leave later weeks out; a row whose day cannot be read stays, for the checks.
    known_on
        Look only at loads up to this time (UTC); None looks at all.
    name
        Of the table; by default ``known_<role>``.
    """
    create_raw_tables(connection)
    origin = origin_of(config, role)
    row = connection.execute(
        "SELECT count(DISTINCT source) FROM raw.loads WHERE role = ? AND origin = ?", [role, origin]
    ).fetchone()
    several = bool(row and row[0] > 1)
    sql = _known_sql(config, role, "$origin", "$through::DATE", "$known_on::TIMESTAMP", several)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name or f'known_{role}'} AS {sql}",
        {"origin": origin, "through": through, "known_on": known_on},
    )


def create_names(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    role: str,
    name: str,
    known_on: datetime | None = None,
    read: bool = False,
) -> None:
    """Let the temporary view ``name`` list the names of a role's rows, of whatever week.

    What has not begun by the refresh week is there, too: a channel that is tested or named in
    the configuration before its first week is no misspelling. Costs nothing until it is read.

    Parameters
    ----------
    known_on
        Look only at loads up to this time (UTC); None looks at all.
    read
        ``known_<role>`` holds all weeks and loads already, and need not be read again.
    """
    moment = f"TIMESTAMP '{known_on.isoformat(' ')}'" if known_on else "NULL::TIMESTAMP"
    sql = _known_sql(config, role, quote_text(origin_of(config, role)), "NULL::DATE", moment)
    rows = f"known_{role}" if read else f"({sql})"
    names = ", ".join(ROLES[role].names)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT DISTINCT {names} FROM {rows}")


def create_macros(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> None:
    """Let anyone read a table as it was known: ``FROM raw.kpi_as_known_on(TIMESTAMP '…')``.

    One table macro for each role, in UTC, reading text as the configuration says now.
    """
    for role in ROLES:
        sql = _known_sql(
            config, role, quote_text(origin_of(config, role)), "NULL::DATE", "moment::TIMESTAMP"
        )
        connection.execute(f"CREATE OR REPLACE MACRO raw.{role}_as_known_on(moment) AS TABLE {sql}")


def origin_of(config: ProjectConfig, role: str) -> str:
    """The source as configured; empty when there is none."""
    table = ROLES[role].source(config)
    return table.origin if table else ""


def _known_sql(
    config: ProjectConfig,
    role: str,
    origin: str,
    through: str,
    known_on: str,
    several_sources: bool = True,
) -> str:
    """SELECT of the rows that count; ``origin``, ``through`` and ``known_on`` are SQL themselves.

    With one source the newest load of a key is known without looking for it, which for many
    millions of rows is most of the work.
    """
    key = ", ".join(ROLES[role].key)
    week = week_sql("day", config.days_early)
    newest = f"QUALIFY load_id = max(load_id) OVER (PARTITION BY {key})"
    return f"""
        WITH role_loads AS (
            SELECT * FROM raw.loads
            WHERE role = {quote_text(role)} AND origin = {origin}
              AND ({known_on} IS NULL OR loaded_at <= {known_on})
        ),
        -- Of each load the days that no newer one has replaced, save in the middle: of a window
        -- that moves on with each delivery, a week of every old load. A row of no day counts as
        -- of the last day that there is, and only in the newest load of its source.
        loads AS (
            SELECT * FROM (
                SELECT this.load_id, this.source, this.first_day, this.last_day,
                       coalesce(1 + max(newer.last_day) FILTER (
                           this.first_day BETWEEN newer.first_day AND newer.last_day
                       ), {_FIRST}) AS open_first,
                       CASE WHEN count(newer.load_id) = 0 THEN {_LAST}
                            WHEN this.first_day IS NOT NULL
                            THEN coalesce(min(newer.first_day) FILTER (
                                this.last_day BETWEEN newer.first_day AND newer.last_day
                            ), {_LAST}) - 1 END AS open_last
                FROM role_loads AS this LEFT JOIN role_loads AS newer
                    ON newer.source = this.source AND newer.load_id > this.load_id
                GROUP BY this.load_id, this.source, this.first_day, this.last_day
            ) WHERE open_first <= open_last
        ),
        stored AS (
            SELECT raw.*, {_day(config, role)} AS day FROM {rows_table(role)} AS raw
        ),
        delivered AS (
            SELECT runs.load_id, runs.source, stored.source_row + runs.shift AS source_row,
                   stored.* EXCLUDE (load_id, place, source_row)
            FROM stored JOIN (
                {blocks_sql("raw.contents JOIN loads USING (load_id)")}
            ) AS runs ON {SAME_PLACE}
            AND coalesce(stored.day, {_LAST}) >= runs.open_first
            AND coalesce(stored.day, {_LAST}) <= runs.open_last
        ),
        -- Plain comparisons, because a join on anything else holds all rows in memory.
        spans AS (
            SELECT source, load_id, coalesce(first_day, {_LAST}) AS first_day,
                   coalesce(last_day, {_FIRST}) AS last_day
            FROM loads
        ),
        -- Only what counts is read as numbers: of a long history most rows were replaced.
        typed AS (
            SELECT load_id, source, source_row, {_typed_columns(config, role)}
            FROM (
                SELECT delivered.* FROM delivered ANTI JOIN spans AS newer
                    ON newer.source = delivered.source AND newer.load_id > delivered.load_id
                    AND newer.first_day <= coalesce(delivered.day, {_LAST})
                    AND newer.last_day >= coalesce(delivered.day, {_FIRST})
                WHERE ({through} IS NULL OR day IS NULL
                       OR {week} <= {through})
            ) AS raw
        )
        SELECT *, {week} AS week FROM typed
        {newest if several_sources else ""}
    """


def _day(config: ProjectConfig, name: str) -> str:
    """SQL for the day of a row of ``raw``; null in a role without weeks."""
    if not ROLES[name].has_weeks:
        return "NULL::DATE"
    table = ROLES[name].source(config)
    return day_sql("raw.week", table.date_format if table else None, config.week_origin)


def _typed_columns(config: ProjectConfig, name: str) -> str:
    """SQL for the columns of a role: its day, texts, names, and each number with its text."""
    role = ROLES[name]
    table = role.source(config)
    columns = ["raw.week AS week_text"] if role.has_weeks else []
    columns += ["raw.day", *(f"raw.{text}" for text in role.texts)]
    columns += [f"nullif(trim(raw.{text}), '') AS {text}" for text in role.names]
    for number in role.numbers:
        columns.append(f"{present_sql(number)} AS {number}_text")
        columns.append(f"{number_sql(number, table.decimal if table else '.')} AS {number}")
    return ", ".join(columns)
