"""The ``raw`` schema: what a delivered row says, as text, and where it came from.

The view ``raw.<role>`` shows every load whole. How its rows are stored is for ``raw_rows``.
"""

from __future__ import annotations

import duckdb

from mmm_assets.inputs.raw_of_last_release import set_aside, take_in
from mmm_assets.inputs.raw_rows import load_sql, rows_table
from mmm_assets.inputs.roles import ROLES, Role
from mmm_assets.store.schema import comment_columns
from mmm_assets.store.sql_text import quote_text

PROVENANCE = {
    "load_id": "Load that the row is part of, see raw.loads.",
    "source": "File or query it came from.",
    "source_row": "Row of data in that source; 1 is the first below the header.",
    "loaded_at": "When it was loaded by the clock, UTC.",
    "source_fingerprint": "Hash of the source's content.",
}
"""Columns of the view ``raw.<role>`` that come before those of the role."""

_LOADS = """
    CREATE TABLE IF NOT EXISTS raw.loads (
        load_id BIGINT, role VARCHAR, origin VARCHAR, source VARCHAR, fingerprint VARCHAR,
        mapping VARCHAR, loaded_at TIMESTAMP, rows BIGINT, first_day DATE, last_day DATE,
        clock TIMESTAMP, file VARCHAR
    )
"""
_TIMES = {
    "loaded_at": "When it was loaded, UTC; a clock that others contradict is corrected.",
    "clock": "What the clock said then, UTC; null for a load of an earlier release.",
    "file": "File in the folder loads that keeps it; null until it is written.",
}
_CONTENTS = """
    CREATE TABLE IF NOT EXISTS raw.contents (
        load_id BIGINT, from_load BIGINT, first_place BIGINT, last_place BIGINT, shift BIGINT
    )
"""
_RUNS = {
    "load_id": "A load; its runs together are all of its rows.",
    "from_load": "Load that first brought the rows of the run.",
    "first_place": "Place of the first of them in that load.",
    "last_place": "Place of the last.",
    "shift": "Row in this load's source less row in that load's.",
}


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables and views of the ``raw`` schema where they are missing.

    Tables of the last release are brought to the form of this one, with all that they hold.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    of_last_release = set_aside(connection)
    connection.execute(_LOADS)
    connection.execute("ALTER TABLE raw.loads ADD COLUMN IF NOT EXISTS clock TIMESTAMP")
    connection.execute("ALTER TABLE raw.loads ADD COLUMN IF NOT EXISTS file VARCHAR")
    connection.execute(_CONTENTS)
    comment_columns(connection, "raw.loads", _TIMES.items())
    comment_columns(connection, "raw.contents", _RUNS.items())
    for role in ROLES.values():
        table = rows_table(role.name)
        body = ", ".join(f"{name} VARCHAR" for name in role.columns)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table} "
            f"(load_id BIGINT, place BIGINT, source_row BIGINT, {body})"
        )
        for name in role.columns:  # a warehouse of an earlier version lacks what came later
            connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} VARCHAR")
        if role.name in of_last_release:
            take_in(connection, role)
        if not _is_shown(connection, role):
            connection.execute(f"CREATE OR REPLACE VIEW raw.{role.name} AS {_view_sql(role.name)}")
            comment_columns(connection, f"raw.{role.name}", PROVENANCE.items())


def _view_sql(role: str) -> str:
    columns = ", ".join(f"whole.{name}" for name in ROLES[role].columns)
    return f"""
        SELECT whole.load_id, loads.source, whole.source_row,
               coalesce(loads.clock, loads.loaded_at) AS loaded_at,
               loads.fingerprint AS source_fingerprint, {columns}
        FROM ({load_sql(role, f"SELECT load_id FROM raw.loads WHERE role = {quote_text(role)}")})
             AS whole JOIN raw.loads AS loads USING (load_id)
    """


def _is_shown(connection: duckdb.DuckDBPyConnection, role: Role) -> bool:
    rows = connection.execute(
        "SELECT c.column_name FROM duckdb_columns() AS c "
        "JOIN duckdb_views() AS v ON v.view_oid = c.table_oid "
        "WHERE c.database_name = current_database() AND v.database_name = current_database() "
        "AND v.schema_name = 'raw' AND v.view_name = ?",
        [role.name],
    ).fetchall()
    return {name for (name,) in rows} == {*PROVENANCE, *role.columns}
