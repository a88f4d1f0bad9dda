"""Ways to learn the equations of every resampling of a panel, side by side.

A new one is a function, a line in `METHODS` and its name in `mmm_model.graph.settings.METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmm_model.graph.acyclic import acyclic_weights
from mmm_model.graph.ordering import OrderScore, climb
from mmm_model.graph.regressions import choose_regressors
from mmm_model.graph.resampling import LaggedPanel
from mmm_model.graph.settings import GraphSettings
from mmm_model.panel import Bools, Floats

Refits = Callable[[LaggedPanel, Bools, Bools, GraphSettings], Floats]

_HALVES = 0.5  # from one past week to the one before it, in the sum of them
_SHAPE_ROWS = 4000  # that a refit reads to judge the shape of its errors


def refits(data: LaggedPanel, same_week: Bools, later: Bools, settings: GraphSettings) -> Floats:
    """Weights ``[B, L + 1, C, C]`` (lag, source, target) of the refits; own lags are 0.

    Parameters
    ----------
    data
        Series of C nodes.
    same_week, later
        ``[C, C]`` pairs that may be an edge at once, and in later weeks.
    settings
        With the method and the number of refits B.
    """
    c = len(later)
    theta = METHODS[settings.method](data, same_week, later, settings)  # [B, P, C]
    return np.where(np.eye(c, dtype=bool), 0.0, theta.reshape(len(theta), -1, c, c))


def by_order(data: LaggedPanel, same_week: Bools, later: Bools, settings: GraphSettings) -> Floats:
    """Search over orders of the nodes, see `mmm_model.graph.ordering`.

    Beside single past weeks stands their sum with weights that halve from week to week: an effect
    that fades is one regressor then, where it would be several, each too small to pay for itself.
    """
    c = len(later)
    past = later | np.eye(c, dtype=bool)
    allowed = _stacked(same_week, past, data)
    mixed = np.eye(len(allowed))  # [P', P] columns as sums of those of the table
    if len(allowed) > 2 * c:
        lags = np.arange(len(allowed) // c)
        fading = np.where(lags > 0, _HALVES ** (lags - 1.0), 0.0)
        mixed = np.concatenate([mixed, np.kron(fading, np.eye(c))])
        allowed = np.concatenate([allowed, past])
    rng = np.random.default_rng(settings.seed)
    theta = np.zeros((settings.bootstraps, *allowed.shape))
    for refit in theta:
        weight = rng.exponential(size=data.blocks)
        drawn = data.draw(weight, _SHAPE_ROWS, rng)
        whole = OrderScore(mixed @ data.moments(weight) @ mixed.T, data.rows, allowed)
        # What the past leaves of this week obeys the same-week equations alone; their order
        # found, both parts are chosen together.
        before = allowed.copy()
        before[:c] = False
        foretold, _ = choose_regressors(whole.gram, np.arange(c), before.T, data.rows, whole.price)
        shock = np.eye(len(allowed), c) - foretold.T
        moments = shock.T @ whole.gram @ shock
        score = OrderScore(moments, data.rows, same_week, drawn @ mixed.T @ shock)
        # From any order: directions that the data leaves open come out either way.
        _, order = climb(score, rng.permutation(c))
        refit[:] = whole.weights(order)
    return np.asarray(mixed.T @ theta)


def by_notears(
    data: LaggedPanel, same_week: Bools, later: Bools, settings: GraphSettings
) -> Floats:
    """Edges within a week by NOTEARS; of past weeks only a node's own, which is inertia."""
    del later
    own = np.eye(len(same_week), dtype=bool)
    return _optimised(data, _stacked(same_week, own, data), settings)


def by_dynotears(
    data: LaggedPanel, same_week: Bools, later: Bools, settings: GraphSettings
) -> Floats:
    """Edges within a week and from past weeks by DYNOTEARS."""
    own = np.eye(len(later), dtype=bool)
    return _optimised(data, _stacked(same_week, later | own, data), settings)


def _optimised(data: LaggedPanel, allowed: Bools, settings: GraphSettings) -> Floats:
    """Weights ``[B, P, C]`` by continuous optimisation; a node's own past is not penalised."""
    c = allowed.shape[1]
    rng = np.random.default_rng(settings.seed)
    weight = rng.exponential(size=(settings.bootstraps, data.blocks))
    gram = np.stack([data.moments(one) for one in weight])
    own = _stacked(np.zeros((c, c), dtype=bool), np.eye(c, dtype=bool), data)
    return acyclic_weights(gram, data.rows, allowed, own)


def _stacked(same_week: Bools, later: Bools, data: LaggedPanel) -> Bools:
    """Pairs ``[P, C]`` of the columns of ``data`` and the nodes."""
    lags = data.table.shape[1] // len(later) - 1
    stacked: Bools = np.concatenate([same_week, *[later] * lags])
    return stacked


METHODS: dict[str, Refits] = {
    "order": by_order,
    "notears": by_notears,
    "dynotears": by_dynotears,
}
