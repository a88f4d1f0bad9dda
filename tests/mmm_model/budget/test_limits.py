"""Bounds in money, and the smallest set of them that conflicts."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.budget.budget_settings import BudgetSettings, Group
from mmm_model.budget.limits import limits
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenario_kinds.total import Total
from mmm_model.budget.scenarios import Scenario
from tests.mmm_model.hand_made import constant, drawn

SAME = (Scenario("same_budget", Multiplier(1.0)),)


def test_pinned_channels_stay_and_bounds_are_multiples_of_the_recent_plan() -> None:
    response, panel = drawn(11)
    rules = BudgetSettings(bounds={"channel 0": (1.0, 1.0), "channel 1": (0.0, 9.0)}, caution=0.0)
    budgets = recommend(response, panel, rules)
    for budget in budgets:
        np.testing.assert_allclose(budget.spend[:, 0], budget.current_spend[:, 0])
    # The usual totals that these bounds allow, and no other.
    names = [budget.scenario.name for budget in budgets]
    assert "same_budget" in names and "plus_30" in names and "minus_30" not in names


def test_a_total_that_the_bounds_do_not_allow_is_refused_with_the_bounds() -> None:
    response, panel = constant([100.0, 50.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    pinned = {"channel 0": (1.0, 1.0), "channel 1": (0.5, 1.5)}
    too_much = (Scenario("spree", Total(200.0)),)
    message = r"'spree' wants 200.00 .* at most 175.00: channel 0 ≤ 100.00, channel 1 ≤ 75.00"
    with pytest.raises(ValueError, match=message):
        recommend(response, panel, BudgetSettings(bounds=pinned, scenarios=too_much))
    too_little = (Scenario("fast", Multiplier(0.8)),)
    with pytest.raises(
        ValueError, match=r"'fast' wants 120.00 .* at least 125.00: channel 0 ≥ 100"
    ):
        recommend(response, panel, BudgetSettings(bounds=pinned, scenarios=too_little))
    nothing = replace(panel, spend=0 * panel.spend)
    with pytest.raises(ValueError, match="no channel has recent spend"):
        recommend(response, nothing, BudgetSettings(scenarios=too_much))


def test_conflicting_groups_are_refused_with_the_smallest_set() -> None:
    response, panel = constant([100.0, 50.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    capped = BudgetSettings(
        bounds={"channel 0": (1.0, 2.0)}, groups={"tv": Group(("channel 0",), most=0.5)}
    )
    with pytest.raises(ValueError, match=r"group 'tv' may spend at most 50.00 .* channel 0 ≥ 100"):
        recommend(response, panel, capped)
    short = BudgetSettings(
        groups={"all": Group(("channel 0", "channel 1"), most=0.8)}, scenarios=SAME
    )
    with pytest.raises(ValueError, match=r"at most 120.00: group 'all' ≤ 120.00"):
        recommend(response, panel, short)
    with pytest.raises(ValueError, match="more than one group"):
        BudgetSettings(groups={"a": Group(("x",)), "b": Group(("x",))})


def test_the_smallest_set_that_conflicts_is_named() -> None:
    response, panel = constant([100.0, 50.0, 1.0], [1.0] * 3, [1.0] * 3, [1.0] * 3)
    bounds = {"channel 0": (1.0, 2.0), "channel 1": (0.5, 1.0), "channel 2": (1.0, 1.0)}
    rules = BudgetSettings(bounds=bounds, scenarios=(Scenario("lean", Total(90.0)),))
    with pytest.raises(ValueError, match=r"at least 126.00: channel 0 ≥ 100.00; widen"):
        recommend(response, panel, rules)


def test_a_group_that_must_spend_more_than_its_channels_may_is_refused() -> None:
    settings = BudgetSettings(groups={"tv": Group(("a", "b"), least=2.0)}, max_change=0.5)
    message = (
        r"'same': group 'tv' must spend at least 300.00 a week, but a ≤ 150.00, b ≤ 75.00; widen"
    )
    with pytest.raises(ValueError, match=message):
        limits("same", 160.0, settings, ("a", "b", "c"), np.array([100.0, 50.0, 10.0]))


def test_a_groups_bound_stands_for_those_of_its_channels_where_it_is_tighter() -> None:
    groups = {"online": Group(("b", "c"), least=1.2, most=1.4)}
    settings = BudgetSettings(groups=groups, bounds=dict.fromkeys("abc", (0.5, 3.0)))
    spend = np.array([100.0, 50.0, 50.0])
    found = limits("same", 200.0, settings, ("a", "b", "c"), spend)
    assert (found.groups[0].least, found.groups[0].most) == pytest.approx((120.0, 140.0))
    with pytest.raises(ValueError, match=r"at most 440.00: a ≤ 300.00, group 'online' ≤ 140.00"):
        limits("more", 500.0, settings, ("a", "b", "c"), spend)
    with pytest.raises(ValueError, match=r"at least 170.00: group 'online' ≥ 120.00; widen"):
        limits("less", 100.0, settings, ("a", "b", "c"), spend)


def test_what_is_needed_raises_the_lower_bound_as_far_as_the_upper_one_allows() -> None:
    spend, settings = np.array([100.0, 50.0]), BudgetSettings(max_change=0.3)
    found = limits("same", 150.0, settings, ("a", "b"), spend, {"a": 110.0})
    np.testing.assert_allclose(found.lower, [1.1, 0.7])
    with pytest.raises(ValueError, match=r"of b need 70.00 a week, but b ≤ 65.00; widen its bound"):
        limits("same", 150.0, settings, ("a", "b"), spend, {"b": 70.0})
