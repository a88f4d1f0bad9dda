"""The models of a refresh week as files: saved as a draft, read from the draft or as published.

Beside the two fits lies the panel that they were fitted to, and a note of where they came from.
Each file is read with the hash that it must have: the note says it of a draft, ``mart.refreshes``
of what is published.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from mmm_assets.store.durable import write_durably
from mmm_assets.store.errors import UnusableModel
from mmm_assets.store.parts import Part
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import Refreshed, refreshes
from mmm_assets.store.saved_further import further_from_bytes, further_to_bytes
from mmm_assets.store.saved_panel import panel_from_bytes, panel_to_bytes

if TYPE_CHECKING:
    from mmm_model import FittedModel, Panel, Training
    from mmm_model.fit.further_kpis import FurtherKpi

Value = TypeVar("Value")

FITS = ("holdout", "final")
MODEL_FILES = {
    "about": "about.json",
    "panel": "panel.safetensors",
    "further": "further.safetensors",
    "holdout": "holdout.safetensors",
    "final": "final.safetensors",
}
"""Name → file. The last is the last to be written and the first to go: with it, all are there."""
_MAY_LACK = ("panel", "further")
"""Of a refresh of the last release; of a project with one KPI."""


@dataclass(frozen=True)
class ModelFiles:
    """The files of the models of one refresh week.

    Parameters
    ----------
    folders
        Where a file may lie; the first that holds it as it must be counts. While a publication
        is on its way, what it publishes may still lie in the draft.
    hashes
        Name of a file → its SHA-256; one without is read as it is, as the last release saved none.
    """

    refresh_week: date
    folders: tuple[Path, ...]
    hashes: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """Read a file whole.

        Raises
        ------
        UnusableModel
            If it is missing, or not what was saved.
        """
        files = [folder / MODEL_FILES[name] for folder in self.folders]
        there = [file for file in files if file.exists()]
        for file in there:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise self.unusable(name, f"cannot be read: {error.strerror}") from error
            if self.hashes.get(name) in (None, hashlib.sha256(data).hexdigest()):
                return data
        raise (
            self.unusable(name, "is not as it was saved: a spoilt disk, or changed by hand")
            if (there)
            else self.unusable(name, "is missing")
        )

    def load(self, name: str, read: Callable[[bytes], Value]) -> Value:
        """Read a file and what it holds.

        Raises
        ------
        UnusableModel
            If it is missing, spoilt, or of a format that this version cannot read.
        """
        data = self.read(name)
        try:
            return read(data)
        except (ValueError, KeyError, TypeError) as error:
            raise self.unusable(name, f"cannot be read: {error}") from error

    def unusable(self, name: str, why: str) -> UnusableModel:
        """The error about one of the files."""
        return UnusableModel(self.folders[0] / MODEL_FILES[name], self.refresh_week, why)

    def fit(self, name: str) -> FittedModel:
        """Read a saved fit, ``holdout`` or ``final``."""
        from mmm_model import FittedModel

        return self.load(name, FittedModel.from_bytes)

    def training(self) -> Training:
        """Read both fits; the history of their losses is in the warehouse."""
        from mmm_model import Training

        holdout, final = (self.fit(name) for name in FITS)
        return Training(holdout, final, pd.DataFrame())

    def panel(self) -> Panel | None:
        """Read the panel that the fits were made from; None where the last release saved none."""
        if "panel" not in self.hashes:
            return None
        return self.load("panel", panel_from_bytes)

    def further(self, panel: Panel) -> tuple[FurtherKpi, ...]:
        """Read the KPIs beside the main one, whose panel is given; none where there are none."""
        if "further" not in self.hashes:
            return ()
        return self.load("further", lambda data: further_from_bytes(data, panel))

    def about(self) -> dict[str, Any]:
        """What is known of the fits: ``seconds``, and the week that they ``started_from``."""
        found: dict[str, Any] = self.load("about", json.loads)
        return {"started_from": None, "files": {}, "part": None, **found}

    def part(self) -> Part | None:
        """The fits as a part of their refresh; None where the last release saved them."""
        note = self.about()["part"]
        return Part.of_note(note) if note else None


def save_training(
    project: Project,
    refresh_week: date,
    training: Training,
    panel: Panel,
    about: Mapping[str, Any],
    made_from: Mapping[str, str],
    further: Sequence[FurtherKpi] = (),
) -> None:
    """Save both fits and their panel in the draft folder of the refresh; publication moves them.

    Parameters
    ----------
    about
        ``seconds`` and the week that the fits ``started_from``.
    made_from
        As in `mmm_assets.store.parts.Part`.
    further
        KPIs beside the main one.
    """
    folder = project.warehouse.draft_folder(refresh_week)
    data = {
        "panel": panel_to_bytes(panel),
        **({"further": further_to_bytes(further)} if further else {}),
        **{name: getattr(training, name).to_bytes() for name in FITS},
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in data.items()}
    for name in (FITS[-1], "further"):
        (folder / MODEL_FILES[name]).unlink(missing_ok=True)
    fingerprint = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:16]
    part = Part.by(project.config, fingerprint, made_from)
    note = {**about, "files": hashes, "part": part.as_note()}
    write_durably(folder / MODEL_FILES["about"], json.dumps(note))
    for name, content in data.items():
        write_durably(folder / MODEL_FILES[name], content)


def newest_models(project: Project, refresh_week: date) -> ModelFiles:
    """The newest models of a refresh: its draft, else what was published.

    Raises
    ------
    FileNotFoundError
        If ``fitted_model`` was not materialised for this week.
    UnusableModel
        If the note beside the fits cannot be read.
    """
    warehouse = project.warehouse
    for folder in (warehouse.draft_folder(refresh_week), warehouse.model_folder(refresh_week)):
        if (folder / MODEL_FILES[FITS[-1]]).exists():
            hashes = ModelFiles(refresh_week, (folder,)).about()["files"]
            return ModelFiles(refresh_week, (folder,), hashes)
    raise FileNotFoundError(
        f"no model is saved for {refresh_week}: materialise fitted_model for that week"
    )


def published_models(
    project: Project, refresh_week: date, published: Refreshed | None = None
) -> ModelFiles:
    """The models of a published refresh week.

    Parameters
    ----------
    published
        What the published file says of the week; read from it when None.
    """
    found = published or refreshes(project.warehouse).get(refresh_week)
    warehouse = project.warehouse
    folders = (warehouse.model_folder(refresh_week), warehouse.draft_folder(refresh_week))
    return ModelFiles(refresh_week, folders, found.model_hashes if found else {})


def file_hashes(models: ModelFiles) -> dict[str, str]:
    """SHA-256 of each file that is there, by name.

    Raises
    ------
    UnusableModel
        If one is not as it was saved.
    """
    names = [name for name in MODEL_FILES if name not in _MAY_LACK or name in models.hashes]
    return {name: hashlib.sha256(models.read(name)).hexdigest() for name in names}


def files_state(models: ModelFiles) -> tuple[tuple[str, int, int, int], ...]:
    """Path, inode, time and size of the fits: other ones when a fit is written anew.

    Raises
    ------
    UnusableModel
        If one is missing.
    """
    found = []
    for name in FITS:
        file = models.folders[0] / MODEL_FILES[name]
        try:
            status = file.stat()
        except FileNotFoundError:
            raise models.unusable(name, "is missing") from None
        found.append((str(file), status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)
