"""What ``mmm status`` shows: the refreshes of a project, newest first."""

from __future__ import annotations

from mmm_assets.config import ProjectConfig
from mmm_assets.project import Project

_QUERY = """
    SELECT
        strftime(refresh_week, '%Y-%m-%d'),
        status,
        max(value) FILTER (WHERE model = 'last_value' AND metric = 'skill'),
        max(value) FILTER (WHERE model = 'mmm' AND metric = 'relative_rmse'),
        strftime(published_at, '%Y-%m-%d %H:%M'),
        coalesce(reason, '')
    FROM mart.refreshes
    LEFT JOIN (SELECT * FROM mart.holdout_metrics WHERE scope = 'pooled') USING (refresh_week)
    GROUP BY ALL
    ORDER BY 1 DESC
"""


def refresh_table(config: ProjectConfig) -> list[tuple[str, str, str, str, str, str]]:
    """Read one row of text per refresh: week, status, skill, error, when, reason."""
    try:
        with Project(config).warehouse.published() as connection:
            rows = connection.execute(_QUERY).fetchall()
    except FileNotFoundError:
        return []
    return [
        (week, status, _percent(skill, "+"), _percent(error, ""), published, reason)
        for week, status, skill, error, published, reason in rows
    ]


def _percent(value: float | None, sign: str) -> str:
    return "–" if value is None or value != value else f"{value:{sign}.1%}"
