"""Schemas, tables and views of a warehouse file, made from the contract in ``mart``."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import duckdb

from mmm_assets import mart
from mmm_assets.mart.refreshes import NEWEST_PUBLISHED
from mmm_assets.store.sql_text import quote, quote_text


def create_schemas(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what the working file needs where it is missing."""
    for schema in ("raw", "staging"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    create_mart(connection)


def create_mart(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the contract's tables, views and comments where they are missing.

    A column that a newer version of the contract added is added to an existing table.
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS mart")
    there, views = columns_there(connection), _views_there(connection)
    for table in mart.TABLES:
        missing = [c for c in table.all_columns if (table.name, c.name) not in there]
        if len(missing) == len(table.all_columns):
            _create_table(connection, table)
        else:
            _add_columns(connection, table, missing)
        if missing or f"current_{table.name}" not in views:
            _create_view(connection, table)


def columns_there(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Table and column names that the ``mart`` schema of a file has."""
    rows = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'mart'"
    )
    return set(rows.fetchall())


def comment_table(connection: duckdb.DuckDBPyConnection, name: str, comment: str) -> None:
    """Comment a table, ``schema.table``, unless it says so already."""
    row = connection.execute(
        "SELECT comment FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name || '.' || table_name = ?",
        [name],
    ).fetchone()
    if row is None or row[0] != comment:
        connection.execute(f"COMMENT ON TABLE {name} IS {quote_text(comment)}")


def comment_columns(
    connection: duckdb.DuckDBPyConnection, name: str, comments: Iterable[tuple[str, str]]
) -> None:
    """Comment columns of a table or view, ``schema.table``, that do not say so already.

    Columns of a view in DuckLake bear no comments.
    """
    there = connection.execute(
        "SELECT column_name, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name || '.' || table_name = ?",
        [name],
    ).fetchall()
    for column, comment in comments:
        if (column, comment) not in there:
            with suppress(duckdb.BinderException):
                connection.execute(
                    f"COMMENT ON COLUMN {name}.{quote(column)} IS {quote_text(comment)}"
                )


def _views_there(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        "SELECT view_name FROM duckdb_views() "
        "WHERE database_name = current_database() AND schema_name = 'mart'"
    )
    return {name for (name,) in rows.fetchall()}


def _create_table(connection: duckdb.DuckDBPyConnection, table: mart.Table) -> None:
    body = ", ".join(f"{quote(c.name)} {c.type}" for c in table.all_columns)
    connection.execute(f"CREATE TABLE mart.{table.name} ({body})")
    connection.execute(f"COMMENT ON TABLE mart.{table.name} IS {quote_text(table.comment)}")
    for column in table.all_columns:
        _comment(connection, table, column)


def _add_columns(
    connection: duckdb.DuckDBPyConnection, table: mart.Table, columns: list[mart.Column]
) -> None:
    for column in columns:
        connection.execute(
            f"ALTER TABLE mart.{table.name} ADD COLUMN {quote(column.name)} {column.type}"
        )
        _comment(connection, table, column)


def _comment(connection: duckdb.DuckDBPyConnection, table: mart.Table, column: mart.Column) -> None:
    connection.execute(
        f"COMMENT ON COLUMN mart.{table.name}.{quote(column.name)} IS {quote_text(column.comment)}"
    )


def _create_view(connection: duckdb.DuckDBPyConnection, table: mart.Table) -> None:
    view = f"mart.current_{table.name}"
    whose, weeks = ("Up to the newest", "<=") if table.decided else ("Newest", "=")
    connection.execute(
        f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM mart.{table.name} "
        f"WHERE refresh_week {weeks} {NEWEST_PUBLISHED}"
    )
    note = f"{whose} published refresh. {table.comment}"
    connection.execute(f"COMMENT ON VIEW {view} IS {quote_text(note)}")
