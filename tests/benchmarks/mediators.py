"""What a table of brand searches or of an awareness survey is worth, where the truth is known.

    python tests/benchmarks/mediators.py [--first 52000] [--draws 10] [--regions 1] [--kinds KIND …]

Draws brands two of whose channels create brand searches (counted every week, following demand more
or less), or awareness that lasts (asked every fourth week, 300 or 1,000 people), and fits each with
short chains: with the table, and with it as a control. Totals with the table are those without
it. Prints, over the draws and in % of the KPI: the error of channels'
totals, how often the truth is in the 90 % interval and how wide that is; the same of what channels
earn by the mediator, for those that create it and the others; and the mediator's effect over the
true one. Writes benchmarks/mediators.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from writing import write

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.training import train_final
from mmm_model.intervals import effect_interval, interval
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import MediatorSpec, Simulation, draw_spec, simulate

_SHORT = ModelSettings(
    chains=2, warmup=60, draws=70, members=140, gru_width=0, rounds=0, holdout_weeks=0
)
_WEEKS = 120


def drawn(seed: int, regions: int, kind: str) -> Simulation:
    """A brand of so many regions, two of whose channels create a mediator."""
    spec = draw_spec(seed)
    rng = np.random.default_rng([seed, 9])
    names = [one.name for one in spec.channels if one.name not in ("search", "display")]
    created = {
        str(name): float(rng.uniform(0.08, 0.25)) for name in rng.choice(names, 2, replace=False)
    }
    share, power = rng.uniform(0.1, 0.35), rng.uniform(0.5, 1.0)
    if kind == "searches":
        one = MediatorSpec(
            "brand_searches", created, share, rng.uniform(0.0, 0.6), power,
            follows_demand=rng.uniform(0.0, 1.5), own_sd=rng.uniform(0.04, 0.12),
            own_ar=rng.uniform(0.2, 0.8),
        )  # fmt: skip
    else:
        one = MediatorSpec(
            "awareness", created, share, rng.uniform(0.7, 0.95), power,
            follows_demand=rng.uniform(0.0, 0.5), own_sd=rng.uniform(0.04, 0.1),
            own_ar=rng.uniform(0.8, 0.97), level=rng.uniform(0.2, 0.6),
            asked=int(rng.choice([300, 1000])),
        )  # fmt: skip
    places = tuple(f"region_{number}" for number in range(regions))
    return simulate(
        replace(spec, regions=places, weeks=_WEEKS, drives=(), late_share=0.0, mediators=(one,)),
        seed,
    )


def totals(panel: Panel) -> Floats:
    """``[M, C]`` of a fit that knows no mediators."""
    response = fit_response(replace(panel, mediators=None), _SHORT, forecasts=False).response
    return np.asarray(response.media_response(panel).contribution().sum((1, 2)))


def scores(simulation: Simulation) -> Iterator[tuple[str, str, float, bool, float]]:
    """Way, what was scored, its error, whether the truth was inside, and the interval's width."""
    panel, all_of_it = simulation.panel(), simulation.kpi.sum()
    names = simulation.channels
    true = np.array([simulation.total_contribution({name}).sum() for name in names])
    by = np.array([simulation.through_mediators(name).sum() for name in names])
    (spec,) = simulation.spec.mediators
    model = train_final(panel, _SHORT)
    paths = FittedEffects(model, panel).mediation
    (one,) = model.mediators
    right = spec.kpi_share * simulation.size.sum() / model.scaling.region_size.sum()
    effect = one.national(model.scaling.region_size)
    low, high = interval(effect)
    times = float(np.median(effect) / right)
    yield "table", "effect over the true one, log", float(np.log(times)), low <= right <= high, 0.0

    known = np.maximum(one.path[0], 1e-9)[..., None]  # between waves as it was estimated
    as_control = replace(
        panel, controls=(*panel.controls, spec.name),
        control=np.concatenate([panel.control, known], axis=-1),
    )  # fmt: skip
    ways = {
        "table": paths.total.sum((1, 2)),
        "control": totals(as_control),
    }
    parts = [(way, "total", members, true) for way, members in ways.items()]
    parts.append(("table", "by the mediator", paths.unpaid.sum((1, 2)), by))
    for way, what, members, truth in parts:
        low, high = effect_interval(members)
        for c, name in enumerate(names):
            who = "creates" if name in spec.created else "does not"
            inside = bool(low[c] <= truth[c] <= high[c])
            error, width = members[:, c].mean() - truth[c], high[c] - low[c]
            yield way, f"{what}, {who}", error / all_of_it, inside, width / all_of_it


def main() -> None:
    """Print a table for each number of regions and kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=52000)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--regions", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", default=["searches", "survey"])
    asked = parser.parse_args()
    names = ["kind", "seed", "way", "what", "error", "inside", "width"]
    rows = []
    for kind in asked.kinds:
        for seed in range(asked.first, asked.first + asked.draws):
            rows += [(kind, seed, *score) for score in scores(drawn(seed, asked.regions, kind))]
            found = pd.DataFrame(rows, columns=names).astype({"inside": bool})
            write(f"mediators_{asked.regions}", found.to_dict("records"))
    percent = found.assign(error=100 * found["error"], width=100 * found["width"])
    table = percent.groupby(["kind", "what", "way"], sort=False).agg(
        rms=("error", lambda e: float(np.sqrt(np.mean(np.square(e))))),
        bias=("error", "mean"),
        coverage=("inside", "mean"),
        width=("width", "mean"),
        cases=("inside", "size"),
    )
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
