"""The best budget for any weights of several KPIs, or for one under floors of the others.

A floor is held by its price: the weight of the other KPI is raised until the best budget for the
weights keeps the floor (Lagrange multipliers; for curves that are not concave the budget may bring
somewhat more than the floor asks for, never less).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

from mmm_model.budget.allocator import Allocator
from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.budget.limits import Limits
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.panel import Floats

_DOUBLINGS, _HALVINGS = 12, 8
"""Steps to a price that keeps a floor, from a 16th of what a unit is worth, and back towards the
smallest one that does."""
_FIRST_PRICE = 1.0 / 16.0
_ROUNDS = 3
"""Times that the floors are gone through, as each moves what the others bring."""


class GoalAllocator:
    """Finds the best levers for weights of KPIs; the curves of each are tabulated once.

    Parameters
    ----------
    priced
        A plan that brings several KPIs.
    bounds
        Of the totals that will be asked for.
    settings
        Objective, caution, cost of change.
    """

    def __init__(
        self, priced: PricedPlan, bounds: Sequence[Limits], settings: BudgetSettings
    ) -> None:
        self.priced, self.bounds, self.settings = priced, bounds, settings
        self._each = {
            name: Allocator(FollowedPlan(plan.valued(), priced.following), bounds, settings)
            for name, plan in priced.kpis.items()
        }

    def best(self, limit: Limits, weights: Mapping[str, float]) -> Floats:
        """Levers ``[R, C]`` of the best budget for weights of every KPI, one of them above zero."""
        used = [(weight, self._each[name]) for name, weight in weights.items() if weight]
        mixed = copy(used[0][1])
        mixed.plan = self.priced.mixed(weights)
        mixed.value = sum(weight * own.value for weight, own in used[1:]) + used[0][0] * mixed.value
        mixed.slope = sum(weight * own.slope for weight, own in used[1:]) + used[0][0] * mixed.slope
        return mixed.best(limit)

    def under_floors(self, name: str, limit: Limits, levers: Floats) -> Floats:
        """Levers that keep every floor, beginning at the best ones without.

        Parameters
        ----------
        name
            Of the scenario, for the error.

        Raises
        ------
        ValueError
            If a floor is above what the total and the bounds allow, or all together are.
        """
        weights = {kpi: self.priced.goals.weight(kpi) for kpi in self.priced.kpis}
        for _ in range(_ROUNDS):
            if not (missed := self._missed(levers)):
                return levers
            for kpi in missed:
                weights, levers = self._raised(name, kpi, limit, weights)
        if missed := self._missed(levers):
            raise ValueError(f"scenario '{name}': {self._said(missed)} cannot all be kept at once")
        return levers

    def _missed(self, levers: Floats) -> list[str]:
        return [kpi for kpi in self.priced.floors if not self.priced.keeps(kpi, levers)]

    def _raised(
        self, name: str, kpi: str, limit: Limits, weights: Mapping[str, float]
    ) -> tuple[dict[str, float], Floats]:
        """Weights with the smallest one of a KPI that keeps its floor, and their levers."""
        unit = self._unit(kpi)
        low, high = 0.0, _FIRST_PRICE * unit
        for _ in range(_DOUBLINGS):
            tried = {**weights, kpi: weights[kpi] + high}
            levers = self.best(limit, tried)
            if self.priced.keeps(kpi, levers):
                break
            low, high = high, 2.0 * high
        else:
            return self._most(name, kpi, limit, weights)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            trial = {**weights, kpi: weights[kpi] + middle}
            found = self.best(limit, trial)
            if self.priced.keeps(kpi, found):
                high, tried, levers = middle, trial, found
            else:
                low = middle
        return tried, levers

    def _unit(self, kpi: str) -> float:
        """Weight at which all of a KPI counts as much as what is made large without it."""
        value = {
            name: float(self.priced.mixed(self._only(name)).weekly().mean(axis=0).sum())
            for name in self.priced.kpis
        }
        whole = sum(self.priced.goals.weight(name) * own for name, own in value.items())
        return whole / value[kpi] if value[kpi] > 0 and whole > 0 else 1.0

    def _only(self, kpi: str) -> dict[str, float]:
        return {name: float(name == kpi) for name in self.priced.kpis}

    def _most(
        self, name: str, kpi: str, limit: Limits, weights: Mapping[str, float]
    ) -> tuple[dict[str, float], Floats]:
        """Weights and levers of the most that is possible of a KPI, if that keeps its floor."""
        levers = self._trusting.best(limit, self._only(kpi))
        if self.priced.keeps(kpi, levers):
            return {**weights, kpi: weights[kpi] + self._unit(kpi) * 2.0**_DOUBLINGS}, levers
        most = float(self.priced.brings(kpi, levers).mean())
        raise ValueError(
            f"scenario '{name}' cannot keep {self._said([kpi])}: within its total and bounds media "
            f"bring {most:,.4g} at most"
        )

    @cached_property
    def _trusting(self) -> GoalAllocator:
        """The same, whatever is uncertain: what is possible at all."""
        bold = replace(self.settings, caution=0.0, change_cost=0.0, objective="expected")
        return GoalAllocator(self.priced, self.bounds, bold)

    def _said(self, kpis: Sequence[str]) -> str:
        return " and ".join(f"{kpi} at {self.priced.floors[kpi]:,.4g} a week" for kpi in kpis)
