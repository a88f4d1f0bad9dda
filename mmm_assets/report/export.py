"""Files of a published refresh for a meeting, written from the tables alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mmm_assets.config.errors import UsageError
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.files import context_of
from mmm_assets.report.standing import standing_lines
from mmm_assets.report.workbook import build_workbook
from mmm_assets.store.durable import write_durably
from mmm_assets.store.project import Project


class Unwritable(UsageError):
    """A file that cannot be written where it was asked for."""


def export_workbook(project: Project, refresh_week: date, file: Path) -> None:
    """Write a published refresh as a workbook.

    Raises
    ------
    Unwritable
        If the file cannot be written.
    """
    with project.warehouse.published() as connection:
        complete(connection)
        standing = standing_lines(connection, refresh_week)
        content = build_workbook(connection, refresh_week, context_of(project), standing)
    _write(file, content)


def export_handout(
    project: Project, refresh_week: date, file: Path, font: Path | None = None
) -> set[str]:
    """Write the headline of a published refresh as two pages; return signs that no font has.

    Parameters
    ----------
    font
        TrueType file for texts whose signs the embedded font lacks.

    Raises
    ------
    Unwritable
        If the file cannot be written, the font cannot be embedded, or what writes PDF files is
        not installed.
    """
    try:
        from mmm_assets.report.handout.pages import build_handout
        from mmm_assets.report.handout.paper import UnusableFont
    except ModuleNotFoundError as error:
        raise Unwritable(
            f"a PDF file needs {error.name}, which is not installed: install the extra 'pdf'"
        ) from error
    with project.warehouse.published() as connection:
        complete(connection)
        standing = standing_lines(connection, refresh_week)
        about = context_of(project)
        try:
            content, lacking = build_handout(connection, refresh_week, about, standing, font)
        except UnusableFont as error:
            raise Unwritable(str(error)) from error
    _write(file, content)
    return lacking


def _write(file: Path, content: bytes) -> None:
    try:
        write_durably(file, content)
    except OSError as error:
        raise Unwritable(f"{file} cannot be written: {error.strerror}") from error
