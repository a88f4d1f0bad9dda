"""The rows of one refresh week in a mart table, read and written whole."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from mmm_assets import mart
from mmm_assets.store.sql_text import quote


def replace_week(
    connection: duckdb.DuckDBPyConnection, table: str, refresh_week: date, rows: pd.DataFrame
) -> int:
    """Replace the rows of one refresh week in a mart table; other weeks are not touched.

    Parameters
    ----------
    rows
        The table's columns without ``refresh_week``; a column that is absent becomes null.

    Returns
    -------
    int
        Number of rows written.

    Raises
    ------
    ValueError
        If ``rows`` has a column that the contract does not know.
    """
    connection.execute(f"DELETE FROM mart.{table} WHERE refresh_week = ?", [refresh_week])
    return add_rows(connection, table, refresh_week, rows)


def add_rows(
    connection: duckdb.DuckDBPyConnection, table: str, refresh_week: date, rows: pd.DataFrame
) -> int:
    """Add rows to one refresh week of a mart table; parameters and errors as `replace_week`."""
    columns = mart.BY_NAME[table].columns
    unknown = set(rows.columns) - {column.name for column in columns}
    if unknown:
        raise ValueError(f"mart.{table} has no column {sorted(unknown)}")
    present = [column for column in columns if column.name in rows.columns]
    targets = ", ".join(quote(column.name) for column in present)
    casts = ", ".join(f"CAST({quote(column.name)} AS {column.type})" for column in present)
    connection.register("new_rows", rows)
    connection.execute(
        f"INSERT INTO mart.{table} (refresh_week, {targets}) "
        f"SELECT CAST(? AS DATE), {casts} FROM new_rows",
        [refresh_week],
    )
    connection.unregister("new_rows")
    return len(rows)


def read_week(
    connection: duckdb.DuckDBPyConnection, table: str, refresh_week: date
) -> pd.DataFrame:
    """Read one refresh week of a mart table, without its key.

    A column that an earlier release did not have is empty.
    """
    found = connection.execute(
        f"SELECT * FROM mart.{table} WHERE refresh_week = ?", [refresh_week]
    ).df()
    return found.reindex(columns=[column.name for column in mart.BY_NAME[table].columns])
