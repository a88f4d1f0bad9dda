"""How near estimates come to the truth on draws that nobody looked at.

    python tests/benchmarks/fresh_truth.py GROUP … [--first SEED] [--count N] [--preset paper]
        [--set KEY=VALUE …] [--paired | --keep]

Groups: national (SCIENCE/national_worlds.py), simulator, scenario, meridian, shocks and funnel
(fresh_worlds.py), published, stress, graphs. Without
--first the first seed is drawn from the clock and printed, so that a run can be repeated; --set
changes settings of the model (``--set 'estimator="search"'``), for paired comparisons. Fits as a
refresh does, direct effects only. Prints a line a table, then mean and standard error of each
score of a group, and writes benchmarks/fresh_truth.json. SRMSE is the error of weekly
contributions over the mean of the true ones, the median of channels; the log density is that of
the true log return under a normal kernel estimate of the draws.

fresh_truth_release.json holds the rows of the last release, whose means are printed beside;
--paired repeats its groups and seeds, so that the difference of each table is known; --keep writes
it, group after group.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import FOLDER, SCENARIOS, Truth, _panel, with_truth
from fresh_worlds import WORLDS, World
from writing import write

from mmm_model.fit.training import fit, response_controls
from mmm_model.graph import GraphSettings, learn_graph
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

SCIENCE = Path(os.environ.get("SCIENCE", FOLDER.parent / "science"))
PUBLISHED = (
    "geo_reach_frequency",
    "medium_business",
    "small_business",
    "growing_business",
    *SCENARIOS,
    "lag05",
    "funnel_3geo_130w",
)
RELEASE = Path(__file__).with_name("fresh_truth_release.json")
DEFAULT = ("national", "simulator", "published")
SCORES = (
    "roi_mape",
    "coverage",
    "log_density",
    "share_error",
    "total",
    "r_hat",
    "seconds",
    "srmse",
)
_FLOOR = 1e-6


@dataclass(frozen=True)
class Known:
    """True totals ``[C]`` in money and contributions ``[R, W, C]`` where they are known."""

    earned: np.ndarray
    contribution: np.ndarray | None = None


def national(seed: int) -> tuple[Panel, Known]:
    """A world of `national_worlds.py`."""
    spec = importlib.util.spec_from_file_location("worlds", SCIENCE / "national_worlds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table, truth = module.world(seed)
    names = list(truth["channels"])
    panel = _panel(
        table,
        None,
        "week",
        [f"{n}_impressions" for n in names],
        [f"{n}_spend" for n in names],
        [c for c in table if c.startswith("control_")],
        "revenue",
    )
    weekly = np.stack([truth["channels"][n]["weekly"] for n in names], axis=-1)
    return panel, Known(weekly.sum(0), weekly[None])


def of_truth(panel: Panel, truth: Truth) -> tuple[Panel, Known]:
    """The project's own truth as totals."""
    value = np.where(np.isnan(panel.value_per_kpi), 1.0, panel.value_per_kpi)
    earned = (truth.contribution * value[..., None]).sum((0, 1))
    return panel, Known(earned, truth.contribution)


def without_driven(panel: Panel) -> Panel:
    """Leave controls out that the channel graph finds media to drive, as a refresh does."""
    settings = GraphSettings()
    return panel.with_controls(
        response_controls(panel.controls, learn_graph(panel, settings), settings)
    )


def stress(name: str) -> tuple[Panel, Known]:
    """A world of `stress_worlds`."""
    folder = FOLDER / "stress_worlds"
    table = pd.read_csv(folder / f"{name}.csv")
    spend = [c for c in table if c.endswith("_spend")]
    controls = [c for c in table if c not in {"week", "region", "sales", *spend}]
    if name == "dense_controls":
        controls = ["demand_proxy", "price", "weather"]
    region = "region" if "region" in table else None
    panel = _panel(table, region, "week", spend, spend, controls, "sales")
    truth = json.loads((folder / f"{name}_truth.json").read_text())
    return panel, Known(np.array([truth["true_contribution"][c] for c in spend]))


