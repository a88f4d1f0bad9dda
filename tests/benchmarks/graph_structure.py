"""Learning structure against known graphs, beside other packages, and its time.

    python tests/benchmarks/graph_structure.py [linear|lagged|time ...] [--draws 10]
        [--sizes 10,20,50] [--degrees 2,4] [--rivals dagma,notears,golem,direct_lingam]
        [--seconds 60]

``linear``: linear structural models, n = 1,000, raw and standardised; every method sees the
same draws, and a rival that has used ``--seconds`` in a cell gets no more draws of it (the
table says how many it had, and ours are averaged over the same ones). ``lagged``: the public
graphs whose edges act with a lag (DATASETS names their folder). ``time``: 30 channels × 200
regions × 156 weeks. Rivals come with ``pip install '.[benchmark]'``. One thread each. Prints
tables and writes benchmarks/graph_linear.json, graph_lagged.json and graph_time.json.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from graph_draws import GRAPHS, NOISE, directed_f1, draw, shd
from graph_rivals import STATIC, quiet
from writing import write

from mmm_model.graph.ordering import learn_equations

ROWS = 1000


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
        for seed in range(options.draws):
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["linear"])
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--sizes", type=_numbers, default=(10, 20, 50))
    parser.add_argument("--degrees", type=_numbers, default=(2, 4))
    parser.add_argument("--rivals", type=_names, default=tuple(STATIC))
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for part in options.parts:
        {"linear": linear}[part](options)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


if __name__ == "__main__":
    main()
