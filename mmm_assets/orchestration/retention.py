"""The part of the past that is kept, counted and not dated: a clock that jumps deletes nothing."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb

from mmm_assets.inputs.panel_table import TABLES, create_panel_tables
from mmm_assets.orchestration.names import Names
from mmm_assets.planning.adopted_plans import weeks_that_promised
from mmm_assets.store.details import drop_details, weeks_beyond
from mmm_assets.store.errors import WarehouseBusy
from mmm_assets.store.parts import forget_part
from mmm_assets.store.project import Project
from mmm_assets.store.saved_fits import published_models

_WEEK = re.compile(r"\d{4}-\d{2}-\d{2}")
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def tidy(project: Project, instance: dg.DagsterInstance) -> None:
    """Remove the details, models, panels, dashboards, runs and logs beyond what is to be kept."""
    keep = project.config.retention
    for week in _detailed_weeks_beyond(project, keep.details):
        with suppress(WarehouseBusy), project.warehouse.week_turn(week, seconds=0):
            _forget_details(project, week)
    for week in _forgettable(_fitted_weeks(project)[keep.models :], project):
        # A week that somebody is working on, this run for one, is left alone.
        with suppress(WarehouseBusy), project.warehouse.week_turn(week, seconds=0):
            _forget(project, week)
    for old in _weeks(project.config.reports_folder)[keep.reports :]:
        shutil.rmtree(project.config.reports_folder / old.isoformat(), ignore_errors=True)
    home = Path(instance.root_directory)
    ended = (each.dagster_run for each in instance.get_run_records(dg.RunsFilter(statuses=_ENDED)))
    own = [run for run in ended if Names.of(project.config).own(run)]  # newest first
    for run_id in (run.run_id for run in own[keep.runs :]):
        instance.delete_run(run_id)
        (home / "logs" / f"{run_id}.jsonl").unlink(missing_ok=True)
        shutil.rmtree(home / "storage" / run_id, ignore_errors=True)
    project.warehouse.give_back()


def _detailed_weeks_beyond(project: Project, kept: int) -> list[date]:
    with project.warehouse.work() as connection:
        return weeks_beyond(connection, kept)


def _forget_details(project: Project, week: date) -> None:
    """Of the panel, too: what plans reckon with lies beside the saved fits."""
    saved = published_models(project, week).hashes
    with project.warehouse.work() as connection:
        drop_details(connection, [week])
        if "panel" in saved:
            _forget_panel(connection, week)


def _fitted_weeks(project: Project) -> list[date]:
    """Refresh weeks with a model or a panel, newest first."""
    folders = (project.warehouse.folder / "models", project.warehouse.folder / "drafts")
    found = {week for folder in folders for week in _weeks(folder)}
    with project.warehouse.work() as connection:
        create_panel_tables(connection)
        for table in TABLES:
            rows = connection.execute(f"SELECT DISTINCT refresh_week FROM staging.{table}")
            found |= {week for (week,) in rows.fetchall()}
    return sorted(found, reverse=True)


def _forgettable(weeks: list[date], project: Project) -> list[date]:
    """Leave out the weeks whose fits made promises that plans are still compared with."""
    with project.warehouse.work() as connection:
        promised = weeks_that_promised(connection)
    return [week for week in weeks if week not in promised]


def _forget(project: Project, week: date) -> None:
    shutil.rmtree(project.warehouse.model_folder(week), ignore_errors=True)
    shutil.rmtree(project.warehouse.draft_folder(week), ignore_errors=True)
    with project.warehouse.work() as connection:
        _forget_panel(connection, week)
        forget_part(connection, week)


def _forget_panel(connection: duckdb.DuckDBPyConnection, week: date) -> None:
    create_panel_tables(connection)
    for table in TABLES:
        connection.execute(f"DELETE FROM staging.{table} WHERE refresh_week = ?", [week])


def _weeks(folder: Path) -> list[date]:
    """Refresh weeks that have a folder, newest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    weeks = (date.fromisoformat(part.name) for part in found if _WEEK.fullmatch(part.name))
    return sorted(weeks, reverse=True)
