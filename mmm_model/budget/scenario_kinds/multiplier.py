"""A total as a multiple of the recent one."""

from __future__ import annotations

from dataclasses import dataclass

from mmm_model.budget.scenario_kinds.kind import BudgetsByTotal, ScenarioKind


@dataclass(frozen=True)
class Multiplier(ScenarioKind):
    """The recent total times ``amount``."""

    key = "multiplier"
    help = "the total as a multiple of the recent one"

    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        """Recent total times the amount."""
        return self.amount * budgets.recent_total
