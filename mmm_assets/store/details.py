"""Rows by region and week go with age, summaries stay: what keeps a warehouse from growing.

Which rows are details is said by each mart table (`mart.Table.details`), how many refreshes keep
theirs by ``retention.details``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from mmm_assets import mart
from mmm_assets.mart.refreshes import DETAILS_THAT_GO
from mmm_assets.store.sql_text import is_one_of


def weeks_beyond(connection: duckdb.DuckDBPyConnection, kept: int) -> list[date]:
    """Refresh weeks that have details and are not among the newest, oldest first.

    Parameters
    ----------
    kept
        How many refreshes keep their details: so many published ones, so many held ones.
    """
    rows = connection.execute(DETAILS_THAT_GO, {"kept": kept}).fetchall()
    return [week for (week,) in rows]


def drop_details(connection: duckdb.DuckDBPyConnection, refresh_weeks: Sequence[date]) -> None:
    """Remove the details of refresh weeks; ``mart.refreshes`` says so of each."""
    of_weeks = is_one_of("refresh_week", refresh_weeks)
    for table in mart.TABLES:
        if table.details is not None:
            connection.execute(
                f"DELETE FROM mart.{table.name} WHERE {of_weeks} AND {table.details}"
            )
    connection.execute(f"UPDATE mart.refreshes SET has_details = false WHERE {of_weeks}")
