"""Where the reports of a project lie, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from mmm_assets.report.build import build_report
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.index import build_index
from mmm_assets.report.refresh_tables import ReportContext
from mmm_assets.report.standing import standing_lines
from mmm_assets.store.durable import write_durably
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import DetailsGone, refreshes

DASHBOARD = "dashboard.html"
"""Name of a dashboard in the folder of its draft."""


def report_file(project: Project, refresh_week: date) -> Path:
    """Where the dashboard of a published refresh week lies."""
    return project.config.reports_folder / refresh_week.isoformat() / "index.html"


def draw_draft(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    standing: Sequence[str] = (),
) -> Path:
    """Draw the dashboard of a refresh that is not published yet; return its file.

    Parameters
    ----------
    standing
        As in `build_report`.
    """
    file = project.warehouse.draft_folder(refresh_week) / DASHBOARD
    _write(project, file, _dashboard(project, connection, refresh_week, standing))
    return file


def draw_published(project: Project, refresh_week: date) -> Path:
    """Draw the dashboard of a published refresh and the list of all; return its file.

    Raises
    ------
    DetailsGone
        If only summaries of the refresh are left.
    """
    file = report_file(project, refresh_week)
    if not refreshes(project.warehouse)[refresh_week].has_details:
        drawn = f"Its dashboard as it was drawn then is {file}. " if file.exists() else ""
        raise DetailsGone(
            f"of the refresh of {refresh_week} only summaries are left: the newest "
            f"{project.config.retention.details} refreshes keep their results by region and week "
            f"(retention.details). {drawn}To have them again, raise that number and make the "
            f"week anew:  mmm refresh --week {refresh_week}"
        )
    with project.warehouse.published() as connection:
        complete(connection)
        standing = standing_lines(connection, refresh_week)
        page = _dashboard(project, connection, refresh_week, standing)
    _write(project, file, page)
    draw_index(project)
    return file


def draw_index(project: Project) -> None:
    """Write the list of all published refreshes; the last to write has seen them all."""
    with project.warehouse.turn("index"):
        with project.warehouse.published() as connection:
            page = build_index(connection)
        _write(project, project.config.reports_folder / "index.html", page)


def _dashboard(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    standing: Sequence[str],
) -> str:
    return build_report(connection, refresh_week, context_of(project), standing)


def context_of(project: Project) -> ReportContext:
    """The names that a project gives itself."""
    return ReportContext(
        project=project.config.project,
        kpi_name=project.config.kpi_name,
        currency=project.config.currency,
        week_start=project.config.week_start,
    )


def _write(project: Project, file: Path, text: str) -> None:
    with project.warehouse.turn("reports"):
        write_durably(file, text)
