"""Split a fixed total over many cells, each with its own curve.

Maximise ``Σ_j F_j(u_j) − h_j |u_j − u0_j|`` subject to ``Σ_j cost_j u_j = total`` and
``lower ≤ u ≤ upper``. The curves may be S-shaped, so the problem is not concave. It is
separable, which makes it tractable: the Lagrangian splits into cells and is maximised
over each cell's whole curve, which is water-filling on the concave envelopes and within
one cell's non-concavity of the optimum (Udell and Boyd, 2013, *Maximizing a sum of
sigmoids*). Where a single cell matters, that is among the largest ones, dynamic programming
finds the right side of every hump. Newton's method polishes in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmm_model.panel import Floats

Indices = NDArray[np.intp]

EXACT_CELLS = 60
"""Among the largest so many cells, dynamic programming looks for a better split."""
_UNITS = 300
_BISECTIONS = 80
_NEWTON_STEPS = 100


@dataclass(frozen=True)
class Tabulated:
    """Curves of n cells, known by value and derivative at G nodes (cubic between them).

    Parameters
    ----------
    nodes
        ``[n, G]`` strictly increasing.
    value, slope
        ``[n, G]``.
    """

    nodes: Floats
    value: Floats
    slope: Floats

    def of(self, cells: Indices) -> Tabulated:
        """Return the curves of some cells."""
        return Tabulated(self.nodes[cells], self.value[cells], self.slope[cells])

    def at(self, u: Floats) -> tuple[Floats, Floats, Floats]:
        """Value, first and second derivative ``[n]`` at ``u`` within the nodes."""
        row = np.arange(len(u))
        left = np.clip((self.nodes <= u[:, None]).sum(axis=1) - 1, 0, self.nodes.shape[1] - 2)
        width = self.nodes[row, left + 1] - self.nodes[row, left]
        t = (u - self.nodes[row, left]) / width
        start, rise = self.value[row, left], self.value[row, left + 1] - self.value[row, left]
        first, last = self.slope[row, left] * width, self.slope[row, left + 1] * width
        # Hermite's cubic start + first·t + b·t² + a·t³
        a, b = first + last - 2.0 * rise, 3.0 * rise - 2.0 * first - last
        value = start + t * (first + t * (b + t * a))
        slope = (first + t * (2.0 * b + 3.0 * t * a)) / width
        return value, slope, (2.0 * b + 6.0 * t * a) / width**2


@dataclass(frozen=True)
class Problem:
    """A total to split over n cells, each with a curve and bounds.

    Parameters
    ----------
    curves
        Of n cells; the nodes span the bounds.
    cost
        ``[n]`` > 0, spend of one unit of ``u``.
    lower, upper
        ``[n]`` bounds on ``u``.
    start
        ``[n]`` feasible ``u0``; its cost is the total.
    hesitation
        ``[n]`` ≥ 0, ``h``: what a unit of change of ``u`` must gain at least.
    """

    curves: Tabulated
    cost: Floats
    lower: Floats
    upper: Floats
    start: Floats
    hesitation: Floats

    @property
    def total(self) -> float:
        """Spend of the start, and of every solution."""
        return float(self.cost @ self.start)

    def part(self, cells: Indices, total: float) -> Problem:
        """Return the problem of some cells that share ``total``, which is feasible for them."""
        cost, lower, upper = self.cost[cells], self.lower[cells], self.upper[cells]
        start = with_total(self.start[cells], cost, total, lower, upper)
        return Problem(self.curves.of(cells), cost, lower, upper, start, self.hesitation[cells])

    def objective(self, u: Floats) -> float:
        """Value of the whole, which is maximised."""
        return float(self.worth(u[:, None]).sum())

    def worth(self, levels: Floats, cells: Indices | None = None) -> Floats:
        """Each cell's part of the objective ``[k, L]`` at ``levels`` ``[k, L]``.

        ``cells`` are the positions of the k cells; default: all of them.
        """
        cells = np.arange(len(self.cost)) if cells is None else cells
        curves = self.curves.of(cells)
        value = np.stack([curves.at(column)[0] for column in levels.T], axis=1)
        change = np.abs(levels - self.start[cells, None])
        return value - self.hesitation[cells, None] * change


def solve(problem: Problem) -> Floats:
    """Solve a problem; never worse than its start.

    Returns
    -------
    Floats
        ``[n]`` the best ``u`` found, within bounds, of the same total as the start.
    """
    filled = _polish(problem, _water_filling(problem))
    climbed = _polish(problem, problem.start)
    best = max(filled, climbed, key=problem.objective)
    best = max(best, _polish(problem, _dynamic_programme(problem, best)), key=problem.objective)
    return best if problem.objective(best) > problem.objective(problem.start) else problem.start


def with_total(u: Floats, cost: Floats, total: float, lower: Floats, upper: Floats) -> Floats:
    """Move ``u`` towards one end of its bounds until its cost is ``total``, which is feasible."""
    for _ in range(2):  # the second pass takes out what the first one rounded
        missing = total - float(cost @ u)
        room = (upper - u) if missing > 0 else (u - lower)
        available = float(cost @ room)
        if available > 0:
            u = np.clip(u + room * np.clip(missing / available, -1.0, 1.0), lower, upper)
    return u


def _water_filling(problem: Problem) -> Floats:
    """Best cell by cell at one price for all, the price at which the total is spent."""
    # Nodes outside the bounds are pulled onto them: only their value there counts.
    grid = np.clip(problem.curves.nodes, problem.lower[:, None], problem.upper[:, None])
    worth = problem.worth(grid)
    spend = problem.cost[:, None] * grid
    row = np.arange(len(grid))
    scale = float(np.ptp(worth, axis=1).sum() / problem.cost.sum())

    def at(price: float) -> Floats:
        return grid[row, np.argmax(worth - price * spend, axis=1)]

    cheap, dear = _price(lambda price: float(problem.cost @ at(price)), problem.total, scale)
    # Cells that jump at this very price are raised one after the other until the total is met.
    low, high = at(dear), at(cheap)
    rise = np.maximum(high - low, 0.0) * problem.cost
    before = np.cumsum(rise) - rise
    missing = problem.total - float(problem.cost @ low)
    part = np.clip((missing - before) / np.where(rise > 0, rise, 1.0), 0.0, 1.0)
    u = low + np.where(rise > 0, part, 0.0) * (high - low)
    return with_total(u, problem.cost, problem.total, problem.lower, problem.upper)


def _dynamic_programme(problem: Problem, u: Floats) -> Floats:
    """Best split among the `EXACT_CELLS` largest cells of what ``u`` spends there.

    The spend above the lower bounds is dealt out in `_UNITS` equal units.
    """
    stake = problem.cost * (problem.upper - problem.lower)
    chosen = np.argsort(-stake, kind="stable")[:EXACT_CELLS]
    cost, lower, upper = problem.cost[chosen], problem.lower[chosen], problem.upper[chosen]
    total = float(cost @ u[chosen])
    unit = (total - float(cost @ lower)) / _UNITS
    if unit <= 0:
        return u
    units = np.arange(_UNITS + 1)
    levels = lower[:, None] + units * unit / cost[:, None]
    # The first level beyond the upper bound counts as the bound, so that it can be reached.
    allowed = levels < (upper + unit / cost)[:, None]
    levels = np.minimum(levels, upper[:, None])
    worth = problem.worth(levels, chosen)
    worth = np.where(allowed, worth, -np.inf)
    left = units[:, None] - units[None, :]  # units that remain for the cells before
    best, taken = worth[0], []
    for own in worth[1:]:
        options = np.where(left >= 0, best[left] + own[None, :], -np.inf)
        taken.append(np.argmax(options, axis=1))
        best = options[units, taken[-1]]
    remaining, counts = _UNITS, []
    for choice in reversed(taken):
        counts.append(int(choice[remaining]))
        remaining -= counts[-1]
    found = levels[np.arange(len(cost)), [remaining, *reversed(counts)]]
    improved = u.copy()
    improved[chosen] = with_total(found, cost, total, lower, upper)
    return improved


def _polish(problem: Problem, u: Floats) -> Floats:
    """Climb from ``u``: Newton steps in every cell, tied by one price, with backtracking."""
    value = problem.objective(u)
    for _ in range(_NEWTON_STEPS):
        _, slope, bend = problem.curves.at(u)
        target = _newton_target(problem, u, slope, bend)
        gained = 0.0
        for length in 0.5 ** np.arange(30):
            trial = u + length * (target - u)
            trial = np.clip(trial, problem.lower, problem.upper)
            gained = problem.objective(trial) - value
            if gained > 0:
                u, value = trial, value + gained
                break
        if gained <= 1e-12 * max(abs(value), 1e-300):
            break
    return with_total(u, problem.cost, problem.total, problem.lower, problem.upper)


def _newton_target(problem: Problem, u: Floats, slope: Floats, bend: Floats) -> Floats:
    """Maximiser of the separable quadratic model at ``u``, of the right total."""
    # Where a curve bends upwards its mirrored bend still points uphill.
    floor = 1e-6 * np.abs(bend).max() + 1e-9 * np.abs(slope).max() + 1e-100
    stiff = np.maximum(np.abs(bend), floor)

    def at(price: float) -> Floats:
        net = slope - price * problem.cost
        up = u + (net - problem.hesitation) / stiff
        down = u + (net + problem.hesitation) / stiff
        free = np.where(up > problem.start, up, np.where(down < problem.start, down, problem.start))
        return np.clip(free, problem.lower, problem.upper)

    scale = float(np.abs(slope).sum() / problem.cost.sum())
    _, dear = _price(lambda price: float(problem.cost @ at(price)), problem.total, scale)
    return with_total(at(dear), problem.cost, problem.total, problem.lower, problem.upper)


def _price(spend_at: Callable[[float], float], total: float, scale: float) -> tuple[float, float]:
    """Two neighbouring prices: too cheap for ``total``, and not; spend falls with the price.

    ``scale`` is any price of the right magnitude.
    """
    scale = scale if scale > 0 else 1.0
    dear, cheap = scale, -scale
    for _ in range(_BISECTIONS):
        if spend_at(dear) <= total:
            break
        dear *= 2.0
    for _ in range(_BISECTIONS):
        if spend_at(cheap) >= total:
            break
        cheap *= 2.0
    for _ in range(_BISECTIONS):
        price = 0.5 * (cheap + dear)
        if spend_at(price) > total:
            cheap = price
        else:
            dear = price
    return cheap, dear
