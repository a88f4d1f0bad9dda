"""The panel of a refresh week: from raw rows to staging tables, and from those to arrays.

What is decided here, and nowhere else:

- Regions are those with a KPI; weeks run from the first week with a KPI to the refresh week.
- Weeks without a KPI, parts of weeks and outages (see ``weekly_kpi``) are masked.
- In a long media table no row means no activity. A wide one has a row for every week: where it
  has none the media are unknown, and the KPI of that week is masked.
- A channel without any activity is left out. The model reads a channel's exposure where there
  is any, else its spend.
- A control that was not delivered is the region's mean over the weeks that the refresh may see,
  else the mean of all regions. A control of words becomes one 0/1 control per word. Controls
  that never vary within a region are left out, and so are those of more than
  ``MOST_WORDS`` words. National controls are given to every region.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.weekly_kpi import create_weekly_kpi
from mmm_assets.store.sql_text import quote_text

if TYPE_CHECKING:
    from mmm_model.panel import Floats, Panel

MOST_WORDS = 20
"""A control of more different words than this describes rows, not weeks."""

TABLES = {
    "panel_kpi": (
        "region VARCHAR, week DATE, kpi DOUBLE, observed BOOLEAN, value_per_kpi DOUBLE",
        "KPI of every region and week; observed is false where it is missing or an outage.",
    ),
    "panel_media": (
        "region VARCHAR, week DATE, channel VARCHAR, spend DOUBLE, exposure DOUBLE",
        "Spend and exposure as delivered, by week; an absent row is no activity.",
    ),
    "panel_channels": (
        "position INTEGER, channel VARCHAR, reads VARCHAR, has_spend BOOLEAN",
        "Channels of the model; reads is 'exposure', 'spend', or null for one that is left out.",
    ),
    "panel_controls": (
        "region VARCHAR, week DATE, control VARCHAR, value DOUBLE",
        "Controls of every region and week, filled.",
    ),
}


def build_panel_tables(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    known_on: datetime | None = None,
) -> None:
    """Write the staging tables of a refresh week; those of other weeks are not touched.

    Parameters
    ----------
    known_on
        Look only at loads up to this time (UTC); None looks at all.

    Raises
    ------
    SourceError
        If no KPI is known up to that week.
    """
    for role in ("media", "kpi", "controls"):
        create_known(connection, config, role, refresh_week, known_on)
    weeks = create_weekly_kpi(connection, config)
    if not weeks:
        raise SourceError(f"kpi: no week up to {refresh_week} has a KPI")
    _create_tables(connection)
    for table in TABLES:
        connection.execute(f"DELETE FROM staging.{table} WHERE refresh_week = ?", [refresh_week])
    bounds: dict[str, Any] = {"refresh": refresh_week, "first": weeks[0]}
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE grid AS
        SELECT region, week
        FROM (SELECT DISTINCT region FROM weekly_kpi WHERE complete)
        CROSS JOIN (
            SELECT unnest(generate_series($first, $refresh, INTERVAL 7 DAY))::DATE AS week
        )
        """,
        bounds,
    )
    connection.execute(
        """
        INSERT INTO staging.panel_kpi
        WITH filled AS (
            SELECT region, week, kpi,
                   coalesce(complete AND NOT outage, false)
                   AND ($sparse_media OR (region, week) IN (SELECT (region, week) FROM known_media))
                       AS observed,
                   coalesce(value_per_kpi, avg(value_per_kpi) OVER of_region,
                            avg(value_per_kpi) OVER of_all) AS value_per_kpi
            FROM grid LEFT JOIN weekly_kpi USING (region, week)
            WINDOW of_region AS (PARTITION BY region ORDER BY week
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
                   of_all AS (ORDER BY region, week
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        )
        SELECT $refresh, region, week, CASE WHEN observed THEN kpi ELSE 0 END, observed,
               value_per_kpi
        FROM filled
        """,
        {"refresh": refresh_week, "sparse_media": config.tables.media.layout == "long"},
    )
    _insert_media(connection, config, refresh_week)
    _insert_controls(connection, config, refresh_week)


