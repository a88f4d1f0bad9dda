"""Whether planted drifts of effectiveness are found, and what is found where nothing moves.

    python tests/benchmarks/drifts.py GROUP … [--first SEED] [--count N] [--share 0.1]
        [--set KEY=VALUE …]

Groups as of ``fresh_truth.py`` whose weekly truth is known: simulator, scenario, meridian,
shocks. In every world the channel that brings most gains or loses 40 %, at once or over a year,
and the same world is fitted once as it is; --share lets that channel bring so much of the KPI in
both. Without --first the first seed is drawn from the clock and printed. A fit is made again
without a GRU where some channel moves, to say what the gate costs or earns; where none does both
are the same, draw by draw. ``signal`` is what the true drift adds to the log likelihood were
everything else about media known but the sizes: below about five it is hardly seen. Prints a line
a world, then found, false alarms and errors by group, and writes benchmarks/drifts.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from datasets import with_truth
from fresh_truth import drawn, without_driven
from fresh_worlds import WORLDS
from writing import write

from mmm_model.effects.effectiveness import effectiveness
from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.lift_evidence import tested_channels
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior_stages import _part, _seen
from mmm_model.fit.stages import past_and_settings
from mmm_model.fit.training import fit
from mmm_model.intervals import point
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

_MOVED = 0.4
_VISIBLE = 5.0


@dataclass(frozen=True)
class Planted:
    """A world with a drift, or none.

    Parameters
    ----------
    panel
        What is fitted.
    contribution
        ``[R, W, C]`` true contributions.
    channel
        Position of the one that moves; None where none does.
    path
        ``[W]`` its true effectiveness.
    kind
        In words.
    """

    panel: Panel
    contribution: np.ndarray
    channel: int | None
    path: np.ndarray
    kind: str


def world(group: str, seed: int) -> Planted:
    """A world of a group as it is."""
    if group == "simulator":
        panel, truth = with_truth(f"draw{seed}")
        panel, contribution = without_driven(panel), truth.contribution
    else:
        made = WORLDS[group](seed)
        panel, contribution = drawn(made)[0], made.contribution
    return Planted(panel, contribution, None, np.ones(len(panel.weeks)), "none")


def enlarged(made: Planted, share: float) -> Planted:
    """The same world in which the channel that brings most brings such a share of the KPI."""
    contribution = made.contribution.copy()
    own = contribution.sum((0, 1)).argmax()
    seen = np.where(made.panel.observed, contribution[..., own], 0.0)
    rest = made.panel.kpi.sum() - seen.sum()
    more = share / (1 - share) * rest / seen.sum() - 1
    contribution[..., own] *= 1 + more
    panel = replace(made.panel, kpi=made.panel.kpi + more * seen)
    return replace(made, panel=panel, contribution=contribution)


def planted(still: Planted, seed: int) -> Planted:
    """The same world with a drift of the channel that brings most."""
    rng, weeks = np.random.default_rng([seed, 99]), len(still.path)
    week, sign = np.arange(weeks), rng.choice([-1.0, 1.0])
    if rng.random() < 0.5:
        kind, began = "step", rng.integers(weeks // 3, 2 * weeks // 3)
        moved = (week >= began) * 1.0
    else:
        kind, began = "ramp", rng.integers(weeks // 4, max(weeks // 4 + 1, 3 * weeks // 4 - 26))
        moved = np.clip((week - began) / 52, 0, 1)
    path = 1 + sign * _MOVED * moved
    own = still.contribution.sum((0, 1)).argmax()
    before = still.contribution[..., own]
    path = path * before.sum() / (before * path).sum()
    panel, contribution = still.panel, still.contribution.copy()
    contribution[..., own] = before * path
    more = np.where(panel.observed, before * (path - 1), 0.0)
    label = f"{kind} {sign * _MOVED:+.1f} at {began}"
    return Planted(replace(panel, kpi=panel.kpi + more), contribution, int(own), path, label)


def measure(made: Planted, settings: ModelSettings) -> dict[str, object]:
    """Fit a world and compare with the truth."""
    began = time.process_time()
    response = fit(made.panel, settings)[0].response
    seconds = time.process_time() - began
    log_bf = response.mixing["log_bayes_factor"]
    moves = np.array([np.ptp(e) > 0 for e in _paths(response, made.panel).T])
    others = np.ones(len(log_bf), dtype=bool)
    row: dict[str, object] = {"drift": made.kind, "channels": len(log_bf), "moving": moves.sum()}
    error = _roi_error(response, made)
    without = error
    if moves.any():
        without = _roi_error(fit(made.panel, replace(settings, gru_width=0))[0].response, made)
    if made.channel is not None:
        others[made.channel] = False
        found = _paths(response, made.panel)[:, made.channel]
        truth = made.path / made.path.mean()
        row |= {
            "share": made.contribution[..., made.channel].sum() / made.panel.kpi.sum(),
            "signal": signal(made, settings),
            "log_bf": log_bf[made.channel],
            "found": moves[made.channel],
            "path_error": np.sqrt(((found - truth) ** 2).mean()),
            "path_spread": truth.std(),
            "roi_error": error[made.channel],
            "roi_error_without": without[made.channel],
        }
    row |= {"other_log_bf": log_bf[others].max(), "false": moves[others].sum()}
    row |= {"others": others.sum(), "roi_mape": np.nanmean(error)}
    row |= {"roi_mape_without": np.nanmean(without), "seconds": seconds}
    return {k: v if isinstance(v, str) else float(v) for k, v in row.items()}


def _paths(response, panel: Panel) -> np.ndarray:
    """Effectiveness ``[W, C]``."""
    table = effectiveness(response.media_response(panel), panel)
    return table["effectiveness"].to_numpy().reshape(len(panel.channels), -1).T


def _roi_error(response, made: Planted) -> np.ndarray:
    """Relative error of returns ``[C]``; NaN of a channel without effect."""
    true = made.contribution.sum((0, 1))
    earned = response.components(made.panel).media.sum((1, 2))
    works = true > 1e-9 * true.sum()
    return np.where(works, np.abs(point(earned) / np.where(works, true, 1.0) - 1), np.nan)


def signal(made: Planted, settings: ModelSettings) -> float:
    """Half the squared whitened drift of the true contributions, sizes taken out."""
    past, own = past_and_settings(made.panel, replace(settings, warmup=80))
    rows = _seen(past)
    design = Design.of(_part(past, rows), own)
    still = Moving.none(design.weeks, design.channels, own)
    chain = Chain(design, own, [own.seed, 0], tested_channels(design, ()), still)
    chain.settle(chain.warm_up())
    true = made.contribution[rows] / design.size[:, None, None]
    constant = true.copy()
    constant[..., made.channel] /= made.path
    columns = np.concatenate([constant, (true - constant)[..., [made.channel]]], axis=-1)
    columns = np.where(design.observed[..., None], columns, 0.0)
    gram = chain.moments_of(columns).gram
    sizes = gram[:-1, :-1] + np.eye(design.channels)
    return 0.5 * float(gram[-1, -1] - gram[-1, :-1] @ np.linalg.solve(sizes, gram[:-1, -1]))


def worlds(
    group: str, first: int, count: int, share: float | None
) -> Iterator[tuple[str, Planted]]:
    """Every world twice: with a drift and as it is."""
    for seed in range(first, first + count):
        still = world(group, seed)
        still = enlarged(still, share) if share else still
        yield f"{group}{seed}", planted(still, seed)
        yield f"{group}{seed}", still


def summary(rows: list[dict]) -> pd.DataFrame:
    """Found, false alarms and errors by group."""
    table = pd.DataFrame(rows)
    table["with_drift"] = table["drift"] != "none"
    found = []
    for group, part in table.groupby("group", sort=False):
        drift, still = part[part["with_drift"]], part[~part["with_drift"]]
        seen = drift[drift["signal"] > _VISIBLE]
        false = {name: (own["false"].sum(), own["others"].sum()) for name, own in
                 (("false beside a drift", drift), ("false without", still))}  # fmt: skip
        found.append(
            {"group": group, "found": f"{drift['found'].sum():.0f} of {len(drift)}"}
            | {"found where it can be seen": f"{seen['found'].sum():.0f} of {len(seen)}"}
            | {name: f"{count:.0f} of {of:.0f}" for name, (count, of) in false.items()}
            | {
                "ROI error of what moves": drift["roi_error"].mean(),
                "without GRU": drift["roi_error_without"].mean(),
                "ROI error where nothing moves": still["roi_mape"].mean(),
                "without GRU ": still["roi_mape_without"].mean(),
            }
        )
    return pd.DataFrame(found).set_index("group").round(3).T


def main() -> None:
    """Measure the groups named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", default=["simulator"])
    parser.add_argument("--first", type=int, default=int(time.time()) % 10**7)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--share", type=float)
    parser.add_argument("--set", nargs="*", default=[], help="settings as KEY=VALUE")
    asked = parser.parse_args()
    pairs = (pair.split("=", 1) for pair in asked.set)
    settings = ModelSettings(**{key: json.loads(value) for key, value in pairs})
    rows = []
    for group in asked.groups:
        print("group", group, "first seed", asked.first, flush=True)
        for name, made in worlds(group, asked.first, asked.count, asked.share):
            rows.append({"group": group, "world": name, **measure(made, settings)})
            line = (f"{k} {v:.3g}" if isinstance(v, float) else v for k, v in rows[-1].items())
            print("  ".join(line), flush=True)
    print(summary(rows).to_string())
    write("drifts", rows)


if __name__ == "__main__":
    main()
