"""Splitting a total when groups of cells have bounds on what they spend together.

Groups do not overlap. The problem is first solved as if there were none; then, of the bounds
that are broken, those on the side that is broken by more are held, and the rest is solved
again (Bitran and Hax, 1981, *Disaggregation and resource allocation using convex knapsack
problems with bounded variables*).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.budget.knapsack import Problem, solve
from mmm_model.panel import Bools, Floats

_ROUNDING = 1e-9


@dataclass(frozen=True)
class CellGroup:
    """Cells, True in ``[n]``, that together spend from ``least`` to ``most``."""

    cells: Bools
    least: float
    most: float


def solve_in_groups(problem: Problem, groups: Sequence[CellGroup]) -> Floats:
    """Solve a problem whose groups can all be satisfied at once.

    Returns
    -------
    Floats
        ``[n]``, of the problem's total; bounds of cells and groups hold.
    """
    held: dict[int, float] = {}
    room = _ROUNDING * max(problem.total, 1e-300)
    while True:
        u = _with_held(problem, groups, held)
        spent = [float(problem.cost[g.cells] @ u[g.cells]) for g in groups]
        free = [i for i in range(len(groups)) if i not in held]
        over = {i: groups[i].most for i in free if spent[i] > groups[i].most + room}
        under = {i: groups[i].least for i in free if spent[i] < groups[i].least - room}
        if not over and not under:
            return u
        excess = sum(spent[i] - bound for i, bound in over.items())
        shortfall = sum(bound - spent[i] for i, bound in under.items())
        held |= over if excess >= shortfall else under


def _with_held(problem: Problem, groups: Sequence[CellGroup], held: dict[int, float]) -> Floats:
    """Each held group solved on its own total, the others together on what is left."""
    u, rest = problem.start.copy(), np.ones(len(problem.cost), dtype=bool)
    blocks = []
    for position, total in held.items():
        blocks.append((groups[position].cells, total))
        rest &= ~groups[position].cells
    blocks.append((rest, problem.total - sum(held.values())))
    for cells, total in blocks:
        chosen = np.flatnonzero(cells)
        if len(chosen):
            u[chosen] = solve(problem.part(chosen, total))
    return u
