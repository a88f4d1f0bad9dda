"""The fits of a refresh week as files: saved as a draft, read from the draft or as published."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mmm_assets.store.durable import write_durably
from mmm_assets.store.project import Project

if TYPE_CHECKING:
    from mmm_model import FittedModel, Training

FITS = ("holdout", "final")


def save_training(
    project: Project, refresh_week: date, training: Training, about: dict[str, Any]
) -> None:
    """Save both fits in the draft folder of the refresh; publication moves them."""
    folder = project.warehouse.draft_folder(refresh_week)
    # The final fit is the last to come and the first to go: with it, the others are there.
    (folder / "final.safetensors").unlink(missing_ok=True)
    write_durably(folder / "about.json", json.dumps(about))
    for name in FITS:
        write_durably(folder / f"{name}.safetensors", getattr(training, name).to_bytes())


def fits_folder(project: Project, refresh_week: date) -> Path:
    """Folder of the newest fits of a refresh: its draft, else what was published.

    Raises
    ------
    FileNotFoundError
        If ``fitted_model`` was not materialised for this week.
    """
    warehouse = project.warehouse
    for folder in (warehouse.draft_folder(refresh_week), warehouse.model_folder(refresh_week)):
        if (folder / f"{FITS[-1]}.safetensors").exists():
            return folder
    raise FileNotFoundError(
        f"no model is saved for {refresh_week}: materialise fitted_model for that week"
    )


def fits_state(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Path, inode, time and size of the fits in a folder: other ones when a fit is written anew."""
    found = []
    for name in FITS:
        file = folder / f"{name}.safetensors"
        status = file.stat()
        found.append((str(file), status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)


def read_fit(folder: Path, name: str) -> FittedModel:
    """Read a saved fit, ``holdout`` or ``final``."""
    from mmm_model import FittedModel

    return FittedModel.from_bytes((folder / f"{name}.safetensors").read_bytes())


def about_training(project: Project, refresh_week: date) -> dict[str, Any]:
    """Read what is known of a training: ``seconds``, and the week that it ``started_from``."""
    text = (fits_folder(project, refresh_week) / "about.json").read_text()
    return {"started_from": None, **json.loads(text)}


def published_training(project: Project, refresh_week: date) -> Training | None:
    """Read both fits of a published refresh week; None where none are saved."""
    from mmm_model import Training

    folder = project.warehouse.model_folder(refresh_week)
    try:
        holdout, final = (read_fit(folder, name) for name in FITS)
    except FileNotFoundError:
        return None
    return Training(holdout, final, pd.DataFrame())
