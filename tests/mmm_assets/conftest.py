"""Projects on disk: a small one to be spoilt, and one that is refreshed once for all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw
from tests.mmm_assets.tiny_project import run_week, write_tables, write_two_kpis

FIRST_WEEK = date(2023, 1, 2)
WEEKS = 40


@dataclass
class SmallProject:
    """Tables as data frames and the content of mmm.yaml; `write` puts both on disk."""

    folder: Path
    media: pd.DataFrame
    kpi: pd.DataFrame
    controls: pd.DataFrame
    content: dict[str, Any] = field(default_factory=dict)

    def write(self) -> ProjectConfig:
        for name in ("media", "kpi", "controls"):
            getattr(self, name).to_csv(self.folder / f"{name}.csv", index=False)
        file = self.folder / "mmm.yaml"
        file.write_text(yaml.safe_dump(self.content), encoding="utf-8")
        return load_config(file)

    def load(
        self, connection: duckdb.DuckDBPyConnection, when: datetime | None = None
    ) -> ProjectConfig:
        config = self.write()
        for role in ROLES:
            load_raw(connection, config, role, when or datetime.now(UTC))
        return config


def week(number: int) -> str:
    return str((pd.Timestamp(FIRST_WEEK) + pd.Timedelta(weeks=number)).date())


@pytest.fixture
def small_project(tmp_path: Path) -> SmallProject:
    random = np.random.default_rng(1)
    cells = [(week(w), region) for region in ("north", "south", "west") for w in range(WEEKS)]
    kpi = pd.DataFrame(cells, columns=["week", "region"])
    kpi["sales"] = random.uniform(900, 1100, len(kpi)).round(2)
    kpi["value"] = 2.5
    controls = kpi[["week", "region"]].assign(price=random.uniform(9, 11, len(kpi)).round(3))
    media = pd.concat(
        [
            kpi[["week", "region"]].assign(
                channel=channel,
                spend=random.uniform(10, 50, len(kpi)).round(2),
                impressions=random.integers(1_000, 5_000, len(kpi)),
            )
            for channel in ("tv", "search")
        ],
        ignore_index=True,
    )
    content = {
        "project": "small",
        "tables": {
            "media": {
                "source": "media.csv",
                "layout": "long",
                "week": "week",
                "region": "region",
                "channel": "channel",
                "spend": "spend",
                "exposure": "impressions",
            },
            "kpi": {
                "source": "kpi.csv",
                "week": "week",
                "region": "region",
                "kpi": "sales",
                "value_per_kpi": "value",
            },
            "controls": {
                "source": "controls.csv",
                "week": "week",
                "region": "region",
                "columns": ["price"],
            },
        },
    }
    return SmallProject(tmp_path, media, kpi, controls, content)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """One thread: of a few rows each further one only costs its start."""
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Keep every project's runs beside its own warehouse, also those that fixtures make."""
    os.environ.pop("DAGSTER_HOME", None)
    os.environ.pop("MMM_CONFIG", None)


@pytest.fixture(scope="session")
def refreshed(built_once: Callable[..., Path]) -> ProjectConfig:
    """Two refreshed weeks, oldest first. Shared: read it, do not run on it."""

    def build(folder: Path) -> None:
        write_tables(folder)
        for week in (date(2024, 6, 24), date(2024, 7, 8)):
            outcome = run_week(load_config(folder / "mmm.yaml"), week)
            assert outcome.status == "published", outcome.messages

    return load_config(built_once("refreshed", build) / "mmm.yaml")


@pytest.fixture(scope="session")
def two_kpis(built_once: Callable[..., Path]) -> ProjectConfig:
    """A refreshed week of a project with two KPIs. Shared: read it, do not run on it."""

    def build(folder: Path) -> None:
        write_two_kpis(folder)
        outcome = run_week(load_config(folder / "mmm.yaml"), date(2023, 10, 30))
        assert outcome.status == "published", outcome.messages

    return load_config(built_once("two_kpis", build) / "mmm.yaml")


@pytest.fixture
def project(refreshed: ProjectConfig, tmp_path: Path) -> ProjectConfig:
    """A copy of the refreshed project that a test may spoil."""
    folder = tmp_path / "project"
    shutil.copytree(refreshed.folder, folder)
    return load_config(folder / "mmm.yaml")
