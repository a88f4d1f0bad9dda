"""The search over orders on one table, as structure learners are compared: with restarts."""

from __future__ import annotations

import numpy as np

from mmm_model.graph.ordering import OrderScore, climb
from mmm_model.panel import Floats

PATIENCE = 2
SAME = 1e-6


def learn_equations(
    table: Floats, seed: int = 0, patience: int = PATIENCE
) -> tuple[Floats, np.ndarray]:
    """Weights of sparse linear equations between the columns of a table, without a cycle.

    Parameters
    ----------
    table
        ``[N, C]`` rows of data, in any units.
    seed
        Of the restarts.
    patience
        Restarts in a row that find nothing better, before it gives up.

    Returns
    -------
    weight, order
        ``[C, C]`` (source, target), units of the target per unit of the source; ``[C]`` the
        variables, each after those that drive it.
    """
    centred = table - table.mean(axis=0)
    rows, c = centred.shape
    gram = centred.T @ centred / rows
    score = OrderScore(gram, rows, ~np.eye(c, dtype=bool), centred)
    sd = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    starts = (top_down(gram), top_down(gram / np.outer(sd, sd)))
    cost, order = min((climb(score, start) for start in starts), key=lambda found: found[0])
    rng = np.random.default_rng(seed)
    stale = 0
    while stale < patience and c > 2:
        shaken = order[np.argsort(np.arange(c) + rng.normal(0.0, c / 4, c))]
        again, found = climb(score, shaken)
        stale = 0 if again < cost - SAME else stale + 1
        if again < cost:
            cost, order = again, found
    return score.weights(order), order


def top_down(gram: Floats) -> np.ndarray:
    """Order by least variance given those before (Chen, Drton & Wang 2019)."""
    left = np.array(gram)
    order: list[int] = []
    while len(order) < len(gram):
        variance = np.diag(left).copy()
        variance[order] = np.inf
        k = int(variance.argmin())
        order.append(k)
        left -= np.outer(left[:, k], left[k]) / max(left[k, k], 1e-300)
    return np.array(order)
