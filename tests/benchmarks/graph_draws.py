"""Linear structural models of known graph, and the scores of a graph against its truth."""

from __future__ import annotations

import networkx as nx
import numpy as np

NOISE = {
    "gaussian": lambda rng, size: rng.normal(size=size),
    "exponential": lambda rng, size: rng.exponential(size=size),
    "gumbel": lambda rng, size: rng.gumbel(size=size),
}
GRAPHS = ("erdos_renyi", "scale_free")


def draw(
    graph: str, d: int, degree: int, noise: str, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """``[n, d]`` data and their ``[d, d]`` weights (source, target).

    ``degree`` counts the edges of a node, in and out, so there are about d · degree / 2 of
    them; weights are ±U(0.5, 2) and errors have scale one, as in the NOTEARS paper. A node of
    a scale-free graph drives those that joined before it, so the hubs are driven.
    """
    rng = np.random.default_rng([seed, d, degree, GRAPHS.index(graph), list(NOISE).index(noise)])
    pick = int(rng.integers(2**31))
    if graph == "erdos_renyi":
        edges = nx.gnm_random_graph(d, d * degree // 2, seed=pick).edges
        place = rng.permutation(d)
    else:
        edges = nx.barabasi_albert_graph(d, max(degree // 2, 1), seed=pick).edges
        place = np.arange(d)[::-1]
    weight = np.zeros((d, d))
    for a, b in edges:
        source, target = (a, b) if place[a] < place[b] else (b, a)
        weight[source, target] = rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0])
    shuffled = rng.permutation(d)
    weight = weight[np.ix_(shuffled, shuffled)]
    return NOISE[noise](rng, (n, d)) @ np.linalg.inv(np.eye(d) - weight), weight


def shd(found: np.ndarray, truth: np.ndarray) -> int:
    """Edges to add, drop or turn; a turned one counts once."""
    wrong = (found != 0) != (truth != 0)
    return int(np.triu(wrong | wrong.T).sum())


def directed_f1(found: np.ndarray, truth: np.ndarray) -> float:
    """Harmonic mean of precision and recall of the directed edges."""
    right = ((found != 0) & (truth != 0)).sum()
    return float(2.0 * right / max((found != 0).sum() + (truth != 0).sum(), 1))


def auroc(score: np.ndarray, truth: np.ndarray) -> float:
    """Chance that an edge scores above a non-edge; loops do not count."""
    off = ~np.eye(len(truth), dtype=bool)
    edge, other = score[off & truth][:, None], score[off & ~truth][None, :]
    return float(((edge > other) + 0.5 * (edge == other)).mean())


def best_f1(score: np.ndarray, truth: np.ndarray) -> float:
    """Directed F1 at the threshold that is best for it."""
    off = ~np.eye(len(truth), dtype=bool)
    return max(directed_f1(off & (score >= cut), truth) for cut in np.unique(score[off]))
