"""The step that makes a refresh the published one: tables, models, dashboard, all or none.

The tables become visible in one rename (see ``warehouse``); models and dashboard wait in the
refresh's draft folder and follow in renames of their own. A note in that folder, written before
the first rename and removed after the last, tells whoever comes next to finish what a killed
process had begun.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

from mmm_assets.report.files import DASHBOARD, draw_index, report_file
from mmm_assets.store.durable import copy_durably, sync_folder, write_durably
from mmm_assets.store.errors import WarehouseBusy
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes, refreshes_of
from mmm_assets.store.saved_fits import MODEL_FILES

_NOTE = "publishing"


def publish(project: Project, refresh_week: date, warn: Callable[[str], None]) -> None:
    """Publish a refresh week as the working file holds it; the caller holds its turn.

    Parameters
    ----------
    warn
        Told that somebody had written to the published file.
    """
    with project.warehouse.work() as connection:
        found = refreshes_of(connection)[refresh_week]
    write_durably(project.warehouse.draft_folder(refresh_week) / _NOTE, found.publication)
    project.warehouse.publish(refresh_week, warn)
    _follow(project, refresh_week)


def finish_interrupted(project: Project, held: date | None = None) -> None:
    """Finish publications that a killed process had begun.

    Parameters
    ----------
    held
        A refresh week whose turn the caller holds. Others that somebody holds are left to them.
    """
    for note in sorted((project.warehouse.folder / "drafts").glob(f"*/{_NOTE}")):
        refresh_week = date.fromisoformat(note.parent.name)
        if refresh_week == held:
            _finish(project, refresh_week, note)
        else:
            with suppress(WarehouseBusy), project.warehouse.week_turn(refresh_week, seconds=0):
                _finish(project, refresh_week, note)


def _finish(project: Project, refresh_week: date, note: Path) -> None:
    with suppress(FileNotFoundError):  # somebody else finished it meanwhile
        there = refreshes(project.warehouse).get(refresh_week)
        # A note of the release before holds the run alone.
        if there is not None and note.read_text() in (there.publication, there.run_id):
            _follow(project, refresh_week)
        else:
            note.unlink()


def _follow(project: Project, refresh_week: date) -> None:
    """Put models and dashboard where the tables are already; may be repeated."""
    draft = project.warehouse.draft_folder(refresh_week)
    models = project.warehouse.model_folder(refresh_week)
    moves = {name: models / name for name in MODEL_FILES.values()}
    moves[DASHBOARD] = report_file(project, refresh_week)
    for name, target in moves.items():
        if (draft / name).exists():
            with project.warehouse.turn("reports"):
                copy_durably(draft / name, target)
    draw_index(project)
    for name in reversed(moves):
        (draft / name).unlink(missing_ok=True)
    sync_folder(draft)
    (draft / _NOTE).unlink(missing_ok=True)  # the last: until then all of it may be repeated
    with suppress(OSError):  # not empty
        draft.rmdir()
