"""How well the trust tests agree with the truth, and what they cost.

    python tests/benchmarks/trust.py [GROUP …] [--first SEED] [--count N] [--set KEY=VALUE …]

Groups as in fresh_truth.py: simulator, scenario, meridian, shocks, national, published; without
one, simulator and published. Without --first the first seed is drawn from the clock and printed.
Fits each table as a refresh does, runs the tests on the fit, which never sees the truth, and holds
what they say against it. Prints a line a table, then over all channels of all tables: rank
correlation of each measure with the error |log(found / true)| of channels that work; precision and
recall of the placebo's marks for channels that do not; seconds each test adds over those of a fit.
Writes every channel to benchmarks/trust.json. The group real_panel, whose truth nobody knows, is
there for its seconds alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from datasets import real_panel
from fresh_truth import Known, tables
from writing import write

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.training import fit
from mmm_model.intervals import point
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.trust.hidden_confounder import hidden_confounder
from mmm_model.trust.interval_width import interval_width
from mmm_model.trust.overall import UNKNOWABLE, overall
from mmm_model.trust.perturbation import perturbation
from mmm_model.trust.placebo import SURE, placebo
from mmm_model.trust.prior_against_data import prior_against_data
from mmm_model.trust.twin import twin
from mmm_model.trust.verdicts import Found, table

MEASURES = {
    "overall.doubts": 1,
    "interval_width.half_width": 1,
    "prior_against_data.learned": -1,
    "placebo.beats": -1,
    "twin.known_to": 1,
    "hidden_confounder.to_half": -1,
    "perturbation.change": 1,
}
"""Measure → 1 where a larger one should go with a larger error."""
_NOTHING = 1e-9


def tests(
    model: FittedResponse, panel: Panel, settings: ModelSettings
) -> dict[str, Callable[[], Iterator[Found]]]:
    """Every test of one fit."""
    return {
        "interval_width": lambda: interval_width(model, panel),
        "prior_against_data": lambda: prior_against_data(model, panel, settings.seed),
        "hidden_confounder": lambda: hidden_confounder(model, panel),
        "placebo": lambda: placebo(model, panel, settings),
        "twin": lambda: twin(model, panel, settings),
        "perturbation": lambda: perturbation(model, panel, settings),
    }


def tested(
    panel: Panel, settings: ModelSettings
) -> tuple[FittedResponse, list[Found], dict[str, float]]:
    """Fit and run every test; seconds of the processor that each took."""
    began = time.process_time()
    model = fit(panel, settings)[0].response
    seconds, found = {"fit": time.process_time() - began}, []
    for test, run in tests(model, panel, settings).items():
        began = time.process_time()
        found += list(run())
        seconds[test] = time.process_time() - began
    return model, found, seconds


def against_truth(
    model: FittedResponse, found: list[Found], panel: Panel, known: Known
) -> list[dict]:
    """A row a channel: what tests said of it, and how far off it is."""
    value = np.where(np.isnan(panel.value_per_kpi), 1.0, panel.value_per_kpi)
    earned = point((model.components(panel).media * value[..., None]).sum((1, 2)))
    rows = {
        name: {
            "channel": name,
            "works": bool(known.earned[c] > _NOTHING * known.earned.sum()),
            "error": float(abs(np.log(earned[c] / max(known.earned[c], 1e-300)))),
        }
        for c, name in enumerate(panel.channels)
    }
    for one in [*found, *overall(table(found))]:
        if one.channel in rows:
            rows[one.channel][f"{one.test}.{one.measure}"] = one.value
    return list(rows.values())


def correlations(working: pd.DataFrame) -> dict[str, float]:
    """Rank correlation of each measure with the error, over all channels and within tables."""
    whole = working[[*MEASURES, "error"]].corr("spearman")["error"]
    # Ranks within a table do not profit from tables that are hard as a whole.
    within = working.groupby("table")[[*MEASURES, "error"]].rank(pct=True).corr()["error"]
    return {name: float(sign * whole[name]) for name, sign in MEASURES.items()} | {
        f"{name}, within tables": float(sign * within[name]) for name, sign in MEASURES.items()
    }


def verdicts(working: pd.DataFrame) -> dict[str, float]:
    """Median error of the channels with no doubt, one, and more."""
    doubts = working["overall.doubts"].clip(upper=UNKNOWABLE)
    return {
        f"median error of {len(own)} with {int(count)} doubts": float(own.median())
        for count, own in working["error"].groupby(doubts)
    }


def marks(found: pd.DataFrame) -> dict[str, float]:
    """Precision and recall of the placebo's marks for channels without an effect."""
    marked, idle = found["placebo.beats"] < SURE, ~found["works"]
    both = float((marked & idle).sum())
    return {
        "channels": float(len(found)),
        "idle": float(idle.sum()),
        "marked": float(marked.sum()),
        "precision": both / max(marked.sum(), 1),
        "recall": both / idle.sum() if idle.any() else np.nan,
    }


def main() -> None:
    """Measure the groups named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", default=["simulator", "published"])
    parser.add_argument("--first", type=int, default=int(time.time()) % 10**7)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--set", nargs="*", default=[], help="settings as KEY=VALUE")
    asked = parser.parse_args()
    pairs = (pair.split("=", 1) for pair in asked.set)
    settings = ModelSettings(**{key: json.loads(value) for key, value in pairs})
    rows, costs = [], []
    for group in asked.groups:
        if group == "real_panel":
            seconds = tested(real_panel(), settings)[2]
            print(group, {name: round(value, 1) for name, value in seconds.items()}, flush=True)
            continue
        print("group", group, "first seed", asked.first, flush=True)
        for name, panel, known in tables(group, asked.first, asked.count):
            model, said, seconds = tested(panel, settings)
            own = against_truth(model, said, panel, known)
            rows += [{"table": name, "group": group, **row} for row in own]
            costs.append(seconds)
            print(name, {k: round(v, 2) for k, v in seconds.items()}, flush=True)
            write("trust", rows)
    if not rows:
        return
    found = pd.DataFrame(rows)
    for group, part in [*found.groupby("group"), ("all", found)]:
        working = part[part["works"]]
        for said in (correlations(working), verdicts(working), marks(part)):
            print(group, {name: round(value, 2) for name, value in said.items()})
    spent = pd.DataFrame(costs)
    shares = spent.div(spent["fit"], axis=0).mean().round(3)
    print("share of a fit's seconds", shares.to_dict())


if __name__ == "__main__":
    main()
