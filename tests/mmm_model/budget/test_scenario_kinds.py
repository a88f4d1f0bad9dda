"""A kind of scenario is one class: what is listed is planned with, and nothing else is needed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds import SCENARIO_KINDS, keys_in_words
from mmm_model.budget.scenario_kinds.kind import BudgetsByTotal, ScenarioKind
from mmm_model.budget.scenarios import Scenario
from tests.mmm_model.hand_made import drawn, valued


@dataclass(frozen=True)
class Profit(ScenarioKind):
    """The least total whose value exceeds the spend by ``amount``."""

    key = "profit"
    help = "the least total that brings so much more than it costs"
    needs_value = True
    adds_up = True

    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        return budgets.smallest_total(self.amount, lambda best: best.value - best.spend)


@pytest.fixture(autouse=True)
def a_sixth_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCENARIO_KINDS, Profit.key, Profit)


def test_a_sixth_kind_is_planned_with() -> None:
    response, panel = drawn(14, channels=3, weeks=20, slopes=(0.6, 1.0))
    # Worth so much that every plan pays, the larger the more.
    panel = valued(panel, 1e4)
    now = recommend(response, panel, BudgetSettings(caution=0.0))[0].totals()
    aim = 0.9 * (now["roi"] - 1) * now["optimal_spend"]
    rules = BudgetSettings(scenarios=(Scenario.of("gainful", {"profit": aim}),), caution=0.0)
    found = recommend(response, panel, rules)[0].totals()
    assert (found["asked"], found["asked_value"]) == ("profit", aim)
    assert (found["roi"] - 1) * found["optimal_spend"] == pytest.approx(aim, rel=0.01)
    assert found["optimal_spend"] < now["optimal_spend"]


def test_messages_speak_of_the_sixth_kind() -> None:
    response, panel = drawn(15)
    assert keys_in_words().endswith("kpi or profit")
    with pytest.raises(ValueError, match="kpi or profit, one of them"):
        Scenario.of("nothing", {})
    rules = BudgetSettings(scenarios=(Scenario("dream", Profit(1e12)),))
    with pytest.raises(ValueError, match=r"'dream' wants profit 1e\+12, out of reach"):
        recommend(response, valued(panel), rules)
    with pytest.raises(ValueError, match="no value of the KPI is known"):
        recommend(response, panel, rules)


def test_every_kind_is_listed_under_its_own_key() -> None:
    assert all(kind.key == key and kind.help for key, kind in SCENARIO_KINDS.items())
    assert list(SCENARIO_KINDS)[:5] == ["multiplier", "total", "roi", "marginal_roi", "kpi"]
