"""Training begins at the fit of the week before where that is of use, and cold where it is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.names import REFRESH
from mmm_assets.store.project import Project
from mmm_model.fit.saved_arrays import FORMAT_VERSION
from tests.mmm_assets.tiny_project import run_week, write_tiniest

WEEK = date(2023, 10, 30)
BEFORE = WEEK - timedelta(weeks=1)


@pytest.fixture(scope="session")
def two_weeks(built_once: Callable[..., Path]) -> Path:
    """The tiniest project after refreshes of two weeks that follow each other."""

    def build(folder: Path) -> None:
        write_tiniest(folder)
        for week in (BEFORE, WEEK):
            outcome = run_week(load_config(folder / "mmm.yaml"), week)
            assert outcome.status == "published", outcome.messages

    return built_once("two_weeks", build)


@pytest.fixture
def warm(two_weeks: Path, tmp_path: Path) -> ProjectConfig:
    """A copy in which training starts from the week before."""
    shutil.copytree(two_weeks, tmp_path / "project")
    file = tmp_path / "project" / "mmm.yaml"
    file.write_text(file.read_text().replace("refresh: {", "refresh: {warm_start: true, "))
    return load_config(file)


def fit(config: ProjectConfig) -> tuple[str | None, list[str]]:
    """Materialise ``fitted_model``; return the week that it started from, and warnings."""
    job = build_definitions(config).resolve_job_def(REFRESH)
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(
            asset_selection=[dg.AssetKey("fitted_model")],
            partition_key=WEEK.isoformat(),
            instance=instance,
        )
        logs = [entry for entry in instance.all_logs(run.run_id) if entry.level == 30]
    note = Project(config).warehouse.draft_folder(WEEK) / "about.json"
    started: str | None = json.loads(note.read_text())["started_from"]
    return started, [entry.user_message for entry in logs]


def test_training_starts_from_the_week_before(warm: ProjectConfig) -> None:
    assert fit(warm) == (BEFORE.isoformat(), [])


def lose(file: Path) -> None:
    file.unlink()


def flip_a_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("fault", [lose, flip_a_byte])
@pytest.mark.parametrize("name", ["final.safetensors", "holdout.safetensors"])
def test_a_lost_or_spoilt_fit_starts_it_cold_with_a_warning(
    warm: ProjectConfig, fault: Callable[[Path], None], name: str
) -> None:
    fault(Project(warm).warehouse.model_folder(BEFORE) / name)
    started, said = fit(warm)
    assert started is None
    [warning] = said
    assert "training starts cold" in warning and name in warning
    assert f"mmm refresh --week {BEFORE}" in warning


def test_a_fit_of_a_format_that_nobody_reads_any_more_starts_it_cold(warm: ProjectConfig) -> None:
    """As of a release before the last: no hash is known of it, and its format is too old."""
    warehouse = Project(warm).warehouse
    file = warehouse.model_folder(BEFORE) / "final.safetensors"
    data = file.read_bytes()
    known = f'format_version\\": {FORMAT_VERSION}'.encode()
    assert known in data
    file.write_bytes(data.replace(known, b'format_version\\": 1'))
    with warehouse.work() as connection:
        connection.execute("UPDATE mart.refreshes SET final_hash = NULL")
    warehouse.publish(BEFORE)
    started, said = fit(warm)
    assert started is None
    assert "training starts cold" in said[0] and "format" in said[0]


def test_a_week_that_follows_none_starts_cold_without_a_word(warm: ProjectConfig) -> None:
    warehouse = Project(warm).warehouse
    with warehouse.work() as connection:
        connection.execute(
            "UPDATE mart.refreshes SET status = 'held' WHERE refresh_week = ?", [BEFORE]
        )
    warehouse.publish(BEFORE)
    assert fit(warm) == (None, [])


def test_a_refresh_with_a_lost_fit_is_published(warm: ProjectConfig) -> None:
    lose(Project(warm).warehouse.model_folder(BEFORE) / "final.safetensors")
    outcome = run_week(warm, WEEK)
    assert outcome.status == "published", outcome.messages
