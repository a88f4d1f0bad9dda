"""The screen of ``mmm status``: how a project stands, and its refreshes, newest first."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.mart.numbers import percent
from mmm_assets.store.project import Project
from mmm_assets.store.published_file import who_writes
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.room import bytes_text
from mmm_assets.store.warehouse import LOADS

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


def status_json(config: ProjectConfig) -> dict[str, Any]:
    """Lay the same out for programs: bytes, refreshes and the lines of `overview`."""
    warehouse = Project(config).warehouse
    room = warehouse.room()
    return {
        "project": config.project,
        "disk": {**asdict(room), "fits": room.fits},
        "overview": dict(overview(config)),
        "refreshes": [
            {
                "refresh_week": str(week),
                "status": found.status,
                "reason": found.reason,
                "has_details": found.has_details,
            }
            for week, found in sorted(refreshes(warehouse).items(), reverse=True)
        ],
    }


_SKILL = """
    SELECT skill, region_weeks, refreshes FROM mart.current_forecast_skill
    WHERE horizon_weeks IS NULL
"""


def overview(config: ProjectConfig) -> list[tuple[str, str]]:
    """Say in a few lines how fresh, how good and how large a project is, and what runs."""
    file = Project(config).warehouse.published_file
    written = [("tables", said) for said in who_writes(file)]
    return [*_published(config), *written, *_runs(config), *_room(config)]


def _published(config: ProjectConfig) -> list[tuple[str, str]]:
    from mmm_assets.orchestration.automation import newest_week_over

    warehouse = Project(config).warehouse
    known = refreshes(warehouse)
    weeks = [week for week, found in known.items() if found.status == "published"]
    if not weeks:
        return []
    due = min(newest_week_over(datetime.now(UTC).date()), config.refresh.last_week or date.max)
    behind = (due - weeks[-1]).days // 7
    fresh = "up to date" if behind <= 0 else f"{behind} week(s) behind {due}"
    lines = [("newest", f"{weeks[-1]}, {fresh}")]
    if known[weeks[-1]].config_fingerprint != config.fingerprint:
        other = f"{config.path.name}, or a default of this release,"
        step = "refresh it to see what that changes"
        lines.append(("configuration", f"{other} is not what {weeks[-1]} was made with; {step}"))
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


_LOOKED_AT = 500
"""Newest runs of the Dagster instance, of all its projects, among which those of one are sought."""


def _runs(config: ProjectConfig) -> list[tuple[str, str]]:
    """The runs that are going on, and the last one if it failed."""
    import dagster as dg

    from mmm_assets.orchestration.names import Names
    from mmm_assets.orchestration.project_resource import PARTITION_TAG
    from mmm_assets.orchestration.run import dagster_home, dagster_instance

    home = dagster_home(config)
    if not (home / "dagster.yaml").exists():
        return []
    if not os.access(home, os.W_OK):  # Dagster opens its records for writing
        return [("runs", f"not known: {home} cannot be written to")]
    with dagster_instance(config) as instance:
        newest = instance.get_run_records(limit=_LOOKED_AT)
    records = [record for record in newest if Names.of(config).own(record.dagster_run)]
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


def _room(config: ProjectConfig) -> list[tuple[str, str]]:
    warehouse = Project(config).warehouse
    room = warehouse.room()
    files = ((warehouse.published_file, room.published), (warehouse.work_file, room.working))
    said = [f"{file.name} {size}" for file, size in files if size is not None]
    folders = {name: warehouse.folder / name for name in ("models", LOADS)}
    folders["reports"] = config.reports_folder
    said += [f"{name} {_megabytes(folder)}" for name, folder in folders.items()]
    lines = [("on disk", ", ".join(said)), ("free", bytes_text(room.free))]
    if not room.fits:
        needed = f"the next publication needs {bytes_text(room.needed)} and will be refused"
        lines.append(("disk is full", f"{needed}. Make room, or lower retention.details"))
    return lines


def _megabytes(folder: Path) -> str:
    return bytes_text(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
