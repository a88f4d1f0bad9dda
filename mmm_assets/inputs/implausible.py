"""Cells of media that look like typing errors, and what the model is told in their place.

A cell is implausible if it is more than ``checks.implausible`` times the highest other week of
its region and channel, while most regions have no such week and, where the channel has both,
spend and exposure do not agree: a real burst is paid for and seen, and most often everywhere.

The cell is replaced. Where the other of spend and exposure is known it says how much: the cell
becomes that times the usual ratio of the two. Else it becomes the median of the active weeks
around it, and the KPI of the week is masked. Masking alone would leave the wrong amount in the
memory of the weeks after it and in the channel's scale; replacing alone would teach that the true
amount, which nobody knows, brought what the replacement would.
"""

from __future__ import annotations

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.weekly_cells import create_cells

FEWEST_OTHERS = 8
"""Active weeks that a series must have besides, for a highest one to mean something."""
_AROUND = 4
"""Weeks before and after a cell that say what would be usual there."""

_IMPLAUSIBLE = f"""
    CREATE OR REPLACE TEMP TABLE implausible_media AS
    WITH cells AS (
        SELECT region, name, week, source, source_row, unnest([
            {{column_: 'spend', value: spend, other: exposure}},
            {{column_: 'exposure', value: exposure, other: spend}}
        ], max_depth := 2)
        FROM cells_media
    ),
    active AS (SELECT * FROM cells WHERE value > 0 AND isfinite(value)),
    ranked AS (
        SELECT *, max(value) OVER series AS highest,
               coalesce(nth_value(value, 2) OVER (
                   PARTITION BY region, name, column_ ORDER BY value DESC
                   ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 0) AS second,
               count(*) OVER series AS weeks,
               median(value / nullif(other, 0)) OVER series AS usual_ratio
        FROM active WINDOW series AS (PARTITION BY region, name, column_)
    ),
    suspects AS (
        SELECT *, value / nullif(other, 0) / usual_ratio AS off_ratio FROM ranked
        WHERE value = highest AND value > $times * second AND weeks > {FEWEST_OTHERS}
    ),
    -- A ratio far off says that one of the two is wrong; one that is usual, that it was a burst.
    judged AS (
        SELECT *, count(*) OVER (PARTITION BY name, column_, week) AS regions_alike
        FROM suspects WHERE off_ratio IS NULL OR off_ratio > $times / 2
    ),
    regions AS (SELECT name, count(DISTINCT region) AS all_regions FROM active GROUP BY name)
    SELECT j.region, j.name AS channel, j.week, j.column_, j.source, j.source_row, j.value,
           j.second AS highest_other, j.value / j.second AS times,
           coalesce(j.other * j.usual_ratio, (
               SELECT median(a.value) FROM active AS a
               WHERE a.region = j.region AND a.name = j.name AND a.column_ = j.column_
                 AND a.week <> j.week
                 AND a.week BETWEEN j.week - INTERVAL {7 * _AROUND} DAY
                                AND j.week + INTERVAL {7 * _AROUND} DAY
           ), j.second) AS replacement,
           j.off_ratio IS NULL AS masked
    FROM judged AS j JOIN regions USING (name)
    WHERE all_regions = 1 OR 2 * regions_alike <= all_regions
"""


def create_implausible(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> None:
    """Find the cells in ``cells_media``; list them in the temporary table ``implausible_media``."""
    connection.execute(_IMPLAUSIBLE, {"times": config.checks.implausible})


def replace_implausible(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, week: dict[str, object]
) -> None:
    """Replace such cells in the panel of a refresh week, and mask the KPI where nothing is known.

    Parameters
    ----------
    week
        Parameter ``week`` of the refresh.
    """
    if config.checks.implausible_cells == "keep":
        return
    create_cells(connection, "media")
    create_implausible(connection, config)
    for column in ("spend", "exposure"):
        connection.execute(
            f"""
            UPDATE staging.panel_media AS m SET {column} = i.replacement
            FROM implausible_media AS i
            WHERE m.refresh_week = $week AND i.column_ = '{column}' AND m.region = i.region
              AND m.channel = i.channel AND m.week = i.week
            """,
            week,
        )
    connection.execute(
        """
        UPDATE staging.panel_kpi AS k SET observed = false, kpi = 0
        FROM implausible_media AS i
        WHERE k.refresh_week = $week AND i.masked AND k.region = i.region AND k.week = i.week
        """,
        week,
    )
