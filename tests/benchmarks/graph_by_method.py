"""The product's methods of learning a graph, side by side, where the graph is known.

    python tests/benchmarks/graph_by_method.py [linear lagged funnels simulator pairs]
        [--first SEED] [--count 20] [--linear-count 4] [--sizes 10,20,50]
        [--graphs erdos_renyi scale_free] [--noises gaussian exponential]
        [--refits 50]

``linear``: linear structural models (`graph_draws.py`), 1,000 rows standardised as the product does
and as they are. ``lagged``: the public graphs whose edges act with a lag (DATASETS names their
folder), each sample alone and all together. ``funnels``: fresh draws of `fresh_funnels.py`, 3 to 40
regions. ``simulator``: the project's own draws, with the mediation that they have and without.
``pairs``: two plans with one maker, between which there is no edge. Methods refit as often as in
the product, and their edges are those that it would publish. Without --first the first seed is
drawn from the clock and printed. Funnels, simulator and pairs are scored between channels; seconds
are of the processor. Prints a table a part and writes benchmarks/graph_by_method_PART.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from datasets import FOLDER, _panel
from fresh_funnels import CHANNELS, CONTROLS, fresh_funnel
from graph_draws import GRAPHS, auroc, directed_f1, draw, shd
from writing import write

from mmm_model.graph import GraphSettings, learn_graph
from mmm_model.graph.learning import found_one_way, learn_weights
from mmm_model.graph.resampling import LaggedPanel
from mmm_model.graph.settings import METHODS
from mmm_model.panel import Panel
from mmm_model.simulator import draw_spec, simulate

ROWS, LAGS = 1000, 4
NOISES = ("gaussian", "exponential")
SKEWED = (False, True)
Row = dict[str, object]


def linear(options: argparse.Namespace) -> Iterator[Row]:
    """Linear structural models without lags."""
    for d, units in itertools.product(options.sizes, ("standardised", "raw")):
        for graph, noise in itertools.product(options.graphs, options.noises):
            for seed in range(options.first, options.first + options.linear_count):
                table, weight = draw(graph, d, 2, noise, ROWS, seed)
                if units == "standardised":
                    table = (table - table.mean(axis=0)) / table.std(axis=0)
                for method in METHODS:
                    scores = _of_series([table], weight != 0, method, 0, options.refits)
                    yield {"data": f"{d} nodes, {units}", "draw": f"{graph} {noise}", **scores}


def lagged(options: argparse.Namespace) -> Iterator[Row]:
    """Public graphs whose edges act with a lag."""
    del options
    for name in ("graph_a", "graph_b"):
        table = pd.read_csv(FOLDER / "channel_graphs" / f"{name}.csv")
        told = json.loads((FOLDER / "channel_graphs" / f"{name}_truth.json").read_text())
        nodes = told["nodes"]
        truth = np.zeros((len(nodes), len(nodes)), dtype=bool)
        for source, target in told["edges"]:
            truth[nodes.index(source), nodes.index(target)] = True
        samples = [part[nodes].to_numpy(float) for _, part in table.groupby("sample")]
        samples = [(x - x.mean(axis=0)) / x.std(axis=0) for x in samples]
        distinct = {x.tobytes(): x for x in samples}
        for method in METHODS:
            for number, sample in enumerate(distinct.values()):
                scores = _of_series([sample], truth, method, 8)
                yield {"data": f"{name}, one sample", "draw": number, **scores}
            scores = _of_series(list(distinct.values()), truth, method, 8)
            yield {"data": f"{name}, all samples", "draw": 0, **scores}


def funnels(options: argparse.Namespace) -> Iterator[Row]:
    """Fresh funnels."""
    spend = [f"{name}_spend" for name in CHANNELS]
    truth = np.zeros((3, 3), dtype=bool)
    truth[:2, 2] = True
    for seed in range(options.first, options.first + options.count):
        table = fresh_funnel(seed).table
        panel = _panel(table, "region", "week", spend, spend, list(CONTROLS), "kpi")
        data = "funnel, 3 to 5 regions" if len(panel.regions) < 8 else "funnel, 8 to 40 regions"
        yield from _of_panel(panel, truth, data, seed)


def simulator(options: argparse.Namespace) -> Iterator[Row]:
    """The project's own draws, with mediation and without."""
    for seed in range(options.first, options.first + options.count):
        spec = draw_spec(seed)
        for drives, data in ((spec.drives, "with mediation"), ((), "without mediation")):
            simulation = simulate(replace(spec, drives=drives), seed)
            panel = simulation.panel()
            truth = np.zeros((len(panel.channels),) * 2, dtype=bool)
            for drive in drives:
                source, target = map(panel.channels.index, (drive.source, drive.target))
                truth[source, target] = True
            yield from _of_panel(panel, truth, f"simulator, {data}", seed)


