"""Forecasts of the real panel at eight windows, beside the last value.

    python tests/benchmarks/forecast.py [--preset paper] [--members 8] [--steps 25]

Fits on the weeks before the cut with the product's defaults and forecasts 8 or 13 weeks with
their actual media and controls. The error is the pooled RMSE over the mean actual; coverage
is that of the 90 % intervals. Prints a table and writes benchmarks/forecast.json.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from datasets import WINDOWS, real_panel
from writing import write

from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

TARGETS = {13: 0.145, 8: 0.135}


def measure(panel: Panel, horizon: int, cut: int, settings: ModelSettings) -> dict[str, float]:
    """Forecast one window."""
    known = panel.head(cut + horizon)
    began = time.process_time()
    model, _ = fit(known.hide_tail(horizon), settings)
    seconds = time.process_time() - began
    actual = known.kpi[:, cut:]
    forecast = model.predict(known)
    inside = (forecast.lower[:, cut:] <= actual) & (actual <= forecast.upper[:, cut:])
    return {
        "horizon": horizon,
        "cut": cut,
        "mmm": _error(forecast.mean[:, cut:], actual),
        "last_value": _error(known.kpi[:, [cut - 1]], actual),
        "coverage": round(float(inside.mean()), 3),
        "seconds": round(seconds, 1),
    }


def _error(forecast: np.ndarray, actual: np.ndarray) -> float:
    return round(float(np.sqrt(((forecast - actual) ** 2).mean()) / actual.mean()), 4)


def main() -> None:
    """Measure all windows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--members", type=int)
    parser.add_argument("--steps", type=int)
    asked = parser.parse_args()
    chosen = {k: v for k in ("members", "steps") if (v := getattr(asked, k)) is not None}
    panel, rows = real_panel(), []
    for horizon, cut in WINDOWS:
        chosen |= {"rounds": 0, "holdout_weeks": horizon}  # as the holdout fit of a refresh
        settings = ModelSettings.of_preset(asked.preset, **chosen)
        rows.append(measure(panel, horizon, cut, settings))
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    for horizon, target in TARGETS.items():
        own = [row for row in rows if row["horizon"] == horizon]
        mean = {k: round(float(np.mean([r[k] for r in own])), 4) for k in ("mmm", "last_value")}
        mean["coverage"] = round(float(np.mean([r["coverage"] for r in own])), 3)
        rows.append({"horizon": horizon, "cut": "mean", **mean, "target": target})
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()))
    write("forecast", rows)


if __name__ == "__main__":
    main()
