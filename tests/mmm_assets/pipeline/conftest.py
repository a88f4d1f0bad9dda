"""One refreshed project, shared by the tests that only look at it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from tiny_project import run_week, write_tables

from mmm_assets.config import ProjectConfig, load_config


@pytest.fixture(autouse=True)
def _own_dagster_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every project's runs beside its own warehouse."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("MMM_CONFIG", raising=False)


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    """Two refreshed weeks, oldest first. Shared: read it, do not run on it."""
    folder = tmp_path_factory.mktemp("refreshed")
    write_tables(folder)
    config = load_config(folder / "mmm.yaml")
    for week in (date(2024, 6, 24), date(2024, 7, 8)):
        outcome = run_week(config, week)
        assert outcome.status == "published", outcome.messages
    return config


@pytest.fixture
def project(refreshed: ProjectConfig, tmp_path: Path) -> ProjectConfig:
    """A copy of the refreshed project that a test may spoil."""
    folder = tmp_path / "project"
    shutil.copytree(refreshed.folder, folder)
    return load_config(folder / "mmm.yaml")