def read_panel(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date
) -> Panel:
    """Read the staging tables of a refresh week as arrays.

    Returns
    -------
    Panel
        Regions in the order of their names, consecutive weeks up to ``refresh_week``, channels
        and controls in the order of the configuration.

    Raises
    ------
    LookupError
        If `build_panel_tables` was not run for this week.
    """
    from mmm_model.panel import Panel

    _create_tables(connection)
    week = {"week": refresh_week}
    kpi = connection.execute(
        "SELECT * FROM staging.panel_kpi WHERE refresh_week = $week ORDER BY region, week", week
    ).fetchnumpy()
    regions = tuple(str(name) for name in dict.fromkeys(kpi["region"]))
    if not regions:
        raise LookupError(f"no panel was built for {refresh_week}: materialise panel first")
    weeks = pd.DatetimeIndex(kpi["week"][: len(kpi["week"]) // len(regions)], name=None)
    shape = (len(regions), len(weeks))
    channels = connection.execute(
        "SELECT channel, reads, has_spend FROM staging.panel_channels "
        "WHERE refresh_week = $week AND reads IS NOT NULL ORDER BY position",
        week,
    ).fetchall()
    media = connection.execute(
        """
        SELECT r.place AS region, date_diff('day', $first::DATE, week) // 7 AS week,
               c.place AS channel, m.spend,
               coalesce(CASE WHEN reads = 'exposure' THEN exposure ELSE spend END, 0) AS exposure
        FROM staging.panel_media AS m
        JOIN (SELECT channel, reads, row_number() OVER (ORDER BY position) - 1 AS place
              FROM staging.panel_channels WHERE refresh_week = $week AND reads IS NOT NULL
             ) AS c USING (channel)
        JOIN (SELECT region, row_number() OVER (ORDER BY region) - 1 AS place
              FROM (SELECT DISTINCT region FROM staging.panel_kpi WHERE refresh_week = $week)
             ) AS r USING (region)
        WHERE m.refresh_week = $week
        """,
        {**week, "first": weeks[0].date()},
    ).fetchnumpy()
    exposure = np.zeros((*shape, len(channels)))
    spend = np.zeros_like(exposure)
    cells = (media["region"], media["week"], media["channel"])
    exposure[cells] = _floats(media["exposure"])
    spend[cells] = np.nan_to_num(_floats(media["spend"]))
    for place, (_, _, has_spend) in enumerate(channels):
        if not has_spend:
            spend[:, :, place] = np.nan
    names, control = _read_controls(connection, config, refresh_week, shape)
    return Panel(
        regions=regions,
        weeks=weeks,
        channels=tuple(name for name, _, _ in channels),
        controls=names,
        kpi=_floats(kpi["kpi"]).reshape(shape),
        observed=np.asarray(kpi["observed"], dtype=bool).reshape(shape),
        exposure=exposure,
        spend=spend,
        control=control,
        value_per_kpi=_floats(kpi["value_per_kpi"]).reshape(shape),
    )


def panel_fingerprint(panel: Panel) -> str:
    """Hash of a panel's arrays and names: equal fingerprints, equal training data."""
    digest = hashlib.sha256()
    for names in (panel.regions, panel.channels, panel.controls):
        digest.update("\x1f".join(names).encode() + b"\x1e")
    digest.update(str(panel.weeks[0]).encode())
    for array in (
        panel.kpi,
        panel.observed,
        panel.exposure,
        panel.spend,
        panel.control,
        panel.value_per_kpi,
    ):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS staging")
    for name, (columns, comment) in TABLES.items():
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS staging.{name} (refresh_week DATE, {columns})"
        )
        connection.execute(f"COMMENT ON TABLE staging.{name} IS {quote_text(comment)}")


def _insert_media(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date
) -> None:
    daily = _is_daily(connection, "media")
    connection.execute(
        f"""
        INSERT INTO staging.panel_media
        SELECT $week, region, week, channel, {_sum("spend", daily)}, {_sum("exposure", daily)}
        FROM known_media SEMI JOIN grid USING (region, week)
        GROUP BY region, week, channel
        """,
        {"week": refresh_week},
    )
    connection.execute(
        """
        INSERT INTO staging.panel_channels
        SELECT $week, row_number() OVER (ORDER BY list_position($order, channel), channel),
               channel,
               CASE WHEN sum(exposure) > 0 THEN 'exposure' WHEN sum(spend) > 0 THEN 'spend' END,
               count(spend) > 0
        FROM staging.panel_media
        WHERE refresh_week = $week
        GROUP BY channel
        """,
        {"week": refresh_week, "order": list(config.tables.media.columns)},
    )


def _insert_controls(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date
) -> None:
    table = config.tables.controls
    order = " ORDER BY day" if _is_daily(connection, "controls") else ""
    is_national = table is not None and not table.region
    same = "" if is_national else "AND d.region = grid.region"
    connection.execute(
        f"""
        INSERT INTO staging.panel_controls
        WITH kinds AS (
            SELECT control, count(value_text) > 0 AND count(value) = 0 AS is_words,
                   count(DISTINCT lower(value_text)) AS words
            FROM known_controls GROUP BY control
        ),
        numbers AS (
            SELECT region, week, control, day, value
            FROM known_controls JOIN kinds USING (control) WHERE NOT is_words
        ),
        words AS (
            SELECT region, week, control || ': ' || word AS control, day,
                   (lower(value_text) IS NOT DISTINCT FROM word)::DOUBLE AS value
            FROM known_controls JOIN (
                SELECT DISTINCT control, lower(value_text) AS word
                FROM known_controls JOIN kinds USING (control)
                WHERE is_words AND words <= {MOST_WORDS} AND value_text IS NOT NULL
            ) USING (control)
        ),
        delivered AS (
            SELECT region, week, control, avg(value{order}) AS value, is_word
            FROM (SELECT *, false AS is_word FROM numbers
                  UNION ALL SELECT *, true FROM words)
            WHERE week IS NOT NULL
            GROUP BY region, week, control, is_word
        ),
        names AS (SELECT control, bool_or(is_word) AS is_word FROM delivered GROUP BY control),
        cells AS (
            SELECT grid.region, grid.week, names.control,
                   coalesce(d.value,
                            CASE WHEN names.is_word THEN 0 END,
                            avg(d.value) OVER of_region, avg(d.value) OVER of_all) AS value
            FROM grid CROSS JOIN names
            LEFT JOIN delivered AS d
                ON d.control = names.control AND d.week = grid.week {same}
            -- Ordered, because the last bit of a sum depends on the order of its terms.
            WINDOW of_region AS (PARTITION BY names.control, grid.region ORDER BY grid.week
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
                   of_all AS (PARTITION BY names.control ORDER BY grid.region, grid.week
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ),
        varying AS (
            SELECT DISTINCT control FROM (
                SELECT control FROM cells GROUP BY control, region
                HAVING max(value) - min(value) > 1e-9 * greatest(abs(max(value)), abs(min(value)))
            )
        )
        SELECT $week, region, week, control, value FROM cells SEMI JOIN varying USING (control)
        """,
        {"week": refresh_week},
    )


def _is_daily(connection: duckdb.DuckDBPyConnection, role: str) -> bool:
    """Whether a week may have several rows, whose order decides the last bit of their sum."""
    row = connection.execute(f"SELECT count(DISTINCT isodow(day)) FROM known_{role}").fetchone()
    return bool(row and row[0] > 1)


def _sum(column: str, daily: bool) -> str:
    """SQL of a weekly sum from Monday to Sunday; an ordered aggregate would hold every row."""
    if not daily:
        return f"sum({column})"
    days = " + ".join(
        f"coalesce(sum({column}) FILTER (isodow(day) = {day}), 0)" for day in range(1, 8)
    )
    return f"CASE WHEN count({column}) > 0 THEN {days} END"


def _read_controls(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    shape: tuple[int, int],
) -> tuple[tuple[str, ...], Floats]:
    """Names of the controls and their values ``[R, W, K]``."""
    order = list(config.tables.controls.named) if config.tables.controls else []
    rows = connection.execute(
        """
        SELECT control, value FROM staging.panel_controls WHERE refresh_week = $week
        ORDER BY list_position($order, control) NULLS LAST, control, region, week
        """,
        {"week": refresh_week, "order": order},
    ).fetchnumpy()
    names = tuple(str(name) for name in dict.fromkeys(rows["control"]))
    values = _floats(rows["value"]).reshape(len(names), *shape)
    return names, np.ascontiguousarray(np.moveaxis(values, 0, -1))


def _floats(column: Any) -> Floats:
    """Numbers of a DuckDB column; NaN where it has none."""
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