def graphs(name: str) -> tuple[Panel, Known]:
    """A world of `graphsimulacrum`; the truth is that which adds up."""
    folder = FOLDER / "graphsimulacrum"
    table = pd.read_csv(folder / f"{name}.csv")
    spend = [c for c in table if c.startswith("inv_")]
    controls = [c for c in table if c.endswith("_index")]
    panel = _panel(table, None, "week", spend, spend, controls, "revenue")
    truth = json.loads((folder / f"{name}_truth.json").read_text())
    roi = np.array([truth["true_roi"][c] for c in spend])
    return panel, Known(roi * table[spend].sum().to_numpy())


def drawn(world: World) -> tuple[Panel, Known]:
    """A world of `fresh_worlds`."""
    panel = _panel(
        world.table,
        "region",
        "week",
        [f"{name}_exposure" for name in world.channels],
        [f"{name}_spend" for name in world.channels],
        [name for name in world.table if name.startswith("control_")],
        "kpi",
    )
    return panel, Known(world.contribution.sum((0, 1)), world.contribution)


def tables(group: str, first: int, count: int) -> Iterator[tuple[str, Panel, Known]]:
    """The tables of a group."""
    if group == "national":
        for seed in range(first, first + count):
            yield f"national{seed}", *national(seed)
    elif group == "simulator":
        for seed in range(first, first + count):
            panel, known = of_truth(*with_truth(f"draw{seed}"))
            yield f"draw{seed}", without_driven(panel), known
    elif group in ("published", "scen"):
        for name in PUBLISHED if group == "published" else SCENARIOS:
            panel, known = of_truth(*with_truth(name))
            yield name, without_driven(panel), known
    elif group in WORLDS:
        for seed in range(first, first + count):
            yield f"{group}{seed}", *drawn(WORLDS[group](seed))
    elif group == "stress":
        for file in sorted((FOLDER / "stress_worlds").glob("*.csv")):
            yield file.stem, *stress(file.stem)
    elif group == "graphs":
        for name in ("brazil_104w", "brazil_s4101", "uk_260w", "uk_s4101"):
            yield name, *graphs(name)
    else:
        yield group, *of_truth(*with_truth(group))


def score(panel: Panel, known: Known, settings: ModelSettings) -> dict[str, float]:
    """Fit a panel and compare with the truth."""
    began = time.process_time()
    response = fit(panel, settings)[0].response
    media = response.components(panel).media
    seconds = time.process_time() - began
    value = np.where(np.isnan(panel.value_per_kpi), 1.0, panel.value_per_kpi)
    earned = (media * value[..., None]).sum((1, 2))  # [M, C]
    r_hat = response.mixing["r_hat"].max() if response.mixing else np.nan
    return scores(known, earned, media.mean(0).sum(0), r_hat, seconds)


def scores(
    known: Known, earned: np.ndarray, weekly: np.ndarray, r_hat: float, seconds: float
) -> dict[str, float]:
    """Compare draws ``[M, C]`` of what was earned, and weekly means ``[W, C]``, with the truth."""
    works = known.earned > 1e-9 * known.earned.sum()
    ratio = np.maximum(earned[:, works] / known.earned[works], _FLOOR)
    lower, upper = effect_interval(ratio)
    share = earned.mean(0) / earned.mean(0).sum() - known.earned / known.earned.sum()
    found = {
        "roi_mape": np.abs(point(ratio) - 1).mean(),
        "coverage": ((lower <= 1) & (upper >= 1)).mean(),
        "log_density": np.mean([_log_density(np.log(r)) for r in ratio.T]),
        "share_error": np.abs(share).mean(),
        "total": earned.mean(0).sum() / known.earned.sum(),
        "r_hat": r_hat,
        "seconds": seconds,
    }
    if known.contribution is not None:
        true = known.contribution.sum(0)
        error = np.sqrt(((weekly - true) ** 2).mean(0))
        found["srmse"] = np.median(error[works] / true.mean(0)[works])
    return {name: float(value) for name, value in found.items()}


