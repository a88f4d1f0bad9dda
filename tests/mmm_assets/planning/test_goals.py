"""Budgets for two KPIs, asked of a published refresh."""

from __future__ import annotations

from datetime import date

import pytest

from mmm_assets.planning.given_budget import price_budget, typed
from mmm_assets.planning.questions import Fixed, Infeasible, ask, plan_budget, plan_by_week
from mmm_assets.planning.words import asked_words, budget_words
from mmm_assets.store.project import Project

WEEK = date(2023, 10, 30)


def brings(budget, place: int) -> float:
    return float(budget.kpis[place].then.mean())


def test_a_weight_and_a_floor_bring_more_of_the_second_kpi(two_kpis) -> None:
    project = Project(two_kpis)
    free = plan_budget(project, WEEK, ask({}, caution=0.0))
    question = ask({}, caution=0.0, weights={"sales": 0.0, "new_customers": 1.0})
    other = plan_budget(project, WEEK, question)
    assert other.spend.sum() == pytest.approx(free.spend.sum())
    assert brings(other, 1) > brings(free, 1) and brings(other, 0) < brings(free, 0)
    assert "new_customers weighs 1" in asked_words(question, 1)

    floor = 0.5 * (brings(free, 1) + brings(other, 1))
    question = ask({}, 4, caution=0.0, floors={"new_customers": 4 * floor})
    kept = plan_budget(project, WEEK, question)
    assert brings(kept, 1) >= floor * (1 - 1e-6)
    assert brings(other, 0) <= brings(kept, 0) <= brings(free, 0)
    said = budget_words(kept, 4, "sales", "EUR")
    assert "new_customers in 4 weeks" in said[2] and "the floor is" in said[2]

    weekly = plan_by_week(project, WEEK, ask({}, 4, floors={"new_customers": "keep"}), 4, Fixed())
    own = weekly.budget.kpis[1]
    assert own.then.mean() >= own.current.mean() * (1 - 1e-6)
    given = price_budget(project, WEEK, typed(["tv=0"]))
    assert given.kpis[1].then.mean() < given.kpis[1].current.mean()


def test_what_cannot_be_is_said(two_kpis) -> None:
    project = Project(two_kpis)
    with pytest.raises(Infeasible, match=r"cannot keep new_customers at 1e\+05 .* at most"):
        plan_budget(project, WEEK, ask({}, floors={"new_customers": 1e5}))
    with pytest.raises(Infeasible, match="no KPI leads; there are sales, new_customers"):
        plan_budget(project, WEEK, ask({}, weights={"leads": 1.0}))
    with pytest.raises(Infeasible, match="allowed is 0 or more"):
        plan_budget(project, WEEK, ask({}, floors={"new_customers": -5.0}))


def test_a_refresh_says_what_each_scenario_brings_of_both(two_kpis) -> None:
    with Project(two_kpis).warehouse.published() as connection:
        rows = connection.execute(
            "SELECT kpi, is_main, scenario, weight, floor FROM mart.current_kpi_budget_scenarios"
        ).fetchall()
        assert rows == [
            ("sales", True, "same", 1.0, None),
            ("new_customers", False, "same", 0.0, None),
        ]
        points = connection.execute(
            "SELECT response, main_response FROM mart.current_kpi_frontier WHERE point > 0 "
            "ORDER BY point"
        ).fetchall()
    assert points and points == sorted(points, key=lambda point: (point[0], -point[1]))
