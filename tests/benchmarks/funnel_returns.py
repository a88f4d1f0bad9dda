"""Direct and total returns of fresh funnels, by what is done about the recorded search spend.

    python tests/benchmarks/funnel_returns.py [--regions 3,8,20] [--first SEED] [--count 5]

Draws of `fresh_funnels.py`. ``as it comes``: the graph is learned and nothing is told. ``told``:
search lies below television and social, and its budget is an instrument. Each is fitted to search's
spend as it is recorded, and corrected (`mmm_model.fit.two_stages`). Errors are of television and
social, but for the column of search; an edge that is not found leaves its total at its direct
effect. Coverage is of their 90 % intervals. Two chains, 80 sweeps each; without --first the first
seed is drawn from the clock and printed. Writes benchmarks/funnel_returns.json.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from datasets import _panel
from fresh_funnels import CHANNELS, CONTROLS, Funnel, fresh_funnel
from writing import write

from mmm_model.effects.mediation import mediation
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit, fit_driven, response_controls
from mmm_model.fit.two_stages import readings_of
from mmm_model.graph import GraphSettings, learn_graph
from mmm_model.intervals import effect_interval
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

SETTINGS = ModelSettings(holdout_weeks=0, members=80, chains=2, draws=80, gru_width=0)
SPEND = [f"{name}_spend" for name in CHANNELS]
TV, SOCIAL, SEARCH = SPEND
BUDGET = "lf_budget_exog"
WAYS = {
    "as it comes": GraphSettings(),
    "told": GraphSettings(
        tiers=((TV, SOCIAL), (SEARCH,)), instruments=(BUDGET,), required=((BUDGET, SEARCH),)
    ),
}


def rows_of(seed: int, regions: int) -> Iterator[dict[str, object]]:
    """One row per way and correction."""
    funnel = fresh_funnel(seed, regions)
    panel = _panel(funnel.table, "region", "week", SPEND, SPEND, list(CONTROLS), "kpi")
    for way, about_graph in WAYS.items():
        graph = learn_graph(panel, about_graph)
        known = panel.with_controls(response_controls(panel.controls, graph, about_graph))
        driven = fit_driven(panel, graph, SETTINGS)
        readings = readings_of(panel, graph, driven, about_graph, SETTINGS.seed)
        edges = {(e.target, source) for e in driven for source in e.sources}
        about = {
            "regions": regions,
            "way": way,
            "seed": seed,
            "both_edges": float({(SEARCH, TV), (SEARCH, SOCIAL)} <= edges),
            "noise_share": readings[0].noise_share.mean() if readings else np.nan,
            "f": readings[0].f_statistic if readings else np.nan,
        }
        for name, own in (("recorded", ()), ("corrected", readings)):
            model, _ = fit(known, SETTINGS, graph, readings=own)
            model = replace(model, driven=tuple(e.repeated(model.members) for e in driven))
            yield {**about, "search": name, **errors(model, panel, funnel)}


def errors(model: FittedModel, panel: Panel, funnel: Funnel) -> dict[str, object]:
    """Mean absolute errors of returns, and how many true ones are inside their intervals."""
    effects = mediation(model, panel)
    found: dict[str, object] = {}
    for what, effect, truth in (
        ("direct", effects.direct, funnel.direct),
        ("total", effects.total, funnel.total),
    ):
        ratio = effect.sum(axis=(1, 2)) / truth  # [M, C]
        lower, upper = effect_interval(ratio)
        inside = (lower <= 1) & (upper >= 1)
        found |= {
            f"{what}_error": np.abs(ratio.mean(0) - 1)[:2].mean(),
            f"{what}_bias": (ratio.mean(0) - 1)[:2].mean(),
            f"{what}_covered": inside[:2].mean(),
        }
        if what == "direct":
            found |= {"search_bias": ratio[:, 2].mean() - 1, "search_covered": float(inside[2])}
    return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", default="3,8,20")
    parser.add_argument("--first", type=int, default=int(time.time()) % 10**7)
    parser.add_argument("--count", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("first seed", options.first, flush=True)
    rows: list[dict[str, object]] = []
    for regions in map(int, options.regions.split(",")):
        for seed in range(options.first, options.first + options.count):
            for row in rows_of(seed, regions):
                rows.append(row)
                print("  ".join(f"{k} {_text(v)}" for k, v in row.items()), flush=True)
            write("funnel_returns", rows)
    frame = pd.DataFrame(rows).drop(columns="seed")
    print(frame.groupby(["regions", "way", "search"], sort=False).mean().round(2).to_string())


def _text(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, float) else value


if __name__ == "__main__":
    main()
