"""Publish the media of a refresh's panel, as delivered, in ``mart.media``."""

from __future__ import annotations

from datetime import date

import duckdb


def write_media(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> None:
    """Replace the media rows of a refresh week by those of its panel, without leaving DuckDB."""
    week = {"week": refresh_week}
    connection.execute("DELETE FROM mart.media WHERE refresh_week = $week", week)
    connection.execute(
        """
        INSERT INTO mart.media (refresh_week, region, week, channel, spend, exposure, frequency)
        SELECT refresh_week, region, week, channel, spend, exposure, frequency
        FROM staging.panel_media
        WHERE refresh_week = $week ORDER BY channel, region, week
        """,
        week,
    )
