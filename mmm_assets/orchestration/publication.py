"""How a refresh becomes the published one: tables, models and dashboard, all or none.

The tables become visible in one rename (see ``warehouse``); models and dashboard wait in the
refresh's draft folder and follow in renames of their own. A note in that folder, written before
the first rename and removed after the last, tells whoever comes next to finish what a killed
process had begun.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path

from mmm_assets.report.files import DASHBOARD, draw_index, report_file
from mmm_assets.store.project import Project
from mmm_assets.store.warehouse import WarehouseBusy, replace_durably

_NOTE = "publishing"
MODEL_FILES = ("about.json", "holdout.safetensors", "final.safetensors")


def publish(project: Project, refresh_week: date, run_id: str) -> None:
    """Publish a refresh week; the caller holds its turn.

    Parameters
    ----------
    run_id
        What ``mart.refreshes`` says of the week in the working file.
    """
    folder = project.warehouse.draft_folder(refresh_week)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _NOTE).write_text(run_id)
    project.warehouse.publish(refresh_week)
    _follow(project, refresh_week)


def is_published(project: Project, refresh_week: date) -> bool:
    """Say whether analysts see this week as published."""
    try:
        with project.warehouse.published() as connection:
            found = connection.execute(
                "SELECT 1 FROM mart.refreshes WHERE refresh_week = ? AND status = 'published'",
                [refresh_week],
            ).fetchone()
    except FileNotFoundError:
        return False
    return found is not None


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
        if note.read_text() == _published_run(project, refresh_week):
            _follow(project, refresh_week)
        else:
            note.unlink()


def _follow(project: Project, refresh_week: date) -> None:
    """Put models and dashboard where the tables are already; may be repeated."""
    draft = project.warehouse.draft_folder(refresh_week)
    models = project.warehouse.model_folder(refresh_week)
    moves = {name: models / name for name in MODEL_FILES}
    moves[DASHBOARD] = report_file(project, refresh_week)
    for name, target in moves.items():
        if (draft / name).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with project.warehouse.turn("reports"):
                _copy_whole(draft / name, target)
    draw_index(project)
    for name in (*moves, _NOTE):  # the note last: until then all of it may be repeated
        (draft / name).unlink(missing_ok=True)
    with suppress(OSError):  # not empty
        draft.rmdir()


def _copy_whole(source: Path, target: Path) -> None:
    """Replace a file, also on another disk, by one that is whole."""
    beside = target.with_name(f".{target.name}.draft")
    shutil.copyfile(source, beside)
    replace_durably(beside, target)


def _published_run(project: Project, refresh_week: date) -> str | None:
    with suppress(FileNotFoundError), project.warehouse.published() as connection:
        row = connection.execute(
            "SELECT run_id FROM mart.refreshes WHERE refresh_week = ?", [refresh_week]
        ).fetchone()
        return None if row is None else str(row[0])
    return None
