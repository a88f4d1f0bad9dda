"""A total in money."""

from __future__ import annotations

from dataclasses import dataclass

from mmm_model.budget.scenario_kinds.kind import BudgetsByTotal, ScenarioKind


@dataclass(frozen=True)
class Total(ScenarioKind):
    """``amount`` of money a week."""

    key = "total"
    help = "money over the horizon"
    also = ("budget",)
    adds_up = True

    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        """Return the amount itself."""
        return self.amount
