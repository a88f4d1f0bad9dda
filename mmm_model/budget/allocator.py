"""The best allocation of a plan's total: first over channels, then over channels in regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.budget.grouped_knapsack import CellGroup, solve_in_groups
from mmm_model.budget.knapsack import Indices, Problem, Tabulated, with_total
from mmm_model.budget.limits import Limits
from mmm_model.budget.spent_exactly import spent_exactly
from mmm_model.budget.whole_curves import WholeCurves, whole_curves
from mmm_model.intervals import lower_quantile
from mmm_model.panel import Bools, Floats

_NODES = 33
"""Points at which each curve is tabulated."""
_TURNS = 6
"""Most rounds of weighing the members."""
_NEAR = 4
"""Most rounds of drawing curves near the levers that were found with the last ones."""
_SETTLED = 1e-3
"""Change of a lever below which another round is not worth it, a thousandth of a plan."""


class Allocator:
    """Finds the best levers of a plan; its curves are tabulated once for all totals.

    Parameters
    ----------
    plan
        Whose response is in the unit that is made large.
    bounds
        Of the totals that will be asked for.
    settings
        Objective, caution, cost of change.
    """

    def __init__(
        self, plan: FollowedPlan, bounds: Sequence[Limits], settings: BudgetSettings
    ) -> None:
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
        own = self.paid[..., None]
        if plan.following:  # what follows is drawn near levers
            own = own & ~plan.following.follows[:, None]
        # Of the channel alone, [M or 1, R, C, G]
        self.value = np.stack([self._kept(plan.plan.weekly(u)) for u in every], axis=-1) * own
        slopes = [self._kept(plan.plan.weekly_marginal(u)) for u in every]
        self.slope = np.stack(slopes, axis=-1) * own

    def best(self, limit: Limits) -> Floats:
        """Levers ``[R, C]`` of the best budget; 1 where there is no spend to scale.

        Raises
        ------
        ValueError
            If what follows a channel spends so much or so little that the total cannot be met.
        """
        if not self.paid.any():
            return np.ones_like(self.plan.spend)
        if not self.plan.following:
            return self._best(limit, None)
        near = np.where(self.paid, self._start(limit), 1.0)
        for _ in range(_NEAR):
            found = self._best(limit, near)
            moved, near = np.abs(found - near).max(), found
            if moved < _SETTLED:
                break
        return spent_exactly(self.plan, limit, near)

    def _best(self, limit: Limits, near: Floats | None) -> Floats:
        """Best levers; what follows others is drawn ``near`` some, None where nothing does."""
        curves = _Curves(self.value, self.slope, self.nodes)
        if near is not None:
            whole = whole_curves(self.plan, self.nodes, near)
            curves = curves.with_followers(whole, self._kept(whole.value))
        return (
            self._safest(limit, curves) if self.safe else self._largest(limit, np.ones(1), curves)
        )

    def _kept(self, members: Floats) -> Floats:
        """Average over members at once, unless their spread is part of the objective."""
        return members if self.safe else members.mean(axis=0, keepdims=True)

    def _safest(self, limit: Limits, curves: _Curves) -> Floats:
        """Largest 5 % quantile of the gain, weighing the members in turns.

        The gradient of the quantile is that of a mean in which members that gain little weigh
        more, so every turn is the problem of an expected response.
        """
        even = np.full(len(curves.value), 1.0 / len(curves.value))
        weight, best, most = even, np.where(self.paid, self._start(limit), 1.0), 0.0
        now = self.plan.weekly(best).sum(axis=(1, 2))
        for _ in range(_TURNS):
            found = self._largest(limit, weight, curves)
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

    def _largest(self, limit: Limits, weight: Floats, curves: _Curves) -> Floats:
        """Largest mean response ``[R, C]`` with these weights ``[M or 1]`` of the members."""
        curves = curves.weighed(weight)
        levers = np.where(self.paid, self._over_channels(limit, curves), 1.0)
        if self.settings.by_region and len(levers) > 1:
            levers[self.paid] = self._over_cells(limit, curves, levers)
        return levers

    def _over_channels(self, limit: Limits, curves: _Curves) -> Floats:
        """Levers ``[C]``, the same in all regions."""
        cost, start = self.plan.spend.sum(axis=0), self._start(limit)
        use = np.flatnonzero(self.paid.any(axis=0))
        found = start.copy()
        found[use] = _solved(
            _Rows(
                nodes=self.nodes[use],
                value=curves.value[0].sum(axis=0)[use],
                slope=curves.slope[0].sum(axis=0)[use],
                more=None if curves.more is None else curves.more.sum(axis=0)[use],
                cost=cost[use],
                lower=limit.lower[use],
                upper=limit.upper[use],
                start=start[use],
                hesitation=self._hesitation(start)[use],
            ),
            limit.total - curves.beyond,
            _cell_groups(limit, use),
        )
        return np.where(cost > 0, found, 1.0)

    def _over_cells(self, limit: Limits, curves: _Curves, start: Floats) -> Floats:
        """Levers of the n cells with spend, beginning at ``start`` ``[R, C]``."""
        here, channel = self.paid, np.nonzero(self.paid)[1]  # [n]
        return _solved(
            _Rows(
                nodes=self.nodes[channel],
                value=curves.value[0][here],
                slope=curves.slope[0][here],
                more=None if curves.more is None else curves.more[here],
                cost=self.plan.spend[here],
                lower=limit.lower[channel],
                upper=limit.upper[channel],
                start=start[here],
                hesitation=self._hesitation(start)[here],
            ),
            limit.total - curves.beyond,
            _cell_groups(limit, channel),
        )

    def _hesitation(self, levers: Floats) -> Floats:
        """Gain that a unit of change must bring: ``[C]`` for ``[C]``, ``[R, C]`` for ``[R, C]``."""
        whole = levers.ndim == 1
        at = np.broadcast_to(levers, self.plan.spend.shape)
        spend = self.plan.weekly_cost(at) * self.paid
        # Money that moves is counted where it comes from and where it goes.
        moving = 0.5 * self.settings.change_cost * (spend.sum(axis=0) if whole else spend)
        marginal = self.plan.weekly_marginal(at) * self.paid
        if len(marginal) == 1 or self.safe:  # one member knows no uncertainty
            return moving
        average = marginal.sum(axis=(1, 2)) / spend.sum()  # [M]
        if whole:
            spend, marginal = spend.sum(axis=0), marginal.sum(axis=1)
        excess = marginal - np.expand_dims(average, tuple(range(1, marginal.ndim))) * spend
        return moving + self.settings.caution * excess.std(axis=0, ddof=1)


@dataclass(frozen=True)
class _Curves:
    """Curves of all cells at their nodes.

    Parameters
    ----------
    value, slope
        ``[M or 1, R, C, G]``.
    nodes
        ``[C, G]``.
    more
        ``[R, C, G]`` and ``beyond``: as ``spend`` and ``beyond`` of `WholeCurves`; None where
        nothing follows.
    """

    value: Floats
    slope: Floats
    nodes: Floats
    more: Floats | None = None
    beyond: float = 0.0

    def with_followers(self, whole: WholeCurves, value: Floats) -> _Curves:
        """Add what follows each lever, its value ``[M or 1, R, C, G]`` and its spend."""
        slope = np.stack(
            [np.gradient(value[..., c, :], own, axis=-1) for c, own in enumerate(self.nodes)],
            axis=-2,
        )
        return _Curves(
            self.value + value,
            self.slope + slope,
            self.nodes,
            whole.spend,
            whole.beyond,
        )

    def weighed(self, weight: Floats) -> _Curves:
        """Means ``[1, R, C, G]`` with weights ``[M or 1]``."""
        value = np.einsum("m,mrcg->rcg", weight, self.value)
        slope = np.einsum("m,mrcg->rcg", weight, self.slope)
        # At zero a curve may rise infinitely steeply; three times the chord keeps it monotone.
        chord = np.diff(value, axis=-1)[..., 0] / (self.nodes[:, 1] - self.nodes[:, 0])
        slope[..., 0] = np.minimum(slope[..., 0], 3.0 * np.abs(chord))
        return _Curves(value[None], slope[None], self.nodes, self.more, self.beyond)


@dataclass(frozen=True)
class _Rows:
    """A problem of n levers; as `Problem`, but for what follows them, ``more`` ``[n, G]``."""

    nodes: Floats
    value: Floats
    slope: Floats
    more: Floats | None
    cost: Floats
    lower: Floats
    upper: Floats
    start: Floats
    hesitation: Floats


def _solved(rows: _Rows, total: float, groups: Sequence[CellGroup]) -> Floats:
    """Best levers ``[n]``.

    Where something follows, the problem is posed in the whole spend of each lever, over its own:
    straight between the nodes, so that it is a lever again afterwards.
    """
    if rows.more is None:
        curves = Tabulated(rows.nodes, rows.value, rows.slope)
        problem = Problem(curves, rows.cost, rows.lower, rows.upper, rows.start, rows.hesitation)
        return solve_in_groups(problem, groups)
    whole = rows.nodes + rows.more / rows.cost[:, None]
    stretch = np.stack([np.gradient(z, u) for z, u in zip(whole, rows.nodes, strict=True)])
    lower, upper, start = (
        _interpolated(u, rows.nodes, whole) for u in (rows.lower, rows.upper, rows.start)
    )
    problem = Problem(
        curves=Tabulated(whole, rows.value, rows.slope / stretch),
        cost=rows.cost,
        lower=lower,
        upper=upper,
        start=with_total(start, rows.cost, total, lower, upper),
        hesitation=rows.hesitation / _interpolated(rows.start, rows.nodes, stretch),
    )
    return _interpolated(solve_in_groups(problem, groups), whole, rows.nodes)


def _interpolated(x: Floats, nodes: Floats, values: Floats) -> Floats:
    """``[n]`` of the straight lines through ``[n, G]``."""
    rows = zip(x, nodes, values, strict=True)
    return np.array([np.interp(*row) for row in rows])


def _cell_groups(limit: Limits, channel: Indices) -> list[CellGroup]:
    """Groups of channels as groups of cells, each of the channel in ``[n]``."""
    return [CellGroup(g.members[channel], g.least, g.most) for g in limit.groups]
