"""The best split of a plan's total: first over channels, then over channels in regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmm_model.budget.grouped_knapsack import CellGroup, allocate_in_groups
from mmm_model.budget.knapsack import Indices, Problem, Tabulated, with_total
from mmm_model.budget.scenarios import BudgetSettings, Limits
from mmm_model.effects.recent_plan import Plan
from mmm_model.intervals import NORMAL_90
from mmm_model.panel import Bools, Floats

_NODES = 33
_TURNS = 6


class Splitter:
    """Finds the best multipliers of a plan; its curves are tabulated once for all scenarios.

    Parameters
    ----------
    plan
        Whose response is in the unit that is made large.
    bounds
        Of the scenarios that will be asked for.
    settings
        Objective, caution, cost of change.
    """

    def __init__(self, plan: Plan, bounds: Sequence[Limits], settings: BudgetSettings) -> None:
        self.plan = plan
        self.settings = settings
        self.paid: Bools = plan.spend > 0
        low = np.min([limit.lower for limit in bounds], axis=0)
        high = np.max([limit.upper for limit in bounds], axis=0)
        # Denser near zero, where a curve bends most.
        roots = np.linspace(np.sqrt(low), np.sqrt(np.maximum(high, low + 1e-3)), _NODES, axis=1)
        self.nodes: Floats = roots**2  # [C, G]
        every = [np.broadcast_to(node, plan.spend.shape) for node in self.nodes.T]
        # Members are averaged at once, unless their spread is part of the objective.
        self.safe = settings.objective == "lower_quantile"
        keep = (lambda members: members) if self.safe else (lambda m: m.mean(axis=0, keepdims=True))
        paid = self.paid[..., None]
        self.value: Floats = np.stack([keep(plan.weekly(u)) for u in every], axis=-1) * paid
        self.slope: Floats = np.stack([keep(plan.weekly_marginal(u)) for u in every], axis=-1)
        self.slope *= paid  # [M or 1, R, C, G]

    def best(self, limit: Limits) -> Floats:
        """Multipliers ``[R, C]`` of the best budget; 1 where there is no spend to scale."""
        if not self.paid.any():
            return np.ones_like(self.plan.spend)
        return self._safest(limit) if self.safe else self._best(limit, np.ones(1))

    def _safest(self, limit: Limits) -> Floats:
        """Largest 5 % quantile of the gain, weighing the members in turns.

        The quantile is ``mean − z · deviation`` of the members' gains. Its gradient is that of
        a mean in which members that gain little weigh more, so every turn is the problem of an
        expected response.
        """
        members = len(self.value)
        even = np.full(members, 1.0 / members)
        weight, best, most = even, self._start_everywhere(limit), 0.0
        now = self.plan.weekly(best).sum(axis=(1, 2))
        for _ in range(_TURNS):
            found = self._best(limit, weight)
            gain = self.plan.weekly(found).sum(axis=(1, 2)) - now
            spread = float(gain.std(ddof=1)) if members > 1 else 0.0
            worth = float(gain.mean()) - NORMAL_90 * spread
            if worth > most:
                best, most = found, worth
            if spread <= 0:
                break
            pull = NORMAL_90 * (gain - gain.mean()) / ((members - 1) * spread)
            weight = 0.5 * (weight + even - pull)
        return best

    def _start(self, limit: Limits) -> Floats:
        """``[C]`` the recent plan scaled to the total, within the bounds."""
        cost = self.plan.spend.sum(axis=0)
        start = np.clip(limit.total / cost.sum(), limit.lower, limit.upper)
        return with_total(start, cost, limit.total, limit.lower, limit.upper)

    def _start_everywhere(self, limit: Limits) -> Floats:
        return np.where(self.paid, self._start(limit), 1.0)

    def _best(self, limit: Limits, weight: Floats) -> Floats:
        """Best for the mean with these weights of the members."""
        spend = self.plan.spend
        cost = spend.sum(axis=0)
        use = np.flatnonzero(cost > 0)
        start = self._start(limit)
        value = np.einsum("m,mrcg->rcg", weight, self.value)
        slope = np.einsum("m,mrcg->rcg", weight, self.slope)
        # At zero a curve may rise infinitely steeply; three times the chord keeps it monotone.
        chord = np.diff(value, axis=-1)[..., 0] / (self.nodes[:, 1] - self.nodes[:, 0])
        slope[..., 0] = np.minimum(slope[..., 0], 3.0 * np.abs(chord))
        problem = Problem(
            curves=Tabulated(self.nodes[use], value.sum(axis=0)[use], slope.sum(axis=0)[use]),
            cost=cost[use],
            lower=limit.lower[use],
            upper=limit.upper[use],
            start=start[use],
            hesitation=self._hesitation(start)[use],
        )
        by_channel = np.ones(len(cost))
        by_channel[use] = allocate_in_groups(problem, _cell_groups(limit, use))
        multiplier = np.where(self.paid, by_channel, 1.0)
        if self.settings.by_region and len(spend) > 1:
            channel = np.nonzero(self.paid)[1]
            problem = Problem(
                curves=Tabulated(self.nodes[channel], value[self.paid], slope[self.paid]),
                cost=spend[self.paid],
                lower=limit.lower[channel],
                upper=limit.upper[channel],
                start=multiplier[self.paid],
                hesitation=self._hesitation(multiplier)[self.paid],
            )
            multiplier[self.paid] = allocate_in_groups(problem, _cell_groups(limit, channel))
        return multiplier

    def _hesitation(self, multiplier: Floats) -> Floats:
        """Gain that a unit of change must bring: ``[C]`` for ``[C]``, ``[R, C]`` for ``[R, C]``."""
        spend = self.plan.spend
        whole = multiplier.ndim == 1
        # Money that moves is counted where it comes from and where it goes.
        moving = 0.5 * self.settings.change_cost * (spend.sum(axis=0) if whole else spend)
        marginal = self.plan.weekly_marginal(np.broadcast_to(multiplier, spend.shape)) * self.paid
        if len(marginal) == 1 or self.safe:  # one member knows no uncertainty
            return moving
        average = marginal.sum(axis=(1, 2)) / spend.sum()
        if whole:
            spend, marginal = spend.sum(axis=0), marginal.sum(axis=1)
        else:
            average = average[:, None]
        excess = marginal - average[:, None] * spend
        return moving + self.settings.caution * excess.std(axis=0, ddof=1)


def _cell_groups(limit: Limits, channel: Indices) -> list[CellGroup]:
    """Groups of channels as groups of cells, each of the channel in ``[n]``."""
    return [CellGroup(g.members[channel], g.least, g.most) for g in limit.groups]
