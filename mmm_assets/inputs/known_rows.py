"""The raw rows as they are known: which load of a row counts, and what its text means.

A load speaks for every day from its first to its last: where the same source is delivered
again, the newer load replaces the older one over the days that it spans, so a restated value
wins, a corrected or withdrawn row is gone, and a delivery of the last weeks alone leaves the
older ones as they were. Between sources (the files of a glob) the newest load of a key wins.
Only loads of the source that the configuration names now count. Nothing is ever taken out of
``raw``, so that looking at the loads up to a time shows what was known then.

Text is read as follows. Numbers: ``decimal`` of the configuration, thousands separators,
currency signs and percent signs are accepted; the words of ``MISSING`` are no value. Days: ISO,
or ``date_format``, or numbers of weeks since ``week_origin``; a day before 1980 or after 2100
is taken for a mistake. A week is the Monday on or before the day.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.config.tables import Source, WeeklySource
from mmm_assets.inputs.raw_tables import create_raw_tables
from mmm_assets.store.sql_text import quote_text

MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", ".")
"""Words that mean: no value. In any case of letters."""

KEYS = {
    "media": ("region", "channel", "day"),
    "kpi": ("region", "day"),
    "controls": ("region", "control", "day"),
    "lift_tests": ("source", "source_row"),
}
NAMES = {
    "media": ("region", "channel"),
    "kpi": ("region",),
    "controls": ("region", "control"),
    "lift_tests": ("channel", "region"),
}
NUMBERS = {
    "media": ("spend", "exposure"),
    "kpi": ("kpi", "value_per_kpi"),
    "controls": ("value",),
    "lift_tests": ("x", "delta_x", "delta_y", "sigma"),
}


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


def create_macros(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> None:
    """Let anyone read a table as it was known: ``FROM raw.kpi_as_known_on(TIMESTAMP '…')``.

    One table macro for each role, in UTC, reading text as the configuration says now.
    """
    for role in KEYS:
        sql = _known_sql(
            config, role, quote_text(origin_of(config, role)), "NULL::DATE", "moment::TIMESTAMP"
        )
        connection.execute(f"CREATE OR REPLACE MACRO raw.{role}_as_known_on(moment) AS TABLE {sql}")


def origin_of(config: ProjectConfig, role: str) -> str:
    """The source as configured; empty when there is none."""
    table: Source | None = getattr(config.tables, role)
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
    newest = f"QUALIFY load_id = max(load_id) OVER (PARTITION BY {', '.join(KEYS[role])})"
    table: Source | None = getattr(config.tables, role)
    day = (
        day_sql("raw.week", table.date_format, config.week_origin)
        if isinstance(table, WeeklySource)
        else "NULL::DATE"
    )
    texts = ", ".join(f"{_text(name)} AS {name}" for name in NAMES[role])
    numbers = ", ".join(
        f"{_present(name)} AS {name}_text, "
        f"{number_sql(name, table.decimal if table else '.')} AS {name}"
        for name in NUMBERS[role]
    )
    week = f"raw.week AS week_text, {day} AS day,"
    if role == "lift_tests":
        week = "raw.start_week, raw.end_week, NULL::DATE AS day,"
    return f"""
        WITH role_loads AS (
            SELECT * FROM raw.loads
            WHERE role = {quote_text(role)} AND origin = {origin}
              AND ({known_on} IS NULL OR loaded_at <= {known_on})
        ),
        loads AS (
            SELECT * FROM role_loads AS this
            WHERE NOT EXISTS (
                FROM role_loads AS newer
                WHERE newer.source = this.source AND newer.load_id > this.load_id
                  AND (this.first_day IS NULL
                       OR newer.first_day <= this.first_day AND newer.last_day >= this.last_day)
            )
        ),
        typed AS (
            SELECT load_id, raw.source, source_row, {week} {texts}, {numbers}
            FROM raw.{role} AS raw
            WHERE load_id IN (SELECT load_id FROM loads)
        ),
        -- A row of no day is replaced by every newer load of its source. Plain comparisons,
        -- because a join on anything else holds all rows in memory.
        spans AS (
            SELECT source, load_id, coalesce(first_day, DATE '9999-12-31') AS first_day,
                   coalesce(last_day, DATE '0001-01-01') AS last_day
            FROM loads
        )
        SELECT typed.*, date_trunc('week', day)::DATE AS week
        FROM typed ANTI JOIN spans AS newer
            ON newer.source = typed.source AND newer.load_id > typed.load_id
            AND newer.first_day <= coalesce(typed.day, DATE '9999-12-31')
            AND newer.last_day >= coalesce(typed.day, DATE '0001-01-01')
        WHERE ({through} IS NULL OR day IS NULL OR date_trunc('week', day)::DATE <= {through})
        {newest if several_sources else ""}
    """


def day_sql(column: str, date_format: str | None, week_origin: date | None) -> str:
    """SQL for the day that a text names; null where it names none."""
    text = f"trim({column})"
    if date_format:
        pattern, suffix = date_format, ""
        if "%V" in pattern and "%u" not in pattern:  # an ISO week, e.g. %G-W%V, is its Monday
            pattern, suffix = f"{pattern}-%u", " || '-1'"
        day = f"try_strptime({text}{suffix}, {quote_text(pattern)})::DATE"
    else:
        day = f"try_cast({text} AS DATE)"
    if week_origin:
        number = f"try_cast(regexp_extract({text}, '^(-?[0-9]{{1,5}})(\\.0*)?$', 1) AS INTEGER)"
        day = f"coalesce(DATE '{week_origin.isoformat()}' + 7 * {number}, {day})"
    return f"CASE WHEN year({day}) BETWEEN 1980 AND 2100 THEN {day} END"


def number_sql(column: str, decimal: str) -> str:
    """SQL for the number that a text says; null where it says none."""
    text = _present(column)
    bare = f"regexp_replace({text}, '[\\s\\x{{00A0}}$€£¥%]', '', 'g')"
    if decimal == ".":
        grouped = f"regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}(,[0-9]{{3}})+(\\.[0-9]*)?')"
        fallback = f"CASE WHEN {grouped} THEN replace({bare}, ',', '') ELSE {bare} END"
        number = f"coalesce(try_cast({text} AS DOUBLE), try_cast({fallback} AS DOUBLE))"
        # A plain number needs no other look; for many millions of rows that counts.
        plain = f"try_cast(raw.{column} AS DOUBLE)"
        return f"CASE WHEN isfinite({plain}) THEN {plain} ELSE {number} END"
    # Here '1.234' is a thousand and more, so nothing is cast as it stands.
    grouped = f"regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}(\\.[0-9]{{3}})+(,[0-9]*)?')"
    plain = f"CASE WHEN {grouped} THEN replace({bare}, '.', '') ELSE {bare} END"
    other = f"contains({bare}, '.') AND NOT {grouped}"
    return f"CASE WHEN {other} THEN NULL ELSE try_cast(replace({plain}, ',', '.') AS DOUBLE) END"


def _present(column: str) -> str:
    words = ", ".join(quote_text(word) for word in MISSING)
    text = f"trim(raw.{column})"
    return f"CASE WHEN lower({text}) IN ({words}) THEN NULL ELSE {text} END"


def _text(column: str) -> str:
    return f"nullif(trim(raw.{column}), '')"
