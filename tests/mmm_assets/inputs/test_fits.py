"""A run reads its panel and its fits once, and again only when somebody changed them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.fits import fits_of, panel_of
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.names import REFRESH
from mmm_assets.orchestration.run import QUIET
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import WEEKS, write_tiniest

EARLIER, NEWEST = date(2024, 6, 24), date(2024, 7, 8)


def test_a_whole_refresh_reads_panel_and_fits_once(tmp_path: Path) -> None:
    write_tiniest(tmp_path)
    week = WEEKS[43].date()
    project = Project(load_config(tmp_path / "mmm.yaml"))
    resource = dg.ResourceDefinition.hardcoded_resource(project)
    job = build_definitions(project.config, {"project": resource}).resolve_job_def(REFRESH)
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(
            instance=instance, partition_key=week.isoformat(), run_config=QUIET
        )
    assert run.success
    assert project.kept.made == {("panel", week): 1, ("fits", week): 1}


def test_all_who_ask_get_the_same(refreshed: ProjectConfig) -> None:
    project = Project(refreshed)
    fits = fits_of(project, NEWEST)
    assert fits_of(project, NEWEST) is fits
    assert fits.panel is panel_of(project, NEWEST)
    assert fits.response is fits_of(project, NEWEST).response
    assert panel_of(project, EARLIER) is not fits.panel
    assert panel_of(Project(refreshed), NEWEST) is not fits.panel


def test_a_panel_that_another_process_rebuilt_is_read_again(project: ProjectConfig) -> None:
    asked = Project(project)
    before = fits_of(asked, NEWEST)
    old = before.panel
    with Project(project).warehouse.work() as connection:
        connection.execute(
            "UPDATE staging.panel_kpi SET kpi = kpi + 1 "
            "WHERE region = 'north' AND refresh_week = ?",
            [NEWEST],
        )
    after = fits_of(asked, NEWEST)
    np.testing.assert_allclose((after.panel.kpi - old.kpi).sum(axis=1), [0, len(old.weeks), 0, 0])
    assert panel_of(asked, NEWEST) is after.panel


def test_a_fit_that_another_process_made_is_read_again(project: ProjectConfig) -> None:
    asked = Project(project)
    old = fits_of(asked, NEWEST).final
    models = asked.warehouse.folder / "models"
    shutil.copytree(models / str(EARLIER), models / str(NEWEST), dirs_exist_ok=True)
    new = fits_of(asked, NEWEST).final
    assert new.to_bytes() != old.to_bytes()
    assert new.to_bytes() == (models / str(EARLIER) / "final.safetensors").read_bytes()
