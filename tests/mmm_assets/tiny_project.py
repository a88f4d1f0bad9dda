"""A small project to refresh: four regions, 80 weeks, three channels, a control, a lift test."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.run import RefreshOutcome, dagster_instance, refresh

WEEKS = pd.date_range("2023-01-02", periods=80, freq="W-MON")
# A name from data may be anything: it must stay text wherever it is shown.
CHANNELS = ("tv", "<img src=x onerror=alert(1)>", "radio")
CONFIG = """
project: tiny
kpi_name: sales
currency: EUR
owners: [team:tests]
tables:
  media: {source: media.csv, layout: long, week: week, region: region, channel: channel,
          spend: spend, exposure: impressions}
  kpi: {source: kpi.csv, week: week, region: region, kpi: sales, value_per_kpi: 2.5}
  lift_tests: {source: lift.csv, start_week: start, end_week: end, x: null}
  controls: {source: controls.csv, week: week, region: region, columns: [price]}
refresh: {holdout_weeks: 6, min_weeks: 30, members: 2, seed: 3, first_week: 2023-10-02}
model: {chains: 2, warmup: 20, draws: 20}
trust: {monthly: []}
"""


def write_tables(folder: Path, weeks: int = len(WEEKS)) -> None:
    """Write the project's tables and its configuration into a folder."""
    rng = np.random.default_rng(5)
    regions = ["north", "south", "east", "west"]
    size = rng.lognormal(3.0, 0.5, len(regions))
    media, kpi, controls = [], [], []
    lift = 0.0
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(len(WEEKS)) / 52)
    for number, region in enumerate(regions):
        spend = size[number] * rng.gamma(2.0, 20.0, (len(WEEKS), len(CHANNELS)))
        spend[:, 0] *= rng.random(len(WEEKS)) < 0.6
        half = 40 * size[number]
        gained = spend[40:48, 1] / (spend[40:48, 1] + half)
        gained -= 0.7 * spend[40:48, 1] / (0.7 * spend[40:48, 1] + half)
        lift += 20.0 * size[number] * gained.mean()
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
    first, last = WEEKS[40].date(), WEEKS[47].date()
    spent = sum(row[3] for row in media if row[2] == CHANNELS[1] and first <= row[0] <= last)
    pd.DataFrame(
        {
            "channel": [CHANNELS[1]],
            "delta_x": [0.3 * spent / 8],
            "delta_y": [lift],
            "sigma": [0.1 * lift],
            "start": [first],
            "end": [last],
        }
    ).to_csv(folder / "lift.csv", index=False)
    (folder / "mmm.yaml").write_text(CONFIG)


def write_tiniest(folder: Path, weeks: int = 44) -> None:
    """Write a project whose refresh is as fast as one can be: two regions, one member."""
    write_tables(folder, weeks)
    for name in ("media", "kpi", "controls"):
        table = pd.read_csv(folder / f"{name}.csv")
        table[table["region"].isin(["north", "south"])].to_csv(folder / f"{name}.csv", index=False)
    small = "holdout_weeks: 3, min_weeks: 10, members: 1,"
    content = CONFIG.replace("holdout_weeks: 6, min_weeks: 30, members: 2,", small)
    content = re.sub("  lift_tests:.*\n", "", content)
    content += "graph: {enabled: false}\nbudget: {by_region: false, scenarios: {same: 1}}\n"
    (folder / "mmm.yaml").write_text(content)


def write_two_kpis(folder: Path) -> None:
    """Write the tiniest project with a second KPI: new customers, whom radio brings."""
    write_tiniest(folder)
    rng = np.random.default_rng(6)
    kpi, media = pd.read_csv(folder / "kpi.csv"), pd.read_csv(folder / "media.csv")
    radio = media[media["channel"] == "radio"].set_index(["region", "week"])["spend"]
    heard = radio.reindex(pd.MultiIndex.from_frame(kpi[["region", "week"]])).to_numpy()
    mean = kpi.groupby("region")["sales"].transform("mean")
    kpi["new_customers"] = rng.poisson(20 * kpi["sales"] / mean + 20 * heard / heard.mean())
    kpi.to_csv(folder / "kpi.csv", index=False)
    text = (folder / "mmm.yaml").read_text()
    more = "value_per_kpi: 2.5, more: {new_customers: {value_per_kpi: 80}}}"
    (folder / "mmm.yaml").write_text(text.replace("value_per_kpi: 2.5}", more))


def run_week(config: ProjectConfig, week: date) -> RefreshOutcome:
    """Refresh one week as the command line does."""
    os.environ.pop("DAGSTER_HOME", None)
    with dagster_instance(config) as instance:
        return refresh(config, instance, week)
