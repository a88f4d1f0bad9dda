"""Write the queries that turn recognised tables into media and a KPI, by day."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from mmm_assets.guessing.frame import GuessError
from mmm_assets.guessing.known_tables import KnownKpi
from mmm_assets.guessing.queries import Query
from mmm_assets.guessing.recognise import Cell, Recognised
from mmm_assets.store.sql_text import quote_text

_WORD = re.compile(r"\{(\w+)\}")
_LOCAL_OFFSET = r"[+-](0[1-9]|1[0-9]|00:?[1-9])[0-9:]*$"
"""End of a time that is not in UTC, such as -05:00 or -0500."""

_MEDIA = """
SELECT
    {day} AS day,
    {channel} AS channel,
    sum({spend}) AS spend,
    sum({exposure}) AS exposure
FROM {table}
GROUP BY ALL
"""


_SUMMED = """
SELECT day, channel, sum(spend) AS spend, sum(exposure) AS exposure
FROM (
{tables}
)
GROUP BY ALL
"""
"""Accounts of one platform may share a channel."""


def media_query(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[Recognised], out: Path
) -> Query:
    """Write one query of all recognised tables of media: day, channel, spend, exposure.

    Raises
    ------
    GuessError
        If a row of a table is of more days than a week has.
    """
    texts = []
    for table in tables:
        _require_days(connection, table)
        head = f"-- {table.place.name}: {table.known.what}"
        text = _filled(_media_template(table), _words(connection, table, None))
        texts.append(f"{head}\n{text}")
    if len(texts) == 1:
        return _query(texts[0], tables, out)
    together = textwrap.indent("\nUNION ALL BY NAME\n".join(texts), "    ")
    return _query(_SUMMED.replace("{tables}", together).strip(), tables, out)


def _media_template(table: Recognised) -> str:
    known, cells = table.known, table.cells
    channel, exposure = known.platform, "NULL::DOUBLE"
    if "impressions" in cells:
        exposure = "CAST({impressions} AS DOUBLE)"
    if "type" in cells:
        channel += " || coalesce('_' || lower({type}), '')"
        if "impressions" in cells and "clicks" in cells:  # what is clicked in search is nearer
            clicked = "WHEN 'SEARCH' THEN CAST({clicks} AS DOUBLE)"
            exposure = f"CASE {{type}} {clicked} ELSE {exposure} END"
    sql = _MEDIA.replace("{channel}", channel).replace("{spend}", known.spend)
    return sql.replace("{exposure}", exposure).strip()


def kpi_query(
    connection: duckdb.DuckDBPyConnection,
    table: Recognised,
    measure: str | None,
    time_zone: str | None,
    out: Path,
) -> tuple[Query, str]:
    """Write the query of a recognised KPI: day, the measure, and what one of it is worth.

    Parameters
    ----------
    measure
        The KPI; the first that is not 0 throughout where it is None.
    time_zone
        Zone whose days count, where the table holds instants.

    Returns
    -------
    tuple
        The query, and the name of the KPI.

    Raises
    ------
    GuessError
        If the table has no such measure, or nothing but zeros, or there is no such zone.
    """
    if time_zone and time_zone not in available_timezones():
        raise GuessError(f"--time-zone: no zone is called '{time_zone}'. Say it as Europe/Berlin")
    known: KnownKpi = table.known
    all_measures = _filled(known.sql.strip(), _words(connection, table, time_zone))
    here = _at(all_measures, (table,), None)
    there = [c for c in known.measures if c in connection.sql(here).columns]
    chosen = measure or _first_above_zero(connection, here, there)
    if chosen not in there:
        raise GuessError(
            f"'{table.place.name}' is {known.what}; it has no KPI '{chosen or 'above 0'}'. "
            f"Give one of {', '.join(there)} with --kpi"
        )
    worth = next((m for m, count in known.measures.items() if count == chosen and m in there), None)
    columns = f"SELECT day, {chosen}"
    if worth:  # a week's worth of one, on each of its days
        columns += (
            f",\n    sum({worth}) OVER week / nullif(sum({chosen}) OVER week, 0) "
            f"AS {worth}_per_{chosen.removesuffix('s')}"
        )
    window = "\nWINDOW week AS (PARTITION BY date_trunc('week', day))" if worth else ""
    inner = textwrap.indent(all_measures, "    ")
    text = f"-- {table.place.name}: {known.what}\n{columns}\nFROM (\n{inner}\n)"
    return _query(f"{text}{window}\nORDER BY day", (table,), out), chosen


def _first_above_zero(
    connection: duckdb.DuckDBPyConnection, sql: str, measures: Sequence[str]
) -> str | None:
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in measures)
    row = connection.execute(f"SELECT {sums} FROM ({sql})").fetchone() or ()
    return next((name for name, total in zip(measures, row, strict=False) if total > 0), None)


def currencies(connection: duckdb.DuckDBPyConnection, table: Recognised) -> list[str]:
    """Currencies of a table's money, where a column says them."""
    cell = table.cells.get("currency")
    if cell is None:
        return []
    rows = connection.execute(
        f"SELECT DISTINCT upper({cell.sql}) AS code FROM {table.place.here} "
        f"WHERE {cell.sql} <> '' ORDER BY code"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _require_days(connection: duckdb.DuckDBPyConnection, table: Recognised) -> None:
    """Refuse rows of a month, which no week can be made of."""
    last = table.cells.get("last_day")
    if last is None:
        return
    first = table.cells["day"]
    row = connection.execute(
        f"SELECT max({_date(last)} - {_date(first)}) + 1 FROM {table.place.here}"
    ).fetchone()
    if row and row[0] and row[0] > 7:
        raise GuessError(
            f"'{table.place.name}' has rows of {row[0]} days; weeks or days are needed. Deliver it "
            "by day (time_increment: 1)"
        )


def _words(
    connection: duckdb.DuckDBPyConnection, table: Recognised, time_zone: str | None
) -> dict[str, str]:
    """Words of a template → SQL, the day of a row among them."""
    words = {word: cell.sql for word, cell in table.cells.items()}
    cell = table.cells["day"]
    moment = getattr(table.known, "is_moment", False)
    if moment and (time_zone or not has_own_days(connection, table)):
        words["day"] = _day_in(cell, time_zone)
    else:
        words["day"] = _date(cell, _sample(connection, table, cell))
    return words | {"platform_of_name": table.platform_of_name}


def has_own_days(connection: duckdb.DuckDBPyConnection, table: Recognised) -> bool:
    """Whether instants are written with the offset of their place: 2024-01-31T23:30:00-05:00."""
    cell = table.cells["day"]
    if cell.type != "VARCHAR":
        return cell.type == "DATE"
    is_local = f"regexp_matches(substr({cell.sql}, 17), {quote_text(_LOCAL_OFFSET)})"
    row = connection.execute(f"SELECT bool_or({is_local}) FROM {table.place.here}").fetchone()
    return bool(row and row[0])


def _sample(connection: duckdb.DuckDBPyConnection, table: Recognised, cell: Cell) -> str:
    row = connection.execute(
        f"SELECT any_value(CAST({cell.sql} AS VARCHAR)) FROM {table.place.here}"
    ).fetchone()
    return str(row[0]) if row else ""


def _day_in(cell: Cell, time_zone: str | None) -> str:
    """SQL for the day of an instant in a zone; what says no zone is UTC."""
    zone = quote_text(time_zone or "UTC")
    if "WITH TIME ZONE" in cell.type:
        return f"CAST({cell.sql} AT TIME ZONE {zone} AS DATE)"
    utc = cell.sql
    if cell.type == "VARCHAR":
        utc = f"CAST(replace({cell.sql}, ' UTC', '') AS TIMESTAMP)"
    if zone == "'UTC'":
        return f"CAST({utc} AS DATE)"
    return f"CAST({utc} AT TIME ZONE 'UTC' AT TIME ZONE {zone} AS DATE)"


def _date(cell: Cell, sample: str = "") -> str:
    """SQL for a day that is written: 20240131, 2024-01-31, and with a time that does not matter."""
    if cell.type == "DATE":
        return cell.sql
    if "WITH TIME ZONE" in cell.type:
        return f"CAST({cell.sql} AT TIME ZONE 'UTC' AS DATE)"
    if re.fullmatch(r"\d{8}", sample):
        return f"CAST(strptime(CAST({cell.sql} AS VARCHAR), '%Y%m%d') AS DATE)"
    if cell.type == "VARCHAR":
        return f"CAST(left({cell.sql}, 10) AS DATE)"
    return f"CAST({cell.sql} AS DATE)"


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Put the columns into a template, without the lines whose columns the table lacks.

    The table itself stays a word, as its path depends on who reads it.
    """
    lines = [
        line
        for line in text.splitlines()
        if all(word in words or word == "table" for word in _WORD.findall(line))
    ]
    return _WORD.sub(lambda m: words.get(m[1], m[0]), "\n".join(lines))


def _query(text: str, tables: Sequence[Recognised], out: Path) -> Query:
    places = tuple(table.place for table in tables)
    return Query(_at(text, tables, out), _at(text, tables, None), places)


def _at(text: str, tables: Sequence[Recognised], out: Path | None) -> str:
    """Name the tables, in their order, as they are seen from a folder; None: from here."""
    for table in tables:
        path = table.place.path
        seen = str(path) if out is None else os.path.relpath(path, out.resolve())
        text = text.replace("{table}", table.place.relation(seen), 1)
    return text
