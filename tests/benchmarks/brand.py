"""How often a slow stock is told, where there is one and where there is none.

    python tests/benchmarks/brand.py [--first 71000] [--draws 10] [--regions 1 4] [--no-steady]

Draws brands of 182 weeks whose level drifts, each with a slow stock of television and video and
without one, and under two plans: one that goes on as it is, and one in which both pause for a
year. Multiple, half-life and what was there at the start are drawn from what the model expects of
them. Fits each with ``brand`` (short chains), and once without where a stock is told; where none is
both are the same. Prints by plan and number of regions: how often a stock is told; error and
coverage of the long-term share, of told ones and of all published intervals; error and coverage of
the short-term return of television and video with the term and without; and the error of the whole
return, short and long term, of a fit that knows the short term alone. Writes benchmarks/brand.json.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from writing import write

from mmm_model.brand import LONGEST, SHORTEST, BrandSettings
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.long_term import long_term
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Panel
from mmm_model.priors import BRAND_MULTIPLE, BRAND_START_SD
from mmm_model.settings import ModelSettings
from mmm_model.simulator import BrandSpec, ChannelSpec, Simulation, SimulationSpec, simulate

_WEEKS, _DRIFT = 182, 0.003
_PAUSE = (80, 132)
_FEED = ("tv", "video")
_SHORT = ModelSettings(chains=2, warmup=80, draws=100, members=200, gru_width=0, rounds=0)
_ON = replace(_SHORT, brand=BrandSettings(_FEED))


def drawn(seed: int, regions: int, pauses: bool, lasts: bool) -> Simulation:
    """A brand; the same but for its pause and its stock, whatever these are."""
    rng = np.random.default_rng([seed, 29])
    dark = _PAUSE if pauses else (0, 0)
    channels = (
        ChannelSpec(
            "tv", 0.04, 0.01, rng.uniform(0.05, 0.12), bursts=bool(rng.random() < 0.5),
            decay=rng.uniform(0.3, 0.7), follows_demand=rng.uniform(0, 0.5), dark=dark,
        ),
        ChannelSpec(
            "video", 0.02, 0.009, rng.uniform(0.02, 0.05), decay=rng.uniform(0.2, 0.5), dark=dark
        ),
        ChannelSpec("search", 0.02, 0.4, rng.uniform(0.03, 0.07), follows_demand=0.5, decay=0.1),
    )  # fmt: skip
    median, spread = BRAND_MULTIPLE
    brand = BrandSpec(
        _FEED,
        multiple=float(median * np.exp(spread * rng.standard_normal())),
        half_life=float(SHORTEST * (LONGEST / SHORTEST) ** rng.random()),
        start=float(max(1.0 + BRAND_START_SD * rng.standard_normal(), 0.0)),
    )
    spec = SimulationSpec(
        channels=channels,
        regions=tuple(f"region_{number}" for number in range(regions)),
        weeks=_WEEKS,
        trend_per_year=rng.uniform(-0.03, 0.05),
        noise=rng.uniform(0.025, 0.06),
        outage_share=0.0,
        level_drift=_DRIFT,
        brand=brand if lasts else None,
    )
    return simulate(spec, seed)


def fitted(panel: Panel, settings: ModelSettings) -> FittedEffects:
    """A fit without a graph."""
    response = fit_response(panel, settings, forecasts=False).response
    return FittedEffects(FittedModel(response), panel)


def measure(simulation: Simulation) -> dict[str, object]:
    """Fit a brand and compare with the truth."""
    began, panel = time.process_time(), simulation.panel()
    on = fitted(panel, _ON)
    row = long_term(on).iloc[0]
    off = fitted(panel, _SHORT) if row["told"] else on
    spec = simulation.spec.brand
    share = spec.multiple / (1 + spec.multiple) if spec else 0.0
    inside = row["share_lower"] <= share <= row["share_upper"]
    found: dict[str, object] = {
        "told": bool(row["told"]), "ln_k": float(row["log_bayes_factor"]), "true_share": share,
        "share": float(row["share"]), "lower": float(row["share_lower"]),
        "upper": float(row["share_upper"]), "inside": bool(inside),
    }  # fmt: skip
    own = [panel.channels.index(name) for name in _FEED]
    true = simulation.contribution(simulation.exposure)[..., own].sum((0, 1))
    for name, effects in (("with", on), ("without", off)):
        media = effects.components.media[..., own].sum((1, 2))
        low, high = effect_interval(media)
        found[f"error_{name}"] = float(np.abs(point(media) / true - 1).mean())
        found[f"covered_{name}"] = float(((low <= true) & (true <= high)).mean())
    whole = true / (1 - share)
    later = media_later(on, own)
    found["whole_without"] = float(np.abs(point(media) / whole - 1).mean())
    found["whole_with"] = float(np.abs(point(later) / whole - 1).mean())
    return found | {"seconds": time.process_time() - began}


def media_later(effects: FittedEffects, own: list[int]) -> np.ndarray:
    """What channels bring at once and later ``[M, C]``; at once alone where no stock is told."""
    media = effects.components.media[..., own].sum((1, 2))
    multiple = effects.model.response.state.get("brand_multiple")
    return media if multiple is None else media * (1 + multiple[:, own])


def worlds(asked: argparse.Namespace) -> Iterator[tuple[dict[str, object], Simulation]]:
    """Every brand, with its name."""
    for regions in asked.regions:
        for pauses in (True, False) if asked.steady else (True,):
            for seed in range(asked.first, asked.first + asked.draws):
                for lasts in (True, False):
                    name = {"regions": regions, "pauses": pauses, "lasts": lasts, "seed": seed}
                    yield name, drawn(seed, regions, pauses, lasts)


def summary(rows: list[dict[str, object]]) -> pd.DataFrame:
    """By number of regions, plan and whether there is a stock."""
    table, found = pd.DataFrame(rows), []
    for key, part in table.groupby(["regions", "pauses", "lasts"]):
        told = part[part["told"]]
        found.append(
            dict(zip(("regions", "pauses", "lasts"), key, strict=True))
            | {"told": f"{len(told)} of {len(part)}"}
            | {"error of a told share": (told["share"] - told["true_share"]).abs().mean()}
            | {"told shares inside": told["inside"].mean()}
            | {"published shares inside": part["inside"].mean()}
            | {
                name: part[name].mean()
                for name in ("error_with", "error_without", "covered_with", "covered_without",
                             "whole_with", "whole_without", "seconds")
            }
        )  # fmt: skip
    return pd.DataFrame(found).round(3)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=71000)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--regions", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--no-steady", dest="steady", action="store_false", help="pauses alone")
    rows: list[dict[str, object]] = []
    for name, simulation in worlds(parser.parse_args()):
        rows.append({**name, **measure(simulation)})
        line = (f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in rows[-1].items())
        print("  ".join(line), flush=True)
    print(summary(rows).T.to_string())
    write("brand", rows)


if __name__ == "__main__":
    main()
