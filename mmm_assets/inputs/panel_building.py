"""Build the panel of a refresh week: from the rows that it may know to staging tables.

What is decided here, and nowhere else:

- Regions are those with a KPI; weeks run from the first week with a KPI to the refresh week.
- Weeks without a KPI, parts of weeks and outages (see ``weekly_kpi``) are masked.
- In a long media table no row means no activity. A wide one has a row for every week: where it
  has none the media are unknown, and the KPI of that week is masked.
- A cell of media that looks like a typing error is replaced (see ``implausible``).
- A channel without any activity is left out. The model reads a channel's exposure where there
  is any, else its spend; of a channel with a frequency, exposure is reach.
- A control that was not delivered is the region's mean over the weeks that the refresh may see,
  else the mean of all regions. A control of words becomes one 0/1 control per word. Controls
  that never vary within a region are left out, and so are those of more than
  ``MOST_WORDS`` words. National controls are given to every region. A promotion or an
  event that was not delivered did not run.
- What media create and nobody buys is as it was counted or asked; no other week is filled.
- The days of the calendar are those of the regions' countries and of the project's own events,
  see ``panel_days``.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.implausible import replace_implausible
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.panel_days import insert_days
from mmm_assets.inputs.panel_mediators import insert_mediators
from mmm_assets.inputs.panel_table import TABLES, create_panel_tables
from mmm_assets.inputs.roles import WEEKLY
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.weekly_kpi import create_weekly_further, create_weekly_kpi

MOST_WORDS = 20
"""A control of more different words than this describes rows, not weeks."""

_GRID = """
    CREATE OR REPLACE TEMP TABLE grid AS
    SELECT region, week
    FROM (SELECT DISTINCT region FROM weekly_kpi WHERE complete)
    CROSS JOIN (
        SELECT unnest(generate_series($first, $week, INTERVAL 7 DAY))::DATE AS week
    )
"""
_KPI = """
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
    SELECT $week, region, week, CASE WHEN observed THEN kpi ELSE 0 END, observed,
           value_per_kpi
    FROM filled
