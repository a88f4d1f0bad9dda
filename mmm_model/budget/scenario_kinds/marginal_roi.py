"""A total whose last unit of money still returns so much."""

from __future__ import annotations

from dataclasses import dataclass

from mmm_model.budget.scenario_kinds.kind import BudgetsByTotal, ScenarioKind


@dataclass(frozen=True)
class MarginalRoi(ScenarioKind):
    """The largest total at which another unit of money still returns ``amount``."""

    key = "marginal_roi"
    help = "the total whose next unit returns so much"
    needs_value = True

    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        """Largest total whose next unit of money returns at least the amount."""
        return budgets.largest_total(self.amount, lambda best: best.marginal_roi)
