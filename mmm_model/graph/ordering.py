"""Linear structural equations by search over orders of the variables.

In an order every variable may depend on those before it, so a graph can have no cycle. Its
cost is −2 log-likelihood plus an extended BIC of its edges, and what a likelihood can tell
about directions is in it: whether the errors share one variance, which raw data may show,
and how far their shape is from Gaussian, which no rescaling can hide. Each is used where the
data pay for it. Where neither speaks, the order is one of those that fit equally well.

Variables are moved one at a time to the place that lowers the cost most (as in BOSS), all
places in one batch of regressions.

References
----------
Andrews et al. (2023), "Fast Scalable and Accurate Discovery of DAGs Using the Best Order Score
Search and Grow-Shrink Trees". Foygel & Drton (2010), "Extended Bayesian Information Criteria for
Gaussian Graphical Models". Chen & Chen (2008), "Extended Bayesian Information Criteria for Model
Selection with Large Model Spaces". Peters & Bühlmann (2014), "Identifiability of Gaussian
structural equation models with equal error variances". Hyvärinen & Smith (2013) for the
likelihood of non-Gaussian errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mmm_model.graph.regressions import choose_regressors
from mmm_model.graph.shape import shape_gain
from mmm_model.panel import Bools, Floats

# Share of the price at entry (see `choose_regressors`) in the search and for its result. With
# few rows a column, or past weeks, what enters cheaply fits noise together: it pays in full.
_ENTRY, _FINAL_ENTRY = 0.3, 0.05
_MANY_ROWS = 10.0
_SAME = 1e-6


@dataclass
class OrderScore:
    """Costs of regressions and of the orders that they make up.

    Parameters
    ----------
    gram
        ``[P, P]`` mean products of the columns. The first C are the variables; the others,
        past weeks say, come before all of them.
    rows
        Number of rows behind ``gram``.
    allowed
        ``[P, C]`` pairs (source, target) that may be an edge.
    table
        ``[N, P]`` centred rows, of whose errors the shape counts; if None it does not.
    """

    gram: Floats
    rows: float
    allowed: Bools
    table: Floats | None = None
    _fits: dict[tuple[int, bytes], tuple[float, float]] = field(default_factory=dict)
    _gains: dict[tuple[int, bytes], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Foygel & Drton for edges whose direction is searched for, γ = 1; Chen & Chen for
        # regressors that are only chosen, γ = 1/2.
        c, given = self.variables, len(self.gram) - self.variables
        choice = np.repeat([4.0 * np.log(c), np.log(max(given, 1))], [c, given])
        self.price = np.log(self.rows) + choice
        many = not given and self.rows >= _MANY_ROWS * c
        self._entry, self._final_entry = (_ENTRY, _FINAL_ENTRY) if many else (1.0, 1.0)

    @property
    def variables(self) -> int:
        """Number of variables C."""
        return self.allowed.shape[1]

    def regressions(self, target: np.ndarray, before: Bools) -> tuple[Floats, Floats]:
        """Residual variance ``[B]`` of each target and the cost that comes on top of it.

        Parameters
        ----------
        target
            ``[B]`` variables.
        before
            ``[B, C]`` variables that come before it.
        """
        candidates = self._candidates(target, before)
        keys = list(zip(target.tolist(), map(bytes, np.packbits(candidates, axis=1)), strict=True))
        new = {key: row for row, key in enumerate(keys) if key not in self._fits}
        if new:
            rows = np.fromiter(new.values(), dtype=int)
            weight, variance = choose_regressors(
                self.gram, target[rows], candidates[rows], self.rows, self.price, self._entry
            )
            rest = (weight != 0.0) @ self.price
            if self.table is not None:
                rest = rest - self._gain(self.table, target[rows], weight, variance)
            fits = zip(variance.tolist(), rest.tolist(), strict=True)
            self._fits.update(zip(new, fits, strict=True))
        variance, rest = np.array([self._fits[key] for key in keys]).T
        return variance, rest

    def _candidates(self, target: np.ndarray, before: Bools) -> Bools:
        """Columns ``[B, P]`` that each target may depend on."""
        given = np.ones((len(target), len(self.gram) - self.variables), dtype=bool)
        return np.concatenate([before, given], axis=1) & self.allowed[:, target].T

    def _gain(self, table: Floats, target: np.ndarray, weight: Floats, variance: Floats) -> Floats:
        """Gain of each regression from the shape of its errors."""
        support = map(bytes, np.packbits(weight != 0.0, axis=1))
        keys = list(zip(target.tolist(), support, strict=True))
        new = {key: row for row, key in enumerate(keys) if key not in self._gains}
        rows = np.fromiter(new.values(), dtype=int)
        error = table[:, target[rows]] - table @ weight[rows].T
        error /= np.sqrt(np.maximum(variance[rows], 1e-300))
        self._gains.update(zip(new, shape_gain(error, self.rows).tolist(), strict=True))
        return np.array([self._gains[key] for key in keys])

    def total(self, variance: Floats, rest: Floats) -> Floats:
        """Cost ``[…]`` of orders with these regressions ``[…, C]``."""
        c = variance.shape[-1]
        each = self.rows * np.log(np.maximum(variance, 1e-300)).sum(axis=-1)
        shared = self.rows * c * np.log(np.maximum(variance.mean(axis=-1), 1e-300))
        return np.minimum(each, shared - (c - 1) * np.log(self.rows)) + rest.sum(axis=-1)

    def weights(self, order: np.ndarray) -> Floats:
        """Weights ``[P, C]`` of the order's regressions, chosen with more care."""
        target, place = np.arange(self.variables), np.argsort(order)
        candidates = self._candidates(target, place[None, :] < place[:, None])
        fits = [
            choose_regressors(self.gram, target, candidates, self.rows, self.price, entry)
            for entry in (self._entry, self._final_entry)
        ]
        costs = [
            self.rows * np.log(np.maximum(variance, 1e-300)) + (weight != 0.0) @ self.price
            for weight, variance in fits
        ]
        return np.where((costs[1] < costs[0])[:, None], fits[1][0], fits[0][0]).T


def climb(score: OrderScore, order: np.ndarray) -> tuple[float, np.ndarray]:
    """Move one variable after the other to its best place until none wants to move."""
    c = score.variables
    earlier = np.tri(c, c - 1, -1, dtype=bool)  # [place, q]: the q-th other comes before
    best, settled, mover = np.inf, 0, -1
    while settled < c:
        mover = (mover + 1) % c
        others = order[order != mover]
        before = np.zeros((3 * c - 2, c), dtype=bool)
        before[:c, others] = earlier
        before[c:, others] = np.concatenate([earlier[:-1], earlier[:-1]])
        before[2 * c - 1 :, mover] = True
        target = np.concatenate([np.full(c, mover), others, others])
        variance, rest = score.regressions(target, before)
        # The mover at each place; the others without it before them, or with it.
        costs = score.total(*(_laid_out(part, earlier) for part in (variance, rest)))
        place = int(costs.argmin())
        if costs[place] < best - _SAME:
            best, settled = float(costs[place]), 0
            order = np.insert(others, place, mover)
        else:
            settled += 1
    return best, order


def _laid_out(part: Floats, earlier: Bools) -> Floats:
    """Values of all variables ``[place, C]`` for each place of the mover."""
    c = len(earlier)
    return np.column_stack([part[:c], np.where(earlier, part[c : 2 * c - 1], part[2 * c - 1 :])])