"""
_FURTHER = """
    INSERT INTO staging.panel_further_kpis
    WITH filled AS (
        SELECT $kpi AS name, p.region, p.week, w.kpi,
               coalesce(w.observed, false) AND p.has_media AS observed,
               coalesce(w.value_per_kpi, avg(w.value_per_kpi) OVER of_region,
                        avg(w.value_per_kpi) OVER of_all) AS value_per_kpi
        FROM (SELECT region, week, $sparse_media
                     OR (region, week) IN (SELECT (region, week) FROM known_media) AS has_media
              FROM grid) AS p
        LEFT JOIN (FROM weekly_further_kpis WHERE name = $kpi) AS w USING (region, week)
        WINDOW of_region AS (PARTITION BY p.region ORDER BY p.week
                             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
               of_all AS (ORDER BY p.region, p.week
                          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
    SELECT $week, name, region, week, CASE WHEN observed THEN kpi ELSE 0 END, observed,
           value_per_kpi
    FROM filled
"""
_MEDIA = """
    INSERT INTO staging.panel_media
    SELECT $week, region, week, channel, {spend}, {exposure},
           coalesce(sum(exposure * frequency) / nullif(sum(exposure) FILTER (frequency > 0), 0),
                    avg(frequency)), max(population)
    FROM known_media SEMI JOIN grid USING (region, week)
    GROUP BY region, week, channel
"""
_CAMPAIGNS = """
    INSERT INTO staging.panel_campaigns
    SELECT $week, region, week, channel, campaign, {spend}, {exposure}
    FROM known_media SEMI JOIN grid USING (region, week)
    WHERE campaign IS NOT NULL
    GROUP BY region, week, channel, campaign
"""
_CHANNELS = """
    INSERT INTO staging.panel_channels
    SELECT $week, row_number() OVER (ORDER BY list_position($order, channel), channel),
           channel,
           CASE WHEN sum(exposure) > 0 THEN 'exposure' WHEN sum(spend) > 0 THEN 'spend' END,
           count(spend) > 0, count(frequency) > 0 AND sum(exposure) > 0
    FROM staging.panel_media
    WHERE refresh_week = $week
    GROUP BY channel
"""
_CONTROLS = """
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
            WHERE is_words AND words <= $most_words AND value_text IS NOT NULL
        ) USING (control)
    ),
    delivered AS (
        SELECT region, week, control, avg(value {order}) AS value, is_word
        FROM (SELECT *, false AS is_word FROM numbers
              UNION ALL SELECT *, true FROM words)
        WHERE week IS NOT NULL
        GROUP BY region, week, control, is_word
    ),
    names AS (SELECT control, bool_or(is_word) AS is_word FROM delivered GROUP BY control),
    cells AS (
        SELECT grid.region, grid.week, names.control,
               coalesce(d.value,
                        CASE WHEN names.is_word OR list_contains($absent, names.control)
                             THEN 0 END,
                        avg(d.value) OVER of_region, avg(d.value) OVER of_all) AS value
        FROM grid CROSS JOIN names
        LEFT JOIN delivered AS d
            ON d.control = names.control AND d.week = grid.week AND {same_region}
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
"""


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
    for role in WEEKLY:
        create_known(connection, config, role, refresh_week, known_on)
    weeks = create_weekly_kpi(connection, config)
    if not weeks:
        raise SourceError(f"kpi: no week up to {refresh_week} has a KPI")
    create_panel_tables(connection)
    for table in TABLES:
        connection.execute(f"DELETE FROM staging.{table} WHERE refresh_week = ?", [refresh_week])
    connection.execute(_GRID, {"week": refresh_week, "first": weeks[0]})
    sparse_media = config.tables.media.layout == "long"
    connection.execute(_KPI, {"week": refresh_week, "sparse_media": sparse_media})
    create_weekly_further(connection, config)
    for name in config.tables.kpi.more:
        connection.execute(
            _FURTHER, {"week": refresh_week, "sparse_media": sparse_media, "kpi": name}
        )
    _insert_media(connection, config, refresh_week)
    replace_implausible(connection, config, {"week": refresh_week})
    _insert_controls(connection, config, refresh_week)
    insert_days(connection, config, refresh_week, weeks[0], known_on)
    insert_mediators(connection, refresh_week)


def _insert_media(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date
) -> None:
    daily, campaigns = _is_daily(connection, "media"), config.tables.media.campaign
    order = "ORDER BY campaign" if campaigns else ""
    sums = {column: _sum(column, daily, order) for column in ("spend", "exposure")}
    connection.execute(_MEDIA.format(**sums), {"week": refresh_week})
    if campaigns:
        connection.execute(_CAMPAIGNS.format(**sums), {"week": refresh_week})
    named = list(config.tables.media.columns)
    connection.execute(_CHANNELS, {"week": refresh_week, "order": named})


def _insert_controls(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, refresh_week: date
) -> None:
    table = config.tables.controls
    is_national = table is not None and not table.region
    kinds = table.treatments if table else {}
    absent = [name for name, own in kinds.items() if own.kind != "price"]
    connection.execute(
        _CONTROLS.format(
            order="ORDER BY day" if _is_daily(connection, "controls") else "",
            same_region="true" if is_national else "d.region = grid.region",
        ),
        {"week": refresh_week, "most_words": MOST_WORDS, "absent": absent},
    )


def _is_daily(connection: duckdb.DuckDBPyConnection, role: str) -> bool:
    """Whether a week may have several rows, whose order decides the last bit of their sum."""
    row = connection.execute(f"SELECT count(DISTINCT isodow(day)) FROM known_{role}").fetchone()
    return bool(row and row[0] > 1)


def _sum(column: str, daily: bool, order: str) -> str:
    """SQL of a weekly sum from Monday to Sunday; ``order`` is that of the rows of a day.

    An ordered aggregate holds every row, so that it is left for days with several.
    """
    if not daily:
        return f"sum({column} {order})"
    days = " + ".join(
        f"coalesce(sum({column} {order}) FILTER (isodow(day) = {day}), 0)" for day in range(1, 8)
    )
    return f"CASE WHEN count({column}) > 0 THEN {days} END"
