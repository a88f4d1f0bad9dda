"""A warehouse of an earlier version, read as one of this version."""

from __future__ import annotations

import duckdb

from mmm_assets import mart
from mmm_assets.store.sql_text import quote


def complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a connection read tables and columns that its file does not have yet, as empty.

    The file may be open for reading only: what is missing is put beside it, in memory.
    """
    there = set(
        connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = 'mart'"
        ).fetchall()
    )
    wanted = {(table.name, column.name) for table in mart.TABLES for column in table.all_columns}
    if wanted <= there:
        return
    row = connection.execute("SELECT current_database()").fetchone()
    file = quote(str(row[0] if row else ""))
    connection.execute("ATTACH ':memory:' AS completed (READ_WRITE)")
    connection.execute("CREATE SCHEMA completed.mart")
    for table in mart.TABLES:
        columns = ", ".join(
            quote(column.name)
            if (table.name, column.name) in there
            else f"CAST(NULL AS {column.type}) AS {quote(column.name)}"
            for column in table.all_columns
        )
        known = any(name == table.name for name, _ in there)
        source = f"{file}.mart.{table.name}" if known else "(SELECT 1) WHERE false"
        connection.execute(
            f"CREATE VIEW completed.mart.{table.name} AS SELECT {columns} FROM {source}"
        )
    connection.execute("USE completed")
