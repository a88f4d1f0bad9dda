"""Raw tables as the last release wrote them, every load whole, brought to the form of this one.

Nothing that was delivered is lost: each load is the rows that it was.
"""

from __future__ import annotations

import duckdb

from mmm_assets.inputs.raw_rows import ARRIVED, append_difference, append_first
from mmm_assets.inputs.roles import ROLES, Role

_LOADS = """
    SELECT load_id, lag(load_id) OVER (PARTITION BY source ORDER BY load_id)
    FROM raw.loads WHERE role = ? ORDER BY load_id
"""


def set_aside(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Give tables of the last release another name.

    Returns
    -------
    set of str
        Roles of which there are such tables.
    """
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name = 'raw'"
    ).fetchall()
    found = {name for (name,) in rows} & set(ROLES)
    for name in found:
        connection.execute(f"ALTER TABLE raw.{name} RENAME TO {_aside(name)}")
    return found


def take_in(connection: duckdb.DuckDBPyConnection, role: Role) -> None:
    """Append the loads that were set aside to the tables of this release, and drop them.

    What the clock said at a load was noted with its rows alone; it goes to ``raw.loads``.
    """
    table = f"raw.{_aside(role.name)}"
    for name in role.columns:  # that a release before the last one did not have
        connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} VARCHAR")
    columns = ", ".join(role.columns)
    for load, before in connection.execute(_LOADS, [role.name]).fetchall():
        rows = f"SELECT source_row, {columns} FROM {table} WHERE load_id = {load} ORDER BY rowid"
        if before is None:
            append_first(connection, role.name, load, rows, {})
        else:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {ARRIVED} AS {rows}")
            append_difference(connection, role.name, load, before)
    connection.execute(
        f"UPDATE raw.loads SET clock = old.loaded_at FROM (SELECT load_id, min(loaded_at) AS "
        f"loaded_at FROM {table} GROUP BY load_id) AS old "
        "WHERE loads.load_id = old.load_id AND loads.clock IS NULL"
    )
    connection.execute(f"DROP TABLE {table}")


def _aside(name: str) -> str:
    return f"{name}_of_last_release"
