"""A total that brings so much KPI."""

from __future__ import annotations

from dataclasses import dataclass

from mmm_model.budget.scenario_kinds.kind import BudgetsByTotal, ScenarioKind


@dataclass(frozen=True)
class Kpi(ScenarioKind):
    """The least total that brings ``amount`` KPI units a week through media."""

    key = "kpi"
    help = "the least total for so much KPI from media"
    adds_up = True

    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        """Smallest total whose media bring at least the amount."""
        return budgets.smallest_total(self.amount, lambda best: best.kpi)
