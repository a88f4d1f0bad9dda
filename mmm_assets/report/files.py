"""Where the reports of a project lie, and how they are written."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb

from mmm_assets.project import Project
from mmm_assets.report.build import build_report
from mmm_assets.report.index import build_index
from mmm_assets.report.refresh import ReportContext


def report_file(project: Project, refresh_week: date) -> Path:
    """Where the dashboard of a refresh week lies."""
    return project.config.reports_folder / refresh_week.isoformat() / "index.html"


def draw(project: Project, connection: duckdb.DuckDBPyConnection, refresh_week: date) -> Path:
    """Write the dashboard of a refresh week from the mart tables; return its file."""
    about = ReportContext(
        project=project.config.project,
        kpi_name=project.config.kpi_name,
        currency=project.config.currency,
    )
    file = report_file(project, refresh_week)
    _write_whole(file, build_report(connection, refresh_week, context=about))
    return file


def draw_index(project: Project) -> None:
    """Write the list of all published refreshes."""
    with project.warehouse.published() as connection:
        _write_whole(project.config.reports_folder / "index.html", build_index(connection))


def draw_published(project: Project, refresh_week: date) -> Path:
    """Write the dashboard of a published refresh and the list of all; return its file."""
    with project.warehouse.published() as connection:
        file = draw(project, connection, refresh_week)
    draw_index(project)
    return file


def _write_whole(file: Path, text: str) -> None:
    """Write a text file so that a reader sees the old content or the new, nothing between."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
