"""The stored form of the ``raw`` schema: each row once, each load a list of runs of rows.

A delivery says for the most part what the one before it said. So a row is stored by the load
that first brought it (``raw.<role>_rows``), and a load is a list of runs of stored rows
(``raw.contents``). Both are only ever appended to, and no load needs the list of another.

Rows are the same where all their texts are, wherever they stand in the source.
"""

from __future__ import annotations

import duckdb

from mmm_assets.inputs.roles import ROLES

ARRIVED = "arrived"
"""Temporary table with the rows of a load in their order: ``source_row`` and the role's columns."""

ROWS_PER_RUN = 4
"""A load of shorter runs, as of a query in no order, is stored whole: that is as small."""

_BLOCK = 6
"""Rows and runs meet in blocks of 2^6 places, of which a long run has many: each row of a block is
compared with all runs in it, of every load, and short runs are many where history is long."""

SAME_PLACE = f"""
    stored.load_id = runs.from_load AND stored.place >> {_BLOCK} = runs.block
    AND stored.place >= runs.first_place AND stored.place <= runs.last_place
"""
"""Condition of a join of ``stored``, rows of ``raw.<role>_rows``, with ``runs`` of `blocks_sql`."""

_NTH = "row_number() OVER (PARTITION BY key ORDER BY source_row, place) AS nth"
"""Two rows that say the same are matched in their order."""


def rows_table(role: str) -> str:
    """Name of the table with the rows that each load was the first to bring."""
    return f"raw.{role}_rows"


def load_sql(role: str, loads: str) -> str:
    """SELECT of all rows of some loads: ``load_id``, ``source_row`` and the role's columns.

    Also ``from_load``, ``place`` and ``shift``: where the row is stored.

    Parameters
    ----------
    loads
        SQL of a query that lists numbers of loads.
    """
    columns = ", ".join(f"stored.{name}" for name in ROLES[role].columns)
    runs = blocks_sql(f"(FROM raw.contents WHERE load_id IN ({loads}))")
    return f"""
        SELECT runs.load_id, stored.source_row + runs.shift AS source_row,
               runs.from_load, stored.place, runs.shift, {columns}
        FROM {rows_table(role)} AS stored JOIN ({runs}) AS runs ON {SAME_PLACE}
    """


def blocks_sql(runs: str) -> str:
    """SELECT of runs, once for each block of places that they touch; see `SAME_PLACE`.

    Parameters
    ----------
    runs
        SQL after ``FROM``: rows of ``raw.contents``.
    """
    blocks = f"range(first_place >> {_BLOCK}, (last_place >> {_BLOCK}) + 1)"
    return f"SELECT *, unnest({blocks}) AS block FROM {runs}"


def append_first(
    connection: duckdb.DuckDBPyConnection,
    role: str,
    load: int,
    rows_sql: str,
    parameters: dict[str, object],
) -> None:
    """Append the first load of a source straight from it, whatever its size.

    Parameters
    ----------
    rows_sql
        SELECT of ``source_row`` and the role's columns, in the order of the source.
    """
    columns = ", ".join(ROLES[role].columns)
    connection.execute(
        f"INSERT INTO {rows_table(role)} (load_id, place, source_row, {columns}) "
        f"SELECT $load, row_number() OVER (), source_row, {columns} FROM ({rows_sql})",
        {**parameters, "load": load},
    )
    connection.execute(
        "INSERT INTO raw.contents SELECT load_id, load_id, min(place), max(place), 0 "
        f"FROM {rows_table(role)} WHERE load_id = ? GROUP BY load_id",
        [load],
    )


def append_difference(
    connection: duckdb.DuckDBPyConnection, role: str, load: int, before: int
) -> int:
    """Append the rows of ``ARRIVED`` as a load, and drop that table.

    Parameters
    ----------
    before
        Load that it is compared with.

    Returns
    -------
    int
        Number of rows that had to be stored.
    """
    _match(connection, role, before)
    _list_runs(connection, load)
    runs, kept = _counts(connection)
    if runs * ROWS_PER_RUN > kept:
        connection.execute("DELETE FROM kept")
        connection.execute("DELETE FROM runs")
    columns = ", ".join(ROLES[role].columns)
    row = connection.execute(
        f"INSERT INTO {rows_table(role)} (load_id, place, source_row, {columns}) "
        f"SELECT ?, row_number() OVER (ORDER BY rowid), source_row, {columns} "
        f"FROM {ARRIVED} WHERE rowid NOT IN (SELECT arrival FROM kept)",
        [load],
    ).fetchone()
    stored = int(row[0]) if row else 0
    connection.execute("INSERT INTO raw.contents FROM runs")
    if stored:
        connection.execute("INSERT INTO raw.contents VALUES (?, ?, 1, ?, 0)", [load, load, stored])
    for table in (ARRIVED, "kept", "runs"):
        connection.execute(f"DROP TABLE {table}")
    return stored


def _match(connection: duckdb.DuckDBPyConnection, role: str, before: int) -> None:
    """Write to ``kept`` which rows that arrived are stored already, and where."""
    names = ROLES[role].columns
    columns = ", ".join(names)
    # Equal hashes are looked at again: among many millions of rows two may meet by chance.
    same = " AND ".join(f"new.{name} IS NOT DISTINCT FROM old.{name}" for name in names)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE kept AS
        WITH new_rows AS (
            SELECT rowid AS place, source_row, {columns}, hash({columns}) AS key FROM {ARRIVED}
        ),
        old_rows AS (
            SELECT from_load, place, source_row, shift, {columns}, hash({columns}) AS key
            FROM ({load_sql(role, str(int(before)))})
        ),
        new AS (SELECT *, {_NTH} FROM new_rows),
        old AS (SELECT *, {_NTH} FROM old_rows)
        SELECT new.place AS arrival, old.from_load, old.place,
               new.source_row - (old.source_row - old.shift) AS shift
        FROM new JOIN old ON new.key = old.key AND new.nth = old.nth AND {same}
        """
    )


def _list_runs(connection: duckdb.DuckDBPyConnection, load: int) -> None:
    """Write to ``runs`` the rows of ``kept`` that follow each other there and here."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE runs AS
        SELECT ?::BIGINT AS load_id, from_load, min(place) AS first_place,
               max(place) AS last_place, shift
        FROM (
            SELECT from_load, place, shift,
                   place - row_number() OVER (PARTITION BY from_load, shift ORDER BY place) AS run
            FROM kept
        ) GROUP BY from_load, shift, run ORDER BY from_load, first_place
        """,
        [load],
    )


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM kept)"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
