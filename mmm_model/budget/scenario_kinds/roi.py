"""A total that still returns a multiple of itself."""

from __future__ import annotations

from dataclasses import dataclass

from mmm_model.budget.scenario_kinds.kind import BudgetsByTotal, ScenarioKind


@dataclass(frozen=True)
class Roi(ScenarioKind):
    """The largest total whose value is still ``amount`` times the spend."""

    key = "roi"
    help = "the largest total that returns so much"
    needs_value = True

    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        """Largest total whose value over spend is at least the amount."""
        return budgets.largest_total(self.amount, lambda best: best.roi)
