"""A refresh of a project that looks for a slow stock publishes what is still to come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmm_assets.config import load_config
from mmm_assets.store.project import Project
from mmm_model.simulator import BrandSpec, ChannelSpec, SimulationSpec, simulate
from tests.mmm_assets.tiny_project import run_week

CONFIG = """
project: lasting
kpi_name: sales
tables:
  media: {source: media.csv, layout: long, week: week, region: region, channel: channel,
          spend: spend, exposure: exposure}
  kpi: {source: kpi.csv, week: week, region: region, kpi: kpi, value_per_kpi: 3.0}
model: {chains: 1, warmup: 30, draws: 40, members: 20, gru_width: 0, rounds: 0,
        brand: {channels: [tv], half_life: [39, 78]}}
refresh: {holdout_weeks: 6, min_weeks: 30}
graph: {enabled: false}
trust: {monthly: [], weekly: []}
budget: {by_region: false, scenarios: {same: 1}}
"""


def test_what_is_still_to_come_is_published(tmp_path: Path) -> None:
    simulation = simulate(
        SimulationSpec(
            channels=(
                ChannelSpec("tv", 0.05, 0.01, 0.15, dark=(50, 105)),
                ChannelSpec("search", 0.02, 0.4, 0.05),
            ),
            regions=("north", "south"), weeks=130, noise=0.02, demand_sd=0.01, outage_share=0.0,
            spikes=0.0, first_week="2022-01-03", brand=BrandSpec(("tv",), 1.5),
        ),
        3,
    )  # fmt: skip
    panel = simulation.panel()
    cells = panel.region_weeks()
    cells.assign(kpi=panel.kpi.ravel()).to_csv(tmp_path / "kpi.csv", index=False)
    media = cells.loc[np.repeat(cells.index, 2)].assign(
        channel=[*panel.channels] * len(cells),
        spend=panel.spend.ravel(),
        exposure=panel.exposure.ravel(),
    )
    media.to_csv(tmp_path / "media.csv", index=False)
    (tmp_path / "mmm.yaml").write_text(CONFIG)
    config = load_config(tmp_path / "mmm.yaml")
    outcome = run_week(config, panel.weeks[-1].date())
    assert outcome.status == "published", outcome.messages
    with Project(config).warehouse.published() as connection:
        rows = connection.execute(
            "SELECT l.channel, told, share_lower < 0.6 AND share_upper > 0.6, to_come > 0, "
            "abs(l.roi - s.roi) FROM mart.current_long_term AS l "
            "JOIN mart.current_channel_summary AS s USING (channel)"
        ).fetchall()
        assert rows == [("tv", True, True, True, pytest.approx(0, abs=1e-9))]
        kinds = connection.execute(
            "SELECT DISTINCT kind FROM mart.current_contributions WHERE component = 'brand'"
        ).fetchall()
        assert kinds == [("brand",)]
    page = next(config.reports_folder.glob("*/index.html")).read_text()
    assert "What is still to come from what was spent" in page
    assert "Left by earlier media" in page