def pairs(options: argparse.Namespace) -> Iterator[Row]:
    """Two plans that move together because one maker makes both."""
    for regions, skewed in itertools.product((1, 3, 8), SKEWED):
        data = f"pair, {regions} regions, {'skewed' if skewed else 'normal'} maker"
        for seed in range(options.first, options.first + options.count):
            yield from _of_panel(
                one_maker(seed, regions, skewed), np.zeros((2, 2), bool), data, seed
            )


def one_maker(seed: int, regions: int, skewed: bool, weeks: int = 130) -> Panel:
    """Two plans whose correlation is 0.3 to 0.8, and a KPI that they do not move."""
    rng = np.random.default_rng([seed, regions, skewed, 77])
    maker = rng.standard_normal((regions, weeks, 1))
    if skewed:
        maker = rng.exponential(size=maker.shape) - 1.0
    share = np.sqrt(rng.uniform(0.3, 0.8))
    own = rng.standard_normal((regions, weeks, 2))
    plan = np.exp(0.35 * (share * maker + np.sqrt(1 - share**2) * own))
    kpi = 10.0 + 0.5 * rng.standard_normal((regions, weeks))
    table = pd.DataFrame(
        {
            "region": np.repeat([f"r{i}" for i in range(regions)], weeks),
            "week": np.tile(pd.date_range("2021-01-04", periods=weeks, freq="7D"), regions),
            "kpi": kpi.ravel(),
            "one": plan[..., 0].ravel(),
            "other": plan[..., 1].ravel(),
        }
    )
    spend = ["one", "other"]
    return _panel(table, "region", "week", spend, spend, [], "kpi")


def _of_series(
    series: list[np.ndarray], truth: np.ndarray, method: str, lags: int, refits: int = 50
) -> Row:
    """Scores of a method on tables ``[N, C]`` that need no preparation."""
    stacked = np.stack(series)
    inside = np.ones(stacked.shape[:2], dtype=bool)
    settings = GraphSettings(method=method, max_lag_weeks=lags, bootstraps=refits)
    began = time.process_time()
    data = LaggedPanel.of(stacked, stacked[:, :, :0], inside, lags)
    found = found_one_way(learn_weights(data, ~np.eye(len(truth), dtype=bool), settings))
    seconds = time.process_time() - began
    probability = found.mean(axis=0).max(axis=0)
    used = probability >= settings.publish_probability
    return _scores(probability, used, truth, method, seconds)


def _of_panel(panel: Panel, truth: np.ndarray, data: str, seed: int) -> Iterator[Row]:
    """Scores of every method on a panel, between channels."""
    count = len(truth)
    for method in METHODS:
        began = time.process_time()
        graph = learn_graph(panel, GraphSettings(method=method))
        seconds = time.process_time() - began
        probability = graph.probability.max(axis=0)[:count, :count]
        used = graph.drivers()[:count, :count]
        yield {"data": data, "draw": seed, **_scores(probability, used, truth, method, seconds)}


def _scores(
    probability: np.ndarray, used: np.ndarray, truth: np.ndarray, method: str, seconds: float
) -> Row:
    both = truth.any()
    return {
        "method": method,
        "shd": shd(used, truth),
        "f1": directed_f1(used, truth) if both else np.nan,
        "auroc": auroc(probability, truth) if both else np.nan,
        "all_found": float((used & truth).sum() == truth.sum()) if both else np.nan,
        "false": int((used & ~truth).sum()),
        "false_any": float((used & ~truth).any()),
        "seconds": seconds,
    }


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "linear": linear,
    "lagged": lagged,
    "funnels": funnels,
    "simulator": simulator,
    "pairs": pairs,
}


def main() -> None:
    """Measure the parts named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--first", type=int, default=int(time.time()) % 10**7)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--linear-count", type=int, default=4)
    parser.add_argument(
        "--sizes", type=lambda text: tuple(map(int, text.split(","))), default=(10, 20, 50)
    )
    parser.add_argument("--graphs", nargs="+", default=GRAPHS, choices=GRAPHS)
    parser.add_argument("--noises", nargs="+", default=NOISES, choices=NOISES)
    parser.add_argument("--refits", type=int, default=50, help="of the part linear")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for part in options.parts:
        print("part", part, "first seed", options.first, flush=True)
        rows = []
        for row in PARTS[part](options):
            rows.append(row)
            write(f"graph_by_method_{part}", rows)
        frame = pd.DataFrame(rows).drop(columns="draw")
        grouped = frame.groupby(["data", "method"], sort=False)
        table = grouped.mean().round(3).assign(draws=grouped.size())
        print(table.to_string(), flush=True)


if __name__ == "__main__":
    main()
