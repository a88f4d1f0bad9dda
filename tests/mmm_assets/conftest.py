"""A small project to refresh: four regions, a year and a half, three channels, a control."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.refresh import RefreshOutcome, dagster_instance, refresh

WEEKS = pd.date_range("2023-01-02", periods=80, freq="W-MON")
CHANNELS = ("tv", "search", "radio")
CONFIG = """
project: tiny
kpi_name: sales
currency: EUR
owners: [team:tests]
tables:
  media: {source: media.csv, layout: long, week: week, region: region, channel: channel,
          spend: spend, exposure: impressions}
  kpi: {source: kpi.csv, week: week, region: region, kpi: sales, value_per_kpi: 2.5}
  controls: {source: controls.csv, week: week, region: region, columns: [price]}
refresh: {holdout_weeks: 6, min_weeks: 30, members: 2, seed: 3, first_week: 2023-10-02}
"""


def write_tables(folder: Path, weeks: int = len(WEEKS)) -> None:
    """Write the project's tables and its configuration into a folder."""
    rng = np.random.default_rng(5)
    regions = ["north", "south", "east", "west"]
    size = rng.lognormal(3.0, 0.5, len(regions))
    media, kpi, controls = [], [], []
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(len(WEEKS)) / 52)
    for number, region in enumerate(regions):
        spend = size[number] * rng.gamma(2.0, 20.0, (len(WEEKS), len(CHANNELS)))
        spend[:, 0] *= rng.random(len(WEEKS)) < 0.6
        price = rng.normal(10, 0.4, len(WEEKS))
        effect = (spend / (spend + 40 * size[number])) @ np.array([30.0, 20.0, 0.0])
        sales = size[number] * (100 * season + effect - 3 * (price - 10) + rng.normal(0, 3, 80))
        for t, week in enumerate(WEEKS[:weeks]):
            day = week.date()
            kpi.append((day, region, round(sales[t], 2)))
            controls.append((day, region, round(price[t], 3)))
            for c, channel in enumerate(CHANNELS):
                money = round(spend[t, c], 2)
                media.append((day, region, channel, money, round(money * 90)))
    names = ["week", "region"]
    pd.DataFrame(media, columns=[*names, "channel", "spend", "impressions"]).to_csv(
        folder / "media.csv", index=False
    )
    pd.DataFrame(kpi, columns=[*names, "sales"]).to_csv(folder / "kpi.csv", index=False)
    pd.DataFrame(controls, columns=[*names, "price"]).to_csv(folder / "controls.csv", index=False)
    (folder / "mmm.yaml").write_text(CONFIG)


@pytest.fixture(autouse=True)
def _own_dagster_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every project's runs beside its own warehouse."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("MMM_CONFIG", raising=False)


def run_week(config: ProjectConfig, week: date) -> RefreshOutcome:
    """Refresh one week as the command line does."""
    os.environ.pop("DAGSTER_HOME", None)
    with dagster_instance(config) as instance:
        return refresh(config, instance, week)


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
def project(refreshed: ProjectConfig, tmp_path: Path) -> Iterator[ProjectConfig]:
    """A copy of the refreshed project that a test may spoil."""
    folder = tmp_path / "project"
    shutil.copytree(refreshed.folder, folder)
    yield load_config(folder / "mmm.yaml")
