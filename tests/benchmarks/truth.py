"""How well contributions are given back where they are known.

    python tests/benchmarks/truth.py [NAME …] [--seeds 5] [--draws 20]

Fits every dataset with the product's defaults, a fit per seed, and compares its channel
summary and contributions with the truth. As in a refresh, controls that the channel graph finds
media to drive are left out. Direct effects only: no contribution runs through the graph.
Prints a table and writes benchmarks/truth.json. SRMSE is the error of national weekly
contributions over the mean of the true ones, the median over channels.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from datasets import PRESETS, SCENARIOS, Truth, with_truth
from scipy.stats import spearmanr
from writing import write

from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit, response_controls
from mmm_model.graph import GraphSettings, learn_graph
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

# ROI MAPE and SRMSE of the best package where it was run, and what is aimed at.
REFERENCES = {
    "complex": ("PyMC-Marketing 0.58 / 0.40", 0.33, 0.35),
    "geo_reach_frequency": ("PyMC-Marketing 0.15 / 0.52, Meridian 0.18 / 0.22", 0.12, 0.20),
    "medium_business": ("Meridian 0.08 / 0.12, PyMC-Marketing 0.09 / 0.20", 0.07, 0.12),
    "data_scarce": ("", 0.40, 0.40),
    "simple_with_lift": ("", 0.40, 0.40),
    "lag05": ("TV within 0.30", 0.30, np.nan),
    "simulator": ("", 0.20, 0.25),
}
NAMES = (
    *SCENARIOS,
    "geo_reach_frequency",
    *PRESETS,
    "lag05",
    "funnel_3geo_130w",
    "funnel_20geo_130w",
)


def score(model: FittedModel, panel: Panel, truth: Truth) -> dict[str, float]:
    """Compare one fit with the truth."""
    summary = channel_summary(FittedEffects(model, panel))
    value = panel.value_per_kpi[:, :, None]
    spend = np.nansum(panel.spend, axis=(0, 1))
    roi = (truth.contribution * value).sum((0, 1)) / spend
    estimate_roi = summary["roi"].to_numpy()
    works = roi > 1e-9
    estimate = model.components(panel).media.mean(0)
    weekly, true_weekly = estimate.sum(0), truth.contribution.sum(0)
    error = np.sqrt(((weekly - true_weekly) ** 2).mean(0))[works] / true_weekly.mean(0)[works]
    lower, upper = summary["roi_lower"].to_numpy(), summary["roi_upper"].to_numpy()
    share, true_share = _share(weekly), _share(true_weekly)
    found = {
        "roi_mape": float(np.mean(np.abs(estimate_roi[works] / roi[works] - 1))),
        "tv_error": float(estimate_roi[0] / roi[0] - 1) if works[0] else np.nan,
        "share_error": float(np.abs(share - true_share).mean()),
        "spearman": float(spearmanr(estimate_roi, roi).statistic) if len(roi) > 2 else np.nan,
        "srmse": float(np.median(error)),
        "coverage": float(((lower <= roi) & (roi <= upper))[works].mean()),
        "width": float(np.median((upper - lower)[works] / roi[works])),
        "zero_effect_share": float(share[~works].mean()) if (~works).any() else np.nan,
    }
    if truth.mean_lag is not None:
        kernel = model.adstock_kernel().mean(0)
        lag = kernel @ np.arange(kernel.shape[1])
        found["lag_error_weeks"] = float(np.abs(lag - truth.mean_lag)[works].mean())
    if truth.half_saturation is not None:
        half = np.exp(model.response.state["half_saturation"]).mean(0) * model.scaling.exposure_size
        ratio = np.abs(np.log(half / truth.half_saturation)).mean(0)[works]
        found["half_saturation_log_error"] = float(np.nanmean(ratio))
    return found


def _share(weekly: np.ndarray) -> np.ndarray:
    total = weekly.sum(0)
    return total / total.sum()


def measure(name: str, settings: ModelSettings) -> dict[str, float]:
    """Fit one dataset with one seed."""
    panel, truth = with_truth(name)
    about_graph = GraphSettings(seed=settings.seed)
    graph = learn_graph(panel, about_graph)
    panel = panel.with_controls(response_controls(panel.controls, graph, about_graph))
    model, _ = fit(panel, settings)
    return score(model, panel, truth)


def main() -> None:
    """Measure the datasets named on the command line, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--members", type=int, default=ModelSettings().members)
    parser.add_argument("--steps", type=int, default=ModelSettings().steps)
    asked = parser.parse_args()
    rows = []
    for name in asked.names or (*NAMES, "simulator"):
        runs = [(name, seed) for seed in range(asked.seeds)]
        if name == "simulator":
            # Seeds that nobody looked at while the model was made.
            runs = [(f"draw{1000 + seed}", 0) for seed in range(asked.draws)]
        found = pd.DataFrame(
            measure(
                dataset,
                ModelSettings(holdout_weeks=0, members=asked.members, steps=asked.steps, seed=seed),
            )
            for dataset, seed in runs
        )
        reference, mape, srmse = REFERENCES.get(name, ("", np.nan, np.nan))
        row = {"dataset": name, "fits": len(runs), **found.mean().round(3).to_dict()}
        rows.append(row | {"target_mape": mape, "target_srmse": srmse, "reference": reference})
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    write("truth", rows)


if __name__ == "__main__":
    main()
