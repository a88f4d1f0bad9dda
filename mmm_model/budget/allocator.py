"""The best allocation of a plan's total: first over channels, then over channels in regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.grouped_knapsack import CellGroup, solve_in_groups
from mmm_model.budget.knapsack import Indices, Problem, Tabulated, with_total
from mmm_model.budget.limits import Limits
from mmm_model.effects.recent_plan import Plan
from mmm_model.intervals import lower_quantile
from mmm_model.panel import Bools, Floats

_NODES = 33
"""Points at which each curve is tabulated."""
_TURNS = 6
"""Most rounds of weighing the members."""


class Allocator:
    """Finds the best multipliers of a plan; its curves are tabulated once for all totals.

    Parameters
    ----------
    plan
        Whose response is in the unit that is made large.
    bounds
        Of the totals that will be asked for.
    settings
        Objective, caution, cost of change.
    """

    def __init__(self, plan: Plan, bounds: Sequence[Limits], settings: BudgetSettings) -> None:
        self.plan = plan
        self.settings = settings
        self.paid: Bools = plan.spend > 0
        self.safe = settings.objective == "lower_quantile"
        low = np.min([limit.lower for limit in bounds], axis=0)
        high = np.max([limit.upper for limit in bounds], axis=0)
        # Denser near zero, where a curve bends most.
        roots = np.linspace(np.sqrt(low), np.sqrt(np.maximum(high, low + 1e-3)), _NODES, axis=1)
        self.nodes: Floats = roots**2  # [C, G]
        every = [np.broadcast_to(node, plan.spend.shape) for node in self.nodes.T]
        paid = self.paid[..., None]
        # [M or 1, R, C, G]
        self.value = np.stack([self._kept(plan.weekly(u)) for u in every], axis=-1) * paid
        self.slope = np.stack([self._kept(plan.weekly_marginal(u)) for u in every], axis=-1) * paid

    def best(self, limit: Limits) -> Floats:
        """Multipliers ``[R, C]`` of the best budget; 1 where there is no spend to scale."""
        if not self.paid.any():
            return np.ones_like(self.plan.spend)
        return self._safest(limit) if self.safe else self._largest(limit, np.ones(1))

    def _kept(self, members: Floats) -> Floats:
        """Average over members at once, unless their spread is part of the objective."""
        return members if self.safe else members.mean(axis=0, keepdims=True)

    def _safest(self, limit: Limits) -> Floats:
        """Largest 5 % quantile of the gain, weighing the members in turns.

        The gradient of the quantile is that of a mean in which members that gain little weigh
        more, so every turn is the problem of an expected response.
        """
        even = np.full(len(self.value), 1.0 / len(self.value))
        weight, best, most = even, np.where(self.paid, self._start(limit), 1.0), 0.0
        now = self.plan.weekly(best).sum(axis=(1, 2))
        for _ in range(_TURNS):
            found = self._largest(limit, weight)
            worth, gradient = lower_quantile(self.plan.weekly(found).sum(axis=(1, 2)) - now)
            if worth > most:
                best, most = found, worth
            if (gradient == even).all():
                break
            weight = 0.5 * (weight + gradient)
        return best

    def _start(self, limit: Limits) -> Floats:
        """``[C]`` the recent plan scaled to the total, within the bounds."""
        cost = self.plan.spend.sum(axis=0)
        start = np.clip(limit.total / cost.sum(), limit.lower, limit.upper)
        return with_total(start, cost, limit.total, limit.lower, limit.upper)

    def _largest(self, limit: Limits, weight: Floats) -> Floats:
        """Largest mean response ``[R, C]`` with these weights ``[M or 1]`` of the members."""
        value = np.einsum("m,mrcg->rcg", weight, self.value)
        slope = np.einsum("m,mrcg->rcg", weight, self.slope)
        # At zero a curve may rise infinitely steeply; three times the chord keeps it monotone.
        chord = np.diff(value, axis=-1)[..., 0] / (self.nodes[:, 1] - self.nodes[:, 0])
        slope[..., 0] = np.minimum(slope[..., 0], 3.0 * np.abs(chord))
        multiplier = np.where(self.paid, self._over_channels(limit, value, slope), 1.0)
        if self.settings.by_region and len(multiplier) > 1:
            multiplier[self.paid] = self._over_cells(limit, value, slope, multiplier)
        return multiplier

    def _over_channels(self, limit: Limits, value: Floats, slope: Floats) -> Floats:
        """Multipliers ``[C]``, the same in all regions, from curves ``[R, C, G]``."""
        cost, start = self.plan.spend.sum(axis=0), self._start(limit)
        use = np.flatnonzero(cost > 0)
        problem = Problem(
            curves=Tabulated(self.nodes[use], value.sum(axis=0)[use], slope.sum(axis=0)[use]),
            cost=cost[use],
            lower=limit.lower[use],
            upper=limit.upper[use],
            start=start[use],
            hesitation=self._hesitation(start)[use],
        )
        found = np.ones(len(cost))
        found[use] = solve_in_groups(problem, _cell_groups(limit, use))
        return found

    def _over_cells(self, limit: Limits, value: Floats, slope: Floats, start: Floats) -> Floats:
        """Multipliers of the n paid cells, beginning at ``start`` ``[R, C]``."""
        channel = np.nonzero(self.paid)[1]  # [n]
        problem = Problem(
            curves=Tabulated(self.nodes[channel], value[self.paid], slope[self.paid]),
            cost=self.plan.spend[self.paid],
            lower=limit.lower[channel],
            upper=limit.upper[channel],
            start=start[self.paid],
            hesitation=self._hesitation(start)[self.paid],
        )
        return solve_in_groups(problem, _cell_groups(limit, channel))

    def _hesitation(self, multiplier: Floats) -> Floats:
        """Gain that a unit of change must bring: ``[C]`` for ``[C]``, ``[R, C]`` for ``[R, C]``."""
        spend = self.plan.spend
        whole = multiplier.ndim == 1
        # Money that moves is counted where it comes from and where it goes.
        moving = 0.5 * self.settings.change_cost * (spend.sum(axis=0) if whole else spend)
        marginal = self.plan.weekly_marginal(np.broadcast_to(multiplier, spend.shape)) * self.paid
        if len(marginal) == 1 or self.safe:  # one member knows no uncertainty
            return moving
        average = marginal.sum(axis=(1, 2)) / spend.sum()  # [M]
        if whole:
            spend, marginal = spend.sum(axis=0), marginal.sum(axis=1)
        excess = marginal - np.expand_dims(average, tuple(range(1, marginal.ndim))) * spend
        return moving + self.settings.caution * excess.std(axis=0, ddof=1)


def _cell_groups(limit: Limits, channel: Indices) -> list[CellGroup]:
    """Groups of channels as groups of cells, each of the channel in ``[n]``."""
    return [CellGroup(g.members[channel], g.least, g.most) for g in limit.groups]
