"""The screen of ``mmm status``: how a project stands, and its refreshes, newest first."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.mart.numbers import number, percent
from mmm_assets.store.project import Project
from mmm_assets.store.published_file import who_writes
from mmm_assets.store.published_weeks import published_weeks

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
        (week, status, percent(skill, signed=True), percent(error), published, reason)
        for week, status, skill, error, published, reason in rows
    ]


_SKILL = """
    SELECT skill, region_weeks, refreshes FROM mart.current_forecast_skill
    WHERE horizon_weeks IS NULL
"""


def overview(config: ProjectConfig) -> list[tuple[str, str]]:
    """Say in a few lines how fresh, how good and how large a project is, and what runs."""
    file = Project(config).warehouse.published_file
    written = [("tables", said) for said in who_writes(file)]
    return [*_published(config), *written, *_runs(config), ("on disk", _sizes(config))]


def _published(config: ProjectConfig) -> list[tuple[str, str]]:
    from mmm_assets.orchestration.automation import newest_week_over

    warehouse = Project(config).warehouse
    weeks = published_weeks(warehouse)
    if not weeks:
        return []
    due = min(newest_week_over(datetime.now(UTC).date()), config.refresh.last_week or date.max)
    behind = (due - weeks[-1]).days // 7
    fresh = "up to date" if behind <= 0 else f"{behind} week(s) behind {due}"
    lines = [("newest", f"{weeks[-1]}, {fresh}")]
    skill = None
    # The table is missing where no refresh was published since it was added to the contract.
    with suppress(duckdb.CatalogException), warehouse.published() as connection:
        skill = connection.execute(_SKILL).fetchone()
    if skill:
        lines.append(
            (
                "earlier forecasts",
                f"skill {percent(skill[0], signed=True)} vs last value over {skill[1]:,} "
                f"region-weeks that came after {skill[2]} refreshes",
            )
        )
    return lines


def _runs(config: ProjectConfig) -> list[tuple[str, str]]:
    """The runs that are going on, and the last one if it failed."""
    import dagster as dg

    from mmm_assets.orchestration.project_resource import PARTITION_TAG
    from mmm_assets.orchestration.run import dagster_home, dagster_instance

    home = dagster_home(config)
    if not (home / "dagster.yaml").exists():
        return []
    if not os.access(home, os.W_OK):  # Dagster opens its records for writing
        return [("runs", f"not known: {home} cannot be written to")]
    with dagster_instance(config) as instance:
        records = instance.get_run_records(limit=50)
    lines = []
    for record in records:
        run = record.dagster_run
        week = run.tags.get(PARTITION_TAG, run.job_name)
        if not run.is_finished:
            lines.append(("running", f"{week}, since {record.create_timestamp:%Y-%m-%d %H:%M} UTC"))
    ended = next((record for record in records if record.dagster_run.is_finished), None)
    if ended is not None and ended.dagster_run.status == dg.DagsterRunStatus.FAILURE:
        run = ended.dagster_run
        log = dagster_home(config) / "logs" / f"{run.run_id}.jsonl"
        week = run.tags.get(PARTITION_TAG, run.job_name)
        lines.append(
            ("last run", f"{week} failed at {ended.create_timestamp:%Y-%m-%d %H:%M} UTC: {log}")
        )
    return lines


def _sizes(config: ProjectConfig) -> str:
    warehouse, reports = config.warehouse_folder, config.reports_folder
    return f"warehouse {_megabytes(warehouse)}, reports {_megabytes(reports)}"


def _megabytes(folder: Path) -> str:
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"{number(total / 1e6)} MB"
