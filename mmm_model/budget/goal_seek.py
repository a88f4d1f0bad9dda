"""The total budget that a goal needs: a return that is kept, or a KPI that is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np

from mmm_model.budget.allocator import Allocator
from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.limits import Limits
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.scenario_kinds.kind import Outcome
from mmm_model.budget.scenarios import Scenario

_RATIOS = tuple(np.geomspace(0.1, 3.0, 18).tolist())
"""Totals over the recent one among which a goal is looked for: as far as the curves go."""
_HALVINGS = 24
"""Of the interval between two neighbours of `_RATIOS`, 0.2 wide: to 1e-8 of the total."""


class GoalSeek:
    """The best budget of every total within a scenario's bounds, split over channels alone.

    It is a `mmm_model.budget.scenario_kinds.kind.BudgetsByTotal`.

    Parameters
    ----------
    scenario
        What the goal is of.
    limits_of
        Limits of a weekly total; raises ValueError where the bounds do not allow it.
    """

    def __init__(
        self,
        scenario: Scenario,
        priced: PricedPlan,
        settings: BudgetSettings,
        limits_of: Callable[[float], Limits],
    ) -> None:
        self.scenario = scenario
        self.priced = priced
        self.settings = replace(settings, by_region=False)
        self.limits_of = limits_of

    @property
    def recent_total(self) -> float:
        """Weekly spend of the recent plan."""
        return float(self.priced.spend.sum())

    def largest_total(self, aim: float, reached: Callable[[Outcome], float]) -> float:
        """Largest weekly total whose best budget reaches ``aim``; ``reached`` falls with it.

        Raises
        ------
        ValueError
            If no total reaches it, or the bounds allow none.
        """
        good, found = self._scan(aim, reached)
        if good[-1] + 1 == len(found):
            return self._total(found[-1][0])
        return self._between(found[good[-1]][0], found[good[-1] + 1][0], aim, reached)

    def smallest_total(self, aim: float, reached: Callable[[Outcome], float]) -> float:
        """Smallest weekly total whose best budget reaches ``aim``; ``reached`` rises with it.

        Raises
        ------
        ValueError
            If no total reaches it, or the bounds allow none.
        """
        good, found = self._scan(aim, reached)
        if good[0] == 0:
            return self._total(found[0][0])
        return self._between(found[good[0]][0], found[good[0] - 1][0], aim, reached)

    def _scan(
        self, aim: float, reached: Callable[[Outcome], float]
    ) -> tuple[list[int], list[tuple[float, float]]]:
        """Ratios that the bounds allow with what they reach, and the positions that are enough."""
        name, key = self.scenario.name, self.scenario.asked.key
        found = [(r, reached(best)) for r in _RATIOS if (best := self._best(r)) is not None]
        if not found:
            raise ValueError(f"scenario '{name}': the bounds allow no total but today's")
        good = [i for i, (_, value) in enumerate(found) if value >= aim]
        if not good:
            values = [value for _, value in found]
            raise ValueError(
                f"scenario '{name}' wants {key} {aim:,.4g}, out of reach: budgets from "
                f"{found[0][0]:.0%} to {found[-1][0]:.0%} of the recent plan's bring "
                f"{min(values):,.4g} to {max(values):,.4g}"
            )
        return good, found

    def _between(
        self, inside: float, outside: float, aim: float, reached: Callable[[Outcome], float]
    ) -> float:
        """Total at which the aim is just met, between a ratio that meets it and one that fails."""
        for _ in range(_HALVINGS):
            middle = 0.5 * (inside + outside)
            best = self._best(middle)
            if best is not None and reached(best) >= aim:
                inside = middle
            else:
                outside = middle
        return self._total(inside)

    def _total(self, ratio: float) -> float:
        return ratio * self.recent_total

    def _best(self, ratio: float) -> Outcome | None:
        """Best budget at a ratio to the recent total; None where the bounds do not allow it."""
        limit = self._limits_at(ratio)
        return None if limit is None else self.priced.scaled(self._allocator.best(limit))

    def _limits_at(self, ratio: float) -> Limits | None:
        try:
            return self.limits_of(self._total(ratio))
        except ValueError:
            return None

    @cached_property
    def _allocator(self) -> Allocator:
        """Curves over all that the bounds of any total allow, tabulated once."""
        known = [limit for ratio in _RATIOS if (limit := self._limits_at(ratio)) is not None]
        return Allocator(self.priced.valued, known, self.settings)
