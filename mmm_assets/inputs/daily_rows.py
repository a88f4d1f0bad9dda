"""The KPI and a channel's spend by day, where they were delivered so: what tests are read on."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known

_IS_DAILY = """
    SELECT median(days) > 1 FROM (
        SELECT count(DISTINCT day) AS days FROM {table} GROUP BY {by}
    )
"""
# A week's spend that no day is known of is spread over its days.
_ROWS = """
    SELECT kpi.day::TIMESTAMP AS day, kpi.region, kpi.kpi,
           {spend} AS spend
    FROM (SELECT region, week, day, sum(kpi) AS kpi FROM known_kpi
          WHERE kpi IS NOT NULL GROUP BY ALL) AS kpi
    LEFT JOIN (
        SELECT region, {key}, sum(spend) AS spend FROM known_media
        WHERE channel = $channel GROUP BY ALL
    ) AS media USING (region, {key})
    ORDER BY kpi.region, kpi.day
"""


def daily_rows(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    channel: str,
    refresh_week: date,
    known_on: datetime | None = None,
) -> pd.DataFrame | None:
    """Read the days of a test's history; None where the KPI was delivered by weeks.

    Parameters
    ----------
    known_on
        Look only at loads up to this time (UTC); None looks at all.

    Returns
    -------
    DataFrame
        ``day, region, kpi, spend``: days with a KPI up to the end of the refresh week, and zero
        where nothing was spent; ``spend`` is missing everywhere where no spend is known.
    """
    for role in ("kpi", "media"):
        create_known(connection, config, role, refresh_week, known_on)
    if not _one(connection, _IS_DAILY.format(table="known_kpi", by="region, week")):
        return None
    by_day = _one(connection, _IS_DAILY.format(table="known_media", by="region, channel, week"))
    known = _one(
        connection,
        "SELECT count(spend) FROM known_media WHERE channel = $channel",
        {"channel": channel},
    )
    amount = "coalesce(media.spend, 0)" if by_day else "coalesce(media.spend, 0) / 7"
    sql = _ROWS.format(key="day" if by_day else "week", spend=amount if known else "NULL::DOUBLE")
    return connection.execute(sql, {"channel": channel}).df()


def _one(
    connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, str] | None = None
) -> object:
    row = connection.execute(sql, values or {}).fetchone()
    return row[0] if row else None
