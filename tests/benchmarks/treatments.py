"""What promotions, prices and holidays are worth having a treatment of their own.

    python tests/benchmarks/treatments.py [--first 31000] [--draws 10] [--regions 1 8]
        [--regional 0.15] [--ways treatments] [--alike]

Draws brands that promote, change prices and keep holidays, and fits each three times with short
chains: with their own treatments; with promotions and prices as controls and no holidays; without
any. Prints, over the draws: the error of what promotions and prices brought (over the truth), also
in a single region, and of a holiday's part (in % of a week's KPI, the root of its mean square), the
error of what channels brought (over the KPI, mean and of the channel that announces promotions),
and how often the true value is in the 90 % interval. Writes benchmarks/treatments.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from writing import write

from mmm_model import priors
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.treatments import treatment_effects
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.intervals import effect_interval, interval, point
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import Simulation, TreatmentSpec, draw_spec, simulate
from mmm_model.treatments import Treatment, decided

_SHORT = ModelSettings(chains=2, warmup=80, draws=100, members=200, gru_width=0)


def drawn(seed: int, regions: int, regional: float) -> Simulation:
    """A brand of so many regions with treatments, none of which starts late."""
    spec = draw_spec(seed)
    rng = np.random.default_rng([seed, 5])
    own = TreatmentSpec(
        lift=rng.uniform(0.05, 0.4),
        announced=rng.uniform(0.3, 1.5),
        elasticity=-rng.uniform(0.5, 3.0),
        regional=regional,
    )
    names = tuple(f"region_{number}" for number in range(regions))
    return simulate(replace(spec, regions=names, treatments=own, late_share=0.0), seed)


def ways(panel: Panel) -> dict[str, Panel]:
    """The panel with treatments of its own, with controls in their place, and without."""
    return {
        "treatments": panel,
        "controls": panel.with_treatments_as_controls(decided(panel.treatments)),
        "neither": panel.with_treatments(()),
    }


def scores(simulation: Simulation, way: str, panel: Panel) -> Iterator[tuple[str, float, bool]]:
    """What was scored, its error, and whether the truth was inside the interval."""
    model = FittedModel(fit_response(panel, _SHORT, forecasts=False).response)
    effects = FittedEffects(model, panel)
    total, size = simulation.kpi.sum(), simulation.treatment_effect.sum((0, 1))
    truth = dict(zip(simulation.treated.treatments, size, strict=True))
    direct = simulation.contribution(simulation.exposure).sum((0, 1))
    media = effects.components.media.sum((1, 2))
    low, high = effect_interval(media)
    for c, name in enumerate(panel.channels):
        inside = bool(low[c] <= direct[c] <= high[c])
        error = float(abs(point(media)[c] - direct[c]) / total)
        yield "channels", error, inside
        if name == simulation.spec.treatments.announced_by:
            yield "announcing channel", float((point(media)[c] - direct[c]) / direct[c]), inside
    if way == "controls":
        yield from _as_controls(effects, truth)
    for one, true in truth.items():
        if one.kind == "holiday" and way == "neither":  # as if holidays did nothing
            yield "holidays", -float(true / _usual_weeks(simulation, one)), true == 0.0
    if way == "treatments":
        found = treatment_effects(effects)
        for (_, row), (one, true) in zip(found.iterrows(), truth.items(), strict=True):
            inside = bool(row["contribution_lower"] <= true <= row["contribution_upper"])
            if one.kind == "holiday":
                error = (row["contribution"] - true) / _usual_weeks(simulation, one)
                yield "holidays", float(error), inside
            else:
                yield one.kind, float(row["contribution"] / true - 1.0), inside
                yield from _by_region(simulation, effects, one)


def _by_region(
    simulation: Simulation, effects: FittedEffects, one: Treatment
) -> Iterator[tuple[str, float, bool]]:
    """What a promotion or a price brought in each region of a panel."""
    place = simulation.treated.treatments.index(one)
    response = effects.model.response
    columns = response.scaling.treatment(effects.panel)[..., place].sum(1)
    size = columns * response.scaling.region_size
    members = response.state["treatment"][..., place] * size  # [M, R]
    truth = simulation.treatment_effect[..., place].sum(1)
    low, high = interval(members)
    for r in range(len(truth)) if len(truth) > 1 else ():
        error = float(point(members)[r] / truth[r] - 1.0)
        yield f"{one.kind}, a region", error, bool(low[r] <= truth[r] <= high[r])


def _usual_weeks(simulation: Simulation, one: Treatment) -> float:
    """KPI of the usual weeks that a part of a holiday lies in."""
    values = simulation.treated.values[..., simulation.treated.treatments.index(one)]
    return float((simulation.size[:, None] * values).sum())


def _as_controls(effects: FittedEffects, truth: dict) -> Iterator[tuple[str, float, bool]]:
    """A control has no level that it is measured against: taken is the usual week."""
    parts, names = effects.components.control, effects.model.controls
    for one, true in truth.items():
        if one.kind in ("promotion", "price"):
            own = parts[..., names.index(one.label)]
            usual = np.median(own, axis=2, keepdims=True)
            members: Floats = (own - usual).sum((1, 2))
            low, high = interval(members)
            yield one.kind, float(point(members) / true - 1.0), bool(low <= true <= high)


def main() -> None:
    """Print a table for each number of regions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=31000)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--regions", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--regional", type=float, default=0.0, help="spread of regions' effects")
    parser.add_argument("--alike", action="store_true", help="fit one effect in all regions")
    parser.add_argument("--ways", nargs="+", default=["treatments", "controls", "neither"])
    asked = parser.parse_args()
    if asked.alike:
        priors.REGION_EFFECTS = (1e-9, 1e9)
    rows = []
    for regions in asked.regions:
        for seed in range(asked.first, asked.first + asked.draws):
            simulation = drawn(seed, regions, asked.regional)
            for way, panel in ways(simulation.panel()).items():
                if way not in asked.ways:
                    continue
                for what, error, inside in scores(simulation, way, panel):
                    rows.append((regions, seed, way, what, error, inside))
    found = pd.DataFrame(rows, columns=["regions", "seed", "way", "what", "error", "inside"])
    write("treatments", found.to_dict("records"))
    by = found.groupby(["regions", "what", "way"], sort=False)
    table = by.agg(
        median=("error", lambda e: float(np.median(np.abs(e)))),
        bias=("error", "median"),
        rms=("error", lambda e: float(np.sqrt(np.mean(np.square(e))))),
        coverage=("inside", "mean"),
        cases=("inside", "size"),
    )
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
