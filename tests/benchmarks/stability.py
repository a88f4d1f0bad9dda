"""How far estimates move when weeks are added, and with the seed alone.

    python tests/benchmarks/stability.py [NAME …] [--seeds 3] [--set KEY=VALUE …]

Five cold refreshes, four weeks apart, the last with all weeks; then other seeds on all weeks.
Names are ``sample`` (the bundled one), datasets of `datasets.with_truth` (their truth is not read
here), draws of the project's simulator (``draw26000``) and Meridian's kind (``meridian26000``).
Prints, a line a table: the mean and the largest movement of a ROI between two refreshes, the share
of new estimates outside the interval before, the standard deviation of a ROI over seeds in widths
of its interval, and how far recommended budgets move, in shares of the money that change their
channel, beside the same distance between the budgets of single draws: their noise. Writes
benchmarks/stability.json.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import _panel, with_truth
from fresh_truth import drawn, without_driven
from fresh_worlds import WORLDS
from writing import write

from mmm_model.budget.recommend import optimal_budgets
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.training import fit
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

NAMES = ("complex", "geo_reach_frequency", "funnel_20geo_130w")
REFRESHES, WEEKS_BETWEEN, DRAWS = 5, 4, 12


def panel_of(name: str) -> Panel:
    """A table by its name."""
    if name == "sample":
        return sample()
    group = name.rstrip("0123456789")
    if group in WORLDS:
        return drawn(WORLDS[group](int(name.removeprefix(group))))[0]
    return with_truth(name)[0]


def sample() -> Panel:
    """The bundled sample, without the control that media drive."""
    key, data = ["week", "region"], Path(__file__).parents[2] / "data"
    media = pd.read_csv(data / "media.csv")
    channels = list(media["channel"].unique())
    wide = media.pivot(index=key, columns="channel", values=["spend", "impressions"])
    wide.columns = [f"{channel}_{measure}" for measure, channel in wide.columns]
    sales = pd.read_csv(data / "kpi.csv").set_index(key)
    table = wide.join([sales, pd.read_csv(data / "controls.csv").set_index(key)]).reset_index()
    panel = _panel(
        table.fillna(0.0),
        "region",
        "week",
        [f"{channel}_impressions" for channel in channels],
        [f"{channel}_spend" for channel in channels],
        ["price_index", "brand_interest"],
        "sales",
        "value_per_unit",
    )
    worth = table["value_per_unit"].median()
    seen = panel.kpi > 0  # some region-weeks lack
    return without_driven(replace(panel, observed=seen, value_per_kpi=np.full(seen.shape, worth)))


def returns(response: FittedResponse, panel: Panel) -> np.ndarray:
    """``[M, C]`` what a channel brings over its exposure."""
    media = response.components(panel).media
    value = np.where(np.isnan(panel.value_per_kpi), 1.0, panel.value_per_kpi)
    return (media * value[..., None]).sum((1, 2)) / panel.exposure.sum((0, 1))


def shares(response: FittedResponse, panel: Panel) -> np.ndarray:
    """``[C]`` of the money that the first scenario recommends."""
    rows = optimal_budgets(response.media_response(panel), panel)[0]
    first = rows[rows["scenario"] == rows["scenario"].iloc[0]]
    spend = first.groupby("channel")["optimal_spend"].sum().reindex(list(panel.channels))
    return np.asarray(spend.fillna(0.0) / spend.sum())


def apart(budgets: list[np.ndarray]) -> float:
    """Share of the money that lies in other channels, mean of neighbours."""
    return float(np.mean([0.5 * np.abs(b - a).sum() for a, b in pairwise(budgets)]))


def measure(name: str, settings: ModelSettings, seeds: int) -> dict[str, float | str]:
    """Refresh a table five times, then with other seeds."""
    began, panel = time.process_time(), panel_of(name)
    last = len(panel.weeks)
    cuts = [last - WEEKS_BETWEEN * n for n in reversed(range(REFRESHES))]
    fitted = [fit(panel.head(cut), settings)[0].response for cut in cuts]
    each = [returns(one, panel.head(cut)) for one, cut in zip(fitted, cuts, strict=True)]
    budgets = [shares(one, panel.head(cut)) for one, cut in zip(fitted, cuts, strict=True)]
    draws = np.linspace(0, fitted[-1].members - 1, DRAWS).astype(int)
    noise = [shares(fitted[-1].chosen(draws[[n]]), panel) for n in range(DRAWS)]
    best = np.stack([point(one) for one in each])  # [5, C]
    ends = np.stack([np.stack(effect_interval(one)) for one in each])  # [5, 2, C]
    moved = np.abs(best[1:] / np.maximum(best[:-1], 1e-12) - 1.0)
    outside = (best[1:] < ends[:-1, 0]) | (best[1:] > ends[:-1, 1])
    others = [
        point(returns(fit(panel, replace(settings, seed=settings.seed + 1 + n))[0].response, panel))
        for n in range(seeds)
    ]
    spread = np.std([best[-1], *others], axis=0, ddof=1) / (ends[-1, 1] - ends[-1, 0])
    return {
        "table": name,
        "moved": float(moved.mean()),
        "moved_most": float(moved.max()),
        "outside": float(outside.mean()),
        "seed_over_width": float(spread.mean()),
        "seed_over_width_most": float(spread.max()),
        "budgets_moved": apart(budgets),
        "budgets_noise": apart(noise),
        "seconds": time.process_time() - began,
    }


def main() -> None:
    """Measure the tables named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[], help="settings as KEY=VALUE")
    asked = parser.parse_args()
    chosen = dict(pair.split("=", 1) for pair in asked.set)
    settings = ModelSettings(holdout_weeks=0, **{k: json.loads(v) for k, v in chosen.items()})
    rows = []
    for name in asked.names:
        rows.append(measure(name, settings, asked.seeds))
        print(
            "  ".join(f"{k} {v:.3g}" if isinstance(v, float) else v for k, v in rows[-1].items()),
            flush=True,
        )
    write("stability", rows)


if __name__ == "__main__":
    main()