def _log_density(log_ratio: np.ndarray) -> float:
    """Log density at zero of a normal kernel estimate."""
    width = max(1.06 * log_ratio.std() * len(log_ratio) ** -0.2, 0.02)
    kernel = -0.5 * (log_ratio / width) ** 2 - np.log(width * np.sqrt(2 * np.pi))
    return float(np.logaddexp.reduce(kernel) - np.log(len(kernel)))


def _line(row: dict) -> str:
    return "  ".join(f"{k} {v:.3g}" if isinstance(v, float) else str(v) for k, v in row.items())


def beside(frame: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard error of each score of a group; beside the last release's, and paired.

    Parameters
    ----------
    frame, kept
        Rows of a group by table; those of the release, which may be none.
    """
    found = {"mean": frame.mean(), "se": frame.sem()}
    if len(kept):
        found |= {"release": kept.mean(), "release_se": kept.sem()}
        apart = (frame - kept).dropna(how="all")
        if len(apart):
            found |= {"paired": apart.mean(), "paired_se": apart.sem()}
    return pd.DataFrame(found).T


def last_release() -> tuple[dict, pd.DataFrame]:
    """What the last release was asked for, with its rows; and these as a table."""
    release = json.loads(RELEASE.read_text()) if RELEASE.exists() else {"asked": {}, "rows": []}
    return release, pd.DataFrame(release["rows"], columns=["group", "table", *SCORES])


def measure(
    groups: dict[str, tuple[int, int]],
    kept: pd.DataFrame,
    score_of: Callable[[Panel, Known], dict[str, float]],
) -> list[dict]:
    """Score groups of tables, by first seed and count, and print them beside the release's."""
    rows = []
    for group, (first, count) in groups.items():
        print("group", group, "first seed", first, flush=True)
        own = []
        for name, panel, known in tables(group, first, count):
            own.append({"group": group, "table": name, **score_of(panel, known)})
            print(_line(own[-1]), flush=True)
        rows += own
        each = [
            one.set_index("table").drop(columns="group")
            for one in (pd.DataFrame(own), kept[kept["group"] == group])
        ]
        print(beside(*each).round(3).to_string(), flush=True)
    return rows


def _a_line_a_row(kept: dict) -> str:
    """JSON whose changes can be read row by row, in four digits."""
    rows = [
        json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
        for row in kept["rows"]
    ]
    return f'{{"asked": {json.dumps(kept["asked"])}, "rows": [\n' + ",\n".join(rows) + "\n]}\n"


def main() -> None:
    """Measure the groups named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*")
    parser.add_argument("--first", type=int, default=int(time.time()) % 10**7)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--set", nargs="*", default=[], help="settings as KEY=VALUE")
    parser.add_argument("--paired", action="store_true", help="the release's tables again")
    parser.add_argument("--keep", action="store_true", help="write the release's rows")
    asked = parser.parse_args()
    pairs = (pair.split("=", 1) for pair in asked.set)
    chosen = {key: json.loads(value) for key, value in pairs}
    settings = ModelSettings.of_preset(asked.preset, **chosen)
    release, kept = last_release()
    groups = dict.fromkeys(asked.groups or DEFAULT, (asked.first, asked.count))
    if asked.paired:
        again = {name: tuple(seeds) for name, seeds in release["asked"].items()}
        groups = {name: again[name] for name in asked.groups or again}
    rows = measure(groups, kept, lambda panel, known: score(panel, known, settings))
    write("fresh_truth", rows)
    if asked.keep:
        others = [row for row in release["rows"] if row["group"] not in groups]
        kept_now = {"asked": release["asked"] | groups, "rows": others + rows}
        RELEASE.write_text(_a_line_a_row(kept_now))


if __name__ == "__main__":
    main()
