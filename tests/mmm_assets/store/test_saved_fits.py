"""A saved model is read as it was saved, or one sentence says what to do."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.fits import panel_of
from mmm_assets.inputs.panel_table import panel_fingerprint
from mmm_assets.store.errors import UnusableModel
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.saved_fits import MODEL_FILES, published_models
from mmm_assets.store.saved_panel import panel_from_bytes, panel_to_bytes
from tests.mmm_assets.cli.terminal import run

NEWEST = date(2024, 7, 8)


def test_a_saved_panel_is_the_panel(refreshed: ProjectConfig) -> None:
    panel = panel_of(Project(refreshed), NEWEST)
    again = panel_from_bytes(panel_to_bytes(panel))
    assert panel_fingerprint(again) == panel_fingerprint(panel)
    assert again.weeks.equals(panel.weeks) and again.weeks.dtype == panel.weeks.dtype
    assert again.observed.dtype == np.bool_
    saved = published_models(Project(refreshed), NEWEST).panel()
    assert saved is not None and panel_fingerprint(saved) == panel_fingerprint(panel)


def test_every_file_has_its_hash_in_the_warehouse(refreshed: ProjectConfig) -> None:
    found = set(refreshes(Project(refreshed).warehouse)[NEWEST].model_hashes)
    assert found == set(MODEL_FILES) - {"further"}  # it has one KPI


@pytest.mark.parametrize("name", ["final", "panel"])
@pytest.mark.parametrize("fault", ["missing", "one byte", "cut short"])
def test_a_spoilt_model_is_one_sentence_with_the_next_step(
    project: ProjectConfig, name: str, fault: str
) -> None:
    file = Project(project).warehouse.model_folder(NEWEST) / MODEL_FILES[name]
    data = bytearray(file.read_bytes())
    if fault == "missing":
        file.unlink()
    elif fault == "one byte":
        data[-9] ^= 1
        file.write_bytes(data)
    else:
        file.write_bytes(data[: len(data) // 2])
    code, said = run("plan", "-c", project.path)
    assert code == EXIT["failed"]
    assert str(file) in said and "2024-07-08" in said
    assert "mmm refresh --week 2024-07-08" in said


def test_files_that_still_lie_in_the_draft_count(project: ProjectConfig) -> None:
    warehouse = Project(project).warehouse
    models, draft = warehouse.model_folder(NEWEST), warehouse.draft_folder(NEWEST)
    draft.parent.mkdir(exist_ok=True)
    models.rename(draft)
    assert run("plan", "-c", project.path)[0] == 0


def test_a_fit_of_another_format_is_no_traceback(project: ProjectConfig) -> None:
    found = Project(project)
    models = published_models(found, NEWEST)
    (found.warehouse.model_folder(NEWEST) / MODEL_FILES["final"]).write_bytes(b"of another time")
    unknown = type(models)(NEWEST, models.folders)  # as the last release: without hashes
    with pytest.raises(UnusableModel, match="not a saved model"):
        unknown.fit("final")
