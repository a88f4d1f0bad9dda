"""Totals that goals need: found, reached, or out of reach in so many words."""

from dataclasses import replace

import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds.kpi import Kpi
from mmm_model.budget.scenario_kinds.marginal_roi import MarginalRoi
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenario_kinds.roi import Roi
from mmm_model.budget.scenarios import Scenario
from tests.mmm_model.hand_made import drawn, valued

SAME = (Scenario("same_budget", Multiplier(1.0)),)


def test_what_a_goal_needs_is_found_and_reached() -> None:
    response, panel = drawn(14, channels=3, weeks=20, slopes=(0.6, 1.0))
    panel = valued(panel)
    rules = BudgetSettings(scenarios=SAME, caution=0.0)
    now = recommend(response, panel, rules)[0].totals()
    goals = (
        Scenario("return", Roi(1.1 * now["roi"])),
        Scenario("next", MarginalRoi(1.1 * now["marginal_roi"])),
        Scenario("volume", Kpi(0.9 * now["optimal_response"])),
    )
    by_roi, by_margin, by_kpi = (
        budget.totals() for budget in recommend(response, panel, replace(rules, scenarios=goals))
    )
    assert by_roi["roi"] == pytest.approx(goals[0].asked.amount, rel=0.01)
    assert by_margin["marginal_roi"] == pytest.approx(goals[1].asked.amount, rel=0.02)
    assert by_kpi["optimal_response"] == pytest.approx(goals[2].asked.amount, rel=0.01)
    for found in (by_roi, by_margin, by_kpi):
        assert found["optimal_spend"] < now["optimal_spend"]


def test_a_goal_out_of_reach_says_what_can_be_reached() -> None:
    response, panel = drawn(15)
    rules = BudgetSettings(scenarios=(Scenario("dream", Roi(1e6)),))
    with pytest.raises(
        ValueError, match=r"'dream' wants roi 1e\+06, out of reach: budgets from 10%"
    ):
        recommend(response, valued(panel), rules)
    with pytest.raises(ValueError, match="no value of the KPI is known"):
        recommend(response, panel, rules)
