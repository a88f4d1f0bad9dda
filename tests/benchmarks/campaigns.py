"""Campaigns under a channel: what their split gives back, and how long many take.

    python tests/benchmarks/campaigns.py [--draws 10] [--first 4000] [--campaigns 7] [--kept 80]

Simulated brands whose online video, made strong, has campaigns that begin and end and whose units
do more or less than the channel's (standard deviation of the logarithm: none, 0.4). Beside the
split: each campaign at its channel's return, with the channel's interval. Errors are of
contributions over the mean campaign's; ``times_inside`` counts true returns over the channel's in
their intervals, whatever the channel itself is told to bring. Then 30 channels of 20 campaigns
each, 20 regions × 104 weeks, on 200 draws. Cheap chains. Writes benchmarks/campaigns.json.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from writing import write

from mmm_model.campaigns import Campaigns
from mmm_model.effects.campaign_split import campaign_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.training import fit
from mmm_model.settings import ModelSettings
from mmm_model.simulator import draw_spec, simulate
from mmm_model.simulator.campaigns import SimulatedCampaigns, split_campaigns

CHANNEL = "online_video"


def brand(seed: int, count: int, spread: float) -> SimulatedCampaigns:
    """Draw a brand of 8 regions and 104 weeks whose online video brings about 12 % of the KPI."""
    spec = draw_spec(seed)
    channels = tuple(
        replace(channel, kpi_share=0.12, spend_share=0.04, launch_week=0)
        if channel.name == CHANNEL
        else channel
        for channel in spec.channels
    )
    regions = tuple(f"region_{r}" for r in range(8))
    simulation = simulate(replace(spec, channels=channels, regions=regions, weeks=104), seed)
    return split_campaigns(simulation, CHANNEL, count, spread, seed)


def score(case: SimulatedCampaigns, effects: FittedEffects) -> list[dict]:
    """Compare the split, and the one by exposure alone, with the truth."""
    true, panel = case.contribution, case.panel
    table = (
        campaign_summary(effects, case.campaigns)
        .set_index("campaign")
        .loc[list(case.campaigns.name)]
    )
    c = panel.channels.index(CHANNEL)
    media = effects.response.contribution()[..., c].sum((1, 2))
    part = case.campaigns.exposure.sum((0, 1)) / case.campaigns.exposure.sum()
    low, high = np.quantile(media, (0.05, 0.95))
    none = np.full(len(true), np.nan)
    times = (np.asarray(table["against_lower"], float), np.asarray(table["against_upper"], float))
    ways = {
        "split": (table["contribution"], table["lower"], table["upper"], *times),
        "by exposure": (media.mean() * part, low * part, high * part, none, none),
    }
    rows = []
    for way, (brought, lower, upper, least, most) in ways.items():
        found = np.asarray(brought, float)
        share, actual = found / found.sum(), true / true.sum()
        inside = (np.asarray(lower) <= true) & (true <= np.asarray(upper))
        rows.append(
            {
                "way": way,
                "error": float(np.abs(found - true).mean() / true.mean()),
                "share_error": float(np.abs(share - actual).mean() * len(true)),
                "rank": _rank(share / part, actual / part) if way == "split" else np.nan,
                "inside": float(inside.mean()),
                "times_inside": float(((least <= case.times) & (case.times <= most)).mean()),
                "channel_error": float(abs(found.sum() / true.sum() - 1)),
            }
        )
    return rows


def _rank(found: np.ndarray, actual: np.ndarray) -> float:
    return float(pd.Series(found).corr(pd.Series(actual), method="spearman"))


def many(members: int = 200) -> float:
    """Seconds of the processor that 30 channels of 20 campaigns take."""
    rng = np.random.default_rng(1)
    spec = draw_spec(1)
    one = replace(spec.channels[1], launch_week=0, twin=None)
    channels = tuple(replace(one, name=f"channel_{c}", kpi_share=0.01) for c in range(30))
    regions = tuple(f"region_{r}" for r in range(20))
    simulation = simulate(
        replace(spec, channels=channels, drives=(), regions=regions, weeks=104), 1
    )
    panel = simulation.panel()
    settings = ModelSettings(holdout_weeks=0, chains=1, warmup=2, draws=4, members=4)
    model, _ = fit(panel, settings)
    response = model.response.repeated(members)
    parts = rng.dirichlet(np.full(20, 0.5), size=(104, 30)).transpose(0, 2, 1)  # [W, G, C]
    exposure = np.einsum("rwc,wgc->rwcg", panel.exposure, parts).reshape(20, 104, -1)
    names = [(channel, f"campaign {g}") for channel in panel.channels for g in range(20)]
    campaigns = Campaigns(*(tuple(each) for each in zip(*names, strict=True)), exposure, exposure)
    effects = FittedEffects(replace(model, response=response), panel)
    _ = effects.response, effects.components
    begun = time.process_time()
    assert len(campaign_summary(effects, campaigns)) >= 600
    return time.process_time() - begun


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--first", type=int, default=4000)
    parser.add_argument("--campaigns", type=int, default=7)
    parser.add_argument("--kept", type=int, default=80)
    asked = parser.parse_args()
    settings = ModelSettings(holdout_weeks=0, chains=2, warmup=asked.kept, draws=asked.kept)
    rows = []
    for seed in range(asked.first, asked.first + asked.draws):
        spread = 0.4 if seed % 5 else 0.0
        case = brand(seed, asked.campaigns, spread)
        model, _ = fit(case.panel, settings)
        for row in score(case, FittedEffects(model, case.panel)):
            rows.append({"seed": seed, "spread": spread, **row})
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    found = pd.DataFrame(rows).drop(columns="seed").groupby(["spread", "way"]).mean().round(3)
    print(found.to_string())
    seconds = many()
    print(f"30 channels of 20 campaigns, 200 draws: {seconds:.0f} s of the processor")
    write("campaigns", [*rows, {"way": "30 channels of 20", "seconds": seconds}])


if __name__ == "__main__":
    main()
