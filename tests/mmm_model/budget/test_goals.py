"""Budgets for two KPIs: weighted sums are optima, floors hold, one goal's price in the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.frontier import frontier
from mmm_model.budget.goals import Goals
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommend import recommend, recommend_within
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.budget.weekly_budget import plan_weeks
from mmm_model.effects.recent_plan import recent_plan
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.further_kpis import FurtherKpi
from mmm_model.fit.training import Training
from mmm_model.panel import Panel
from tests.mmm_model.hand_made import drawn, valued

SAME = (Scenario("same_budget", Multiplier(1.0)),)
BOLD = BudgetSettings(scenarios=SAME, caution=0.0)


def priced(seed: int, goals: Goals, channels: int = 4) -> PricedPlan:
    """A plan that brings orders and customers, who are worth twenty times as much."""
    response, panel = drawn(seed, regions=2, weeks=8, channels=channels)
    other, _ = drawn(seed + 1000, regions=2, weeks=8, channels=channels)
    panel = valued(panel, 1.0)
    customers = replace(panel, value_per_kpi=np.full_like(panel.kpi, 20.0))
    few = replace(other, weight=0.05 * other.weight)
    further = [("customers", recent_plan(few, customers), customers)]
    return PricedPlan.of(recent_plan(response, panel), panel, None, further, goals)


def brings(budget, kpi: str) -> float:
    return next(own.then.mean() for own in budget.kpis if own.kpi == kpi)


def test_weights_of_nothing_else_change_no_number() -> None:
    response, panel = drawn(3, regions=2, weeks=8, channels=4)
    plan = priced(3, Goals("orders", {"orders": 1.0, "customers": 0.0}))
    panel = valued(panel, 1.0)
    both = recommend_within(plan, BudgetSettings())
    alone = recommend(response, panel, BudgetSettings())
    for one, other in zip(alone, both, strict=True):
        assert (one.spend == other.spend).all()
        assert one.kpis == () and [own.kpi for own in other.kpis] == ["orders", "customers"]


@pytest.mark.parametrize("seed", range(4))
def test_a_weighted_sum_beats_every_other_split(seed: int) -> None:
    goals = Goals("orders", {"customers": 0.7})
    plan = priced(seed, goals, channels=3)
    (budget,) = recommend_within(plan, replace(BOLD, by_region=False))
    spend = plan.spend
    assert budget.spend.sum() == pytest.approx(spend.sum(), rel=1e-10)

    def worth(levers: np.ndarray) -> float:
        return float(
            plan.brings("orders", levers).mean()
            + 0.7 * 20 * plan.brings("customers", levers).mean()
        )

    found = worth(budget.levers)
    steps = np.linspace(0.7, 1.3, 13)
    for first in steps:
        for second in steps:
            third = (spend.sum() - first * spend[0] - second * spend[1]) / spend[2]
            if 0.7 <= third <= 1.3:
                tried = np.broadcast_to([first, second, third], budget.levers.shape)
                assert worth(tried) <= found * (1 + 1e-4)


@pytest.mark.parametrize(("seed", "caution"), [(0, 0.0), (1, 0.3), (2, 0.0)])
def test_a_floor_holds_and_costs_no_more_than_it_must(seed: int, caution: float) -> None:
    rules = replace(BOLD, caution=caution)
    (free,) = recommend_within(priced(seed, Goals("orders")), rules)
    (other,) = recommend_within(
        priced(seed, Goals("orders", {"orders": 0.0, "customers": 1.0})), rules
    )
    low, high = brings(free, "customers"), brings(other, "customers")
    floor = low + 0.6 * (high - low)
    (kept,) = recommend_within(priced(seed, Goals("orders", floors={"customers": floor})), rules)
    assert kept.spend.sum() == pytest.approx(free.spend.sum(), rel=1e-10)
    assert brings(kept, "customers") >= floor * (1 - 1e-6)
    assert brings(other, "orders") <= brings(kept, "orders") * (1 + 1e-3)
    assert brings(kept, "orders") <= brings(free, "orders") * (1 + 1e-3)
    change = kept.spend / kept.current_spend - 1
    assert (np.abs(change) <= 0.3 + 1e-9).all()
    (keep,) = recommend_within(priced(seed, Goals("orders", floors={"customers": None})), rules)
    assert brings(keep, "customers") >= keep.kpis[1].current.mean() * (1 - 1e-6)


def test_a_floor_out_of_reach_says_the_most_that_is_possible() -> None:
    plan = priced(1, Goals("orders", floors={"customers": 1e6}))
    (other,) = recommend_within(priced(1, Goals("orders", {"orders": 0.0, "customers": 1.0})), BOLD)
    most = f"{brings(other, 'customers'):,.4g} at most"
    with pytest.raises(ValueError, match=f"cannot keep customers at 1e\\+06 a week.*{most}"):
        recommend_within(plan, BOLD)
    usual = recommend_within(
        replace(plan, goals=Goals("orders", floors={"customers": None})), BudgetSettings(caution=0)
    )
    names = [budget.scenario.name for budget in usual]  # less money cannot keep what there is
    assert 1.0 in [budget.scenario.asked.amount for budget in usual] and len(names) < 7


def test_more_of_one_kpi_is_less_of_the_other() -> None:
    for seed in range(2):
        points = frontier(priced(seed, Goals("orders")), BOLD)
        assert points["point"].tolist() == list(range(len(points))) and len(points) >= 4
        assert np.isnan(points["weight"][0])
        best = points[1:]
        assert (np.diff(best["weight"]) > 0).all()
        assert (np.diff(best["response"]) >= 0).all()
        assert (np.diff(best["main_response"]) <= 0).all()
        assert best["main_response"].iloc[0] >= points["main_response"][0]
        assert (best["lower"] <= best["response"]).all()
    alone = replace(priced(0, Goals("orders")), others=())
    assert frontier(alone, BOLD).empty


def test_goals_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="the weight of 'x' is -1"):
        Goals("orders", {"x": -1.0})
    with pytest.raises(ValueError, match="the floor of 'x' is -1"):
        Goals("orders", {}, {"x": -1.0})
    with pytest.raises(ValueError, match="one must be above"):
        Goals("orders", {"orders": 0.0})
    with pytest.raises(ValueError, match="no KPI leads; there are orders, customers"):
        priced(0, Goals("orders", floors={"leads": None}))
    with pytest.raises(ValueError, match="no value of a unit of customers"):
        Goals("orders", {"customers": 1.0}).check({"orders": True, "customers": False})


def test_weeks_ahead_follow_the_goals(panel: Panel, model: FittedModel) -> None:
    media = np.zeros_like(model.response.state["media"])
    media[..., 0] = 2.0 * model.response.state["media"][..., 0]
    response = replace(model.response, state={**model.response.state, "media": media})
    only_first = FittedModel(response)
    other = FurtherKpi("customers", panel, Training(only_first, only_first, None))
    goals = Goals("orders", {"orders": 0.0, "customers": 1.0})
    (usual,) = plan_weeks(model, panel, 4, BOLD, others=[other])
    (aimed,) = plan_weeks(model, panel, 4, replace(BOLD, goals=goals), others=[other])
    assert aimed.spend.sum() == pytest.approx(usual.spend.sum())
    assert aimed.spend[:, 0].sum() > usual.spend[:, 0].sum()
    now, then = aimed.budget.kpis, usual.budget.kpis
    assert now[1].then.mean() > then[1].then.mean()
    assert now[1].current == pytest.approx(then[1].current)
