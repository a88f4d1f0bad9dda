"""Learning structure against known graphs, beside other packages, and its time.

    python tests/benchmarks/graph_structure.py [linear|lagged|time ...] [--draws 10]
        [--seed 1000] [--sizes 10,20,50] [--degrees 2,4]
        [--rivals dagma,notears,golem,direct_lingam] [--seconds 60]

``linear``: linear structural models, n = 1,000, raw and standardised; every method sees the
same draws, and a rival that has used ``--seconds`` in a cell gets no more draws of it (the
table says how many it had, and ours are averaged over the same ones). ``lagged``: the public
graphs whose edges act with a lag (DATASETS names their folder), up to eight weeks for every
method. ``time``: 30 channels × 200 regions × 156 weeks, drawn with edges, and the training of a
refresh of that panel, graph included. Rivals come with
``pip install '.[benchmark]'``. One thread, seconds of the processor. Prints tables and writes
benchmarks/graph_linear.json, graph_lagged.json and graph_time.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import time
from collections import Counter
from dataclasses import replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from datasets import FOLDER
from graph_draws import GRAPHS, NOISE, auroc, best_f1, directed_f1, draw, shd
from graph_rivals import STATIC, order_regression, pcmci_plus, quiet, var_lingam
from scaling import random_panel
from table_equations import learn_equations
from writing import write

from mmm_model.fit.training import train
from mmm_model.graph import GraphSettings, learn_graph
from mmm_model.graph.learning import learn_weights
from mmm_model.graph.resampling import LaggedPanel
from mmm_model.settings import ModelSettings

ROWS = 1000
LAGS = 8
REFITS = 200  # so that probabilities rank pairs finely


def linear(options: argparse.Namespace) -> list[dict]:
    """SHD, directed F1 and seconds of each method in each cell."""
    methods = {"ours": lambda table: learn_equations(table)[0]}
    methods |= {name: STATIC[name] for name in options.rivals}
    rows = []
    cells = itertools.product(options.sizes, GRAPHS, options.degrees, NOISE, (False, True))
    for d, graph, degree, noise, standardised in cells:
        cell = {
            "d": d,
            "graph": graph,
            "degree": degree,
            "noise": noise,
            "data": "standardised" if standardised else "raw",
        }
        scores: dict[str, list[tuple[float, ...]]] = {name: [] for name in methods}
        for seed in range(options.seed, options.seed + options.draws):
            table, truth = draw(graph, d, degree, noise, ROWS, seed)
            if standardised:
                table = (table - table.mean(axis=0)) / table.std(axis=0)
            for name, method in methods.items():
                used = sum(score[2] for score in scores[name])
                if name != "ours" and used > options.seconds:
                    continue
                start = time.process_time()
                with quiet():
                    found = method(table)
                seconds = time.process_time() - start
                scores[name].append((shd(found, truth), directed_f1(found, truth), seconds))
        for name, of_draws in scores.items():
            mean = np.mean(of_draws, axis=0)
            same = np.mean(scores["ours"][: len(of_draws)], axis=0)
            rows.append(
                {
                    **cell,
                    "method": name,
                    "draws": len(of_draws),
                    "shd": float(mean[0]),
                    "f1": float(mean[1]),
                    "seconds": float(mean[2]),
                    "ours_shd": float(same[0]),
                    "ours_seconds": float(same[2]),
                }
            )
        print(
            f"{d:>3} {graph:<11} {degree} {noise:<11} {cell['data']:<12}",
            *(
                f"{row['method']} {row['shd']:.1f} / {row['f1']:.2f} / {row['seconds']:.2f} s"
                f" ({row['draws']})"
                for row in rows[-len(methods) :]
            ),
            sep="  ",
            flush=True,
        )
        write("graph_linear", rows)
    for name in options.rivals:
        own = [row for row in rows if row["method"] == name]
        worse = sum(row["ours_shd"] > row["shd"] for row in own)
        slower = sum(row["ours_seconds"] > row["seconds"] for row in own)
        print(f"beside {name}: SHD worse in {worse} of {len(own)} cells, slower in {slower}")
    return rows


def lagged(_: argparse.Namespace) -> list[dict]:
    """AUROC and best F1 of each method, per sample and with all samples of a graph at once."""
    rows = []
    for name in ("graph_a", "graph_b"):
        table = pd.read_csv(FOLDER / "channel_graphs" / f"{name}.csv")
        told = json.loads((FOLDER / "channel_graphs" / f"{name}_truth.json").read_text())
        nodes = told["nodes"]
        truth = np.zeros((len(nodes), len(nodes)), dtype=bool)
        for source, target in told["edges"]:
            truth[nodes.index(source), nodes.index(target)] = True
        samples = [part[nodes].to_numpy(float) for _, part in table.groupby("sample")]
        raw = np.concatenate(samples).var(axis=0)
        samples = [(x - x.mean(axis=0)) / x.std(axis=0) for x in samples]
        distinct = Counter(x.tobytes() for x in samples)
        print(f"{name}: {len(samples)} samples, of which {len(distinct)} differ")
        first = [next(x for x in samples if x.tobytes() == key) for key in distinct]
        methods = LAGGED | {
            "sort by variance": lambda x, v=raw: order_regression(*_rows(x), np.argsort(v))
        }
        for method, score in methods.items():
            row = {"graph": name, "method": method}
            with quiet():
                alone = np.array([_scores(score([x]), truth) for x in first])
                pooled = _scores(score(samples), truth)
            each = np.average(alone, axis=0, weights=list(distinct.values()))
            row |= dict(zip(("auroc", "f1"), each.tolist(), strict=True))
            row |= dict(zip(("pooled_auroc", "pooled_f1"), pooled, strict=True))
            rows.append(row)
            print("  ".join(f"{v:.3f}" if isinstance(v, float) else v for v in row.values()))
            write("graph_lagged", rows)
    return rows


def _scores(score: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    return auroc(score, truth), best_f1(score, truth)


def ours(series: list[np.ndarray]) -> np.ndarray:
    """Probability of an edge at any lag, samples as regions."""
    stacked = np.stack(series)
    inside = np.ones(stacked.shape[:2], dtype=bool)
    data = LaggedPanel.of(stacked, stacked[:, :, :0], inside, LAGS)
    pairs = ~np.eye(stacked.shape[-1], dtype=bool)
    theta = learn_weights(data, pairs, GraphSettings(max_lag_weeks=LAGS, bootstraps=REFITS))
    return (theta[:, 1:] != 0.0).any(axis=1).mean(axis=0)


def lagged_correlation(series: list[np.ndarray]) -> np.ndarray:
    """Largest absolute correlation over the lags."""
    now, past = _rows(series)
    return np.abs(past.T @ now / len(now)).reshape(LAGS, now.shape[1], -1).max(axis=0)


def ridge_var(series: list[np.ndarray]) -> np.ndarray:
    """Largest absolute weight over the lags; penalty by leaving one row out."""
    now, past = _rows(series)
    left, size, right = np.linalg.svd(past, full_matrices=False)
    best, weight = np.inf, np.zeros((past.shape[1], now.shape[1]))
    for penalty in np.logspace(-2, 4, 25):
        shrink = size**2 / (size**2 + penalty)
        error = now - left @ (shrink[:, None] * (left.T @ now))
        error /= 1.0 - (left**2 @ shrink)[:, None]
        if (error**2).mean() < best:
            best = (error**2).mean()
            weight = right.T @ ((size / (size**2 + penalty))[:, None] * (left.T @ now))
    return np.abs(weight).reshape(LAGS, now.shape[1], -1).max(axis=0)


def random_order(series: list[np.ndarray]) -> np.ndarray:
    """Regression on those before in a random order, of one draw."""
    order = np.random.default_rng(0).permutation(series[0].shape[1])
    return order_regression(*_rows(series), order)


def _rows(series: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """This week ``[N, C]``, and the weeks before it side by side ``[N, L · C]``."""
    now = np.concatenate([x[LAGS:] for x in series])
    past = [np.concatenate([x[LAGS - k : -k] for x in series]) for k in range(1, LAGS + 1)]
    return now, np.concatenate(past, axis=1)


LAGGED = {
    "ours": ours,
    "lagged correlation": lagged_correlation,
    "ridge VAR": ridge_var,
    "PCMCI+": lambda series: pcmci_plus(series, LAGS),
    "VAR-LiNGAM, lags by BIC": lambda series: var_lingam(series, LAGS, "bic"),
    "VAR-LiNGAM, all lags": lambda series: var_lingam(series, LAGS, None),
    "random order": random_order,
}


def timing(_: argparse.Namespace) -> list[dict]:
    """Seconds and memory of the graph of a large panel, beside the training that it is part of."""
    panel = random_panel(200, 156, 30)
    rng = np.random.default_rng(0)
    weight = np.triu(rng.random((30, 30)) < 0.1, k=1) * rng.uniform(0.2, 0.6, (30, 30))
    exposure = panel.exposure @ np.linalg.inv(np.eye(30) - weight)
    panel = replace(panel, exposure=exposure, spend=exposure)
    start, wall = time.process_time(), time.perf_counter()
    graph = learn_graph(panel, GraphSettings())
    learning = time.process_time() - start
    wall = time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = graph.published.any(axis=0)
    start = time.process_time()
    train(panel, ModelSettings(), GraphSettings())
    row = {
        "regions": 200,
        "weeks": 156,
        "channels": 30,
        "cpu_seconds": learning,
        "seconds": wall,
        "training_cpu_seconds": time.process_time() - start,
        "peak_mb": peak,
        "edges": int((weight > 0).sum()),
        "shd": shd(found, weight),
        "f1": directed_f1(found, weight),
    }
    print("  ".join(f"{key} {value:.4g}" for key, value in row.items()))
    write("graph_time", [row])
    return [row]


PARTS = {"linear": linear, "lagged": lagged, "time": timing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1000, help="of the first draw")
    parser.add_argument("--sizes", type=_numbers, default=(10, 20, 50))
    parser.add_argument("--degrees", type=_numbers, default=(2, 4))
    parser.add_argument("--rivals", type=_names, default=tuple(STATIC))
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for part in options.parts:
        PARTS[part](options)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


if __name__ == "__main__":
    main()
