"""What each part of the model earns: forecasts and truth without it.

    python tests/benchmarks/ablation.py [--seeds 1] [--draws 4] [--only graph] [--set KEY=VALUE …]

Skill is the relative RMSE on one 13-week and one 8-week window of the real panel; truth is the
error of direct ROI on datasets whose contributions are known. There the channel graph only
leaves out controls; what it earns is the error of total ROI, beside taking direct for total.
``--only truth`` leaves the forecasts out; ``--set`` changes settings of the model.
Prints tables and writes benchmarks/ablation.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import torch
from datasets import real_panel, with_truth
from forecast import measure as forecast
from torch import Tensor
from truth import measure
from writing import write

from mmm_model import priors
from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.equation.saturation import hill
from mmm_model.fit.training import train
from mmm_model.graph import GraphSettings
from mmm_model.settings import PRESETS, ModelSettings

WINDOWS = ((13, 70), (8, 93))
DATASETS = ("geo_reach_frequency", "medium_business", "complex", "data_scarce")
FUNNELS = ("funnel_3geo_130w", "funnel_20geo_130w")


def _linear(family: hill.Family, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """No saturation; the parameters stay in the graph of derivatives and change nothing."""
    return log_exposure.exp() + torch.nan_to_num(sum(values.values()) * 0.0)


@contextmanager
def _each_region_alone() -> Iterator[None]:
    """Coefficients of a region as free as those of all; no way in which they are shared."""
    free: dict[str, object] = {"REGION_SPREAD": 3.0, "REGION_SPREAD_REGIONS": 1e9}
    free |= {"SAME_EVERYWHERE": 3.0, "REGION_RETURNS": (3.0, 1e9)}
    with patch.multiple(priors, **free):
        yield


ABLATIONS: dict[str, tuple[dict[str, object], Callable[[], AbstractContextManager]]] = {
    "all parts": ({}, nullcontext),
    "no GRU": ({"gru_width": 0}, nullcontext),
    "no Hill curve": ({}, lambda: patch.multiple(hill.Family, share=_linear, steepness=_linear)),
    "slope at least 2": ({"min_slope": 2.0}, nullcontext),
    "no adstock": ({"lag_weeks": 0}, nullcontext),
    "no pooling": ({}, _each_region_alone),
    "the search": ({"estimator": "search", "members": 8}, nullcontext),
    "the paper's preset": (PRESETS["paper"], nullcontext),
}


def response(
    settings: ModelSettings,
    seeds: int,
    draws: int,
    windows: Sequence[tuple[int, int]],
    models: Sequence[str],
) -> list[dict]:
    """Skill and truth with all parts, and without one at a time."""
    panel, rows = real_panel() if windows else None, []
    truths = [(name, seed) for name in DATASETS for seed in range(seeds)]
    truths += [(f"draw{1000 + draw}", 0) for draw in range(draws)]
    for name in models:
        changed, without = ABLATIONS[name]
        own, row = replace(settings, **changed), {"model": name}
        with without():
            for horizon, cut in windows:
                found = forecast(panel, horizon, cut, replace(own, holdout_weeks=horizon))
                row[f"error {horizon}@{cut}"] = found["mmm"]
            for kind in (*DATASETS, "draw"):
                scores = [
                    measure(dataset, replace(own, seed=seed))
                    for dataset, seed in truths
                    if dataset.startswith(kind)
                ]
                for score in ("roi_mape", "srmse"):
                    mean = float(np.mean([s[score] for s in scores])) if scores else np.nan
                    row[f"{kind} {score}"] = round(mean, 3)
        rows.append(row)
        print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return rows


def channel_graph(settings: ModelSettings) -> list[dict]:
    """Total contribution with the learned graph, and with the direct one taken for it."""
    rows = []
    for name in FUNNELS:
        panel, truth = with_truth(name)
        model = train(panel, settings, GraphSettings()).final
        summary = channel_summary(FittedEffects(model, panel))[
            :2
        ]  # tv and social, which search answers
        for label, column in (("graph", "contribution"), ("no graph", "direct")):
            error = float(np.abs(summary[column] / truth.total[:2] - 1).mean())
            rows.append({"dataset": name, "model": label, "total_roi_mape": round(error, 3)})
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    return rows


def main() -> None:
    """Measure with and without each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--only", choices=("graph", "response", "truth"))
    parser.add_argument("--models", nargs="*", default=tuple(ABLATIONS), help="rows of the table")
    parser.add_argument("--set", nargs="*", default=[], help="settings as KEY=VALUE")
    asked = parser.parse_args()
    chosen = dict(pair.split("=", 1) for pair in asked.set)
    settings = ModelSettings(holdout_weeks=0, **{k: json.loads(v) for k, v in chosen.items()})
    rows = channel_graph(settings) if asked.only in (None, "graph") else []
    if asked.only != "graph":
        windows = () if asked.only == "truth" else WINDOWS
        rows += response(settings, asked.seeds, asked.draws, windows, asked.models)
    write("ablation", rows)


if __name__ == "__main__":
    main()
