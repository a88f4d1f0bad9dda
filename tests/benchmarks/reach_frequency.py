"""What reading reach and frequency as such is worth.

    python tests/benchmarks/reach_frequency.py [--draws 10] [--first 3000] [--chains 2] [--kept 80]

Fits simulated brands whose online video has a frequency, once as reach and frequency and once as
contacts (reach times frequency), and the public panel `geo_reach_frequency` in both ways. Prints a
row each: error of the channel's total contribution and of the others', how many of the true ones
lie inside the 90 % interval, and, of reach and frequency, how far the best frequency lies from
the true one and what the recommended one truly brings over what it could. Cheap chains.
Writes benchmarks/reach_frequency.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from datasets import FOLDER, Truth, with_truth
from writing import write

from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.frequency import frequency_curves
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import draw_spec, simulate
from mmm_model.simulator.curves import response
from mmm_model.simulator.simulation import Simulation

CHANNEL = "online_video"
REGIONS, WEEKS = 8, 104


def brand(seed: int) -> Simulation:
    """Draw a brand whose online video reaches people 1.5 to 5 times a week."""
    rng = np.random.default_rng([seed, 11])
    spec = draw_spec(seed)
    channels = tuple(
        replace(
            channel,
            frequency=rng.uniform(1.5, 5.0),
            frequency_spread=rng.uniform(0.2, 0.5),
            family="hill",
            slope=rng.uniform(1.2, 3.5),
            half_saturation=rng.uniform(0.4, 1.6),
        )
        if channel.name == CHANNEL
        else channel
        for channel in spec.channels
    )
    regions = tuple(f"region_{r}" for r in range(REGIONS))
    return simulate(replace(spec, channels=channels, regions=regions, weeks=WEEKS), seed)


def best_frequency(simulation: Simulation, model, panel: Panel) -> dict[str, float]:
    """Hold the recommended frequency against the truth."""
    c = simulation.channels.index(CHANNEL)
    effects = FittedEffects(model, panel)
    (curve,) = frequency_curves(model, panel, effects.response)
    usual, channel = simulation.usual_frequency[c], simulation.spec.channels[c]
    brings = response(channel, curve.frequency / usual) / curve.frequency
    chosen = np.bincount(curve.response.argmax(1), minlength=len(curve.frequency))
    inside = np.cumsum(chosen) / chosen.sum()
    low, high = curve.frequency[np.searchsorted(inside, [0.05, 0.95])]
    true = float(curve.frequency[brings.argmax()])
    return {
        "best_off": float(np.abs(np.log(curve.frequency[curve.best] / true))),
        "best_inside": float(low <= true <= high),
        "best_brings": float(brings[curve.best] / brings.max()),
        "current_brings": float(np.interp(curve.current, curve.frequency, brings) / brings.max()),
    }


def score(model, panel: Panel, truth: Truth, c: int) -> dict[str, float]:
    """Compare total contributions with the true ones."""
    summary = channel_summary(FittedEffects(model, panel))
    true = truth.contribution.sum((0, 1))
    works = true > 1e-9
    error = np.abs(summary["direct"].to_numpy() / np.where(works, true, np.nan) - 1)
    weekly = model.components(panel).media.mean(0).sum(0)[:, c]
    actual = truth.contribution.sum(0)[:, c]
    media = model.components(panel).media.sum((1, 2))  # [M, C]
    low, high = np.quantile(media, (0.05, 0.95), axis=0)
    inside = (low <= true) & (true <= high)
    others = works & (np.arange(len(true)) != c)
    return {
        "error": float(error[c]),
        "inside": float(inside[c]),
        "width": float((high - low)[c] / true[c]),
        "srmse": float(np.sqrt(((weekly - actual) ** 2).mean()) / actual.mean()),
        "others_error": float(np.nanmedian(error[others])),
        "others_inside": float(inside[others].mean()),
    }


def both_ways(panel: Panel) -> Iterator[tuple[str, Panel]]:
    """Return a panel of reach and frequency, and the same read as contacts."""
    yield "reach and frequency", panel
    yield "contacts", panel.as_contacts()


def public() -> tuple[Panel, Truth]:
    """Meridian's simulated panel with the reach and frequency of its fourth channel."""
    panel, truth = with_truth("geo_reach_frequency")
    table = pd.read_csv(FOLDER / "geo_reach_frequency" / "data.csv").sort_values(["geo", "time"])
    shape = panel.exposure.shape[:2]
    exposure, frequency = panel.exposure.copy(), np.full(panel.exposure.shape, np.nan)
    exposure[..., 3] = table["Channel3_reach"].to_numpy(float).reshape(shape)
    often = table["Channel3_frequency"].to_numpy(float).reshape(shape)
    frequency[..., 3] = np.maximum(often, 1.0)
    people = table["population"].to_numpy(float).reshape(shape)[:, 0]
    return replace(panel, exposure=exposure, frequency=frequency, population=people), truth


def main() -> None:
    """Measure simulated brands, then the public panel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--first", type=int, default=3000)
    parser.add_argument("--chains", type=int, default=2)
    parser.add_argument("--kept", type=int, default=80)
    asked = parser.parse_args()
    settings = ModelSettings(
        holdout_weeks=0, chains=asked.chains, warmup=asked.kept, draws=asked.kept
    )
    rows = []
    for seed in range(asked.first, asked.first + asked.draws):
        simulation = brand(seed)
        truth = Truth(simulation.contribution(simulation.exposure))
        c = simulation.channels.index(CHANNEL)
        for way, panel in both_ways(simulation.panel()):
            model, _ = fit(panel, settings)
            row = {"way": way, "seed": seed, **score(model, panel, truth, c)}
            if panel.frequency is not None:
                row |= best_frequency(simulation, model, panel)
            rows.append(row)
            print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    simulated = pd.DataFrame(rows).drop(columns="seed").groupby("way").mean().round(3)
    print(simulated.T.to_string())
    panel, truth = public()
    for way, own in both_ways(panel):
        model, _ = fit(own, settings)
        rows.append({"way": f"{way}, public", **score(model, own, truth, 3)})
        print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    write("reach_frequency", rows)


if __name__ == "__main__":
    main()
