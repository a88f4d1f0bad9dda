"""Budgets where a channel follows others: spent exactly, as good as brute force, mediated."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mmm_model.budget.budget_settings import BudgetSettings, Group
from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.effects.following import Drive, Following
from mmm_model.effects.recent_plan import recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.panel import Panel
from tests.mmm_model.hand_made import constant, drawn, valued

SAME = (Scenario("same_budget", Multiplier(1.0)),)
BOLD = BudgetSettings(scenarios=SAME, caution=0.0)
SCALE = np.arange(33) / 8


def created(panel: Panel, share: float, power: float, members: int = 1) -> np.ndarray:
    """Share of a channel that one of its drivers creates, along its plan."""
    return np.broadcast_to(share * SCALE**power, (members, len(panel.regions), len(SCALE)))


def funnel() -> tuple[MediaResponse, Panel, Following]:
    """TV does little by itself and creates most searches; display does a little more than TV."""
    response, panel = constant(
        [50.0, 30.0, 20.0], [30.0, 120.0, 20.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]
    )
    drive = Drive(0, 1, created(panel, 0.6, 0.8))
    return response, valued(panel), Following(panel.channels, (drive,))


def test_a_channel_is_not_cut_because_its_effect_runs_through_one_that_follows() -> None:
    response, panel, follows = funnel()
    (given,) = recommend(response, panel, BOLD)
    assert given.spend[0, 0] < 0.8 * given.current_spend[0, 0]
    (found,) = recommend(response, panel, BOLD, follows)
    assert found.spend[0, 0] >= found.current_spend[0, 0]
    assert found.spend[0, 1] > 1.02 * found.current_spend[0, 1]
    assert found.spend.sum() == pytest.approx(100.0, rel=1e-9)
    assert found.binding[1] == "follows channel 0"
    assert found.shadow[1] > 0  # what a budget of its own would be worth


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("objective", ["expected", "lower_quantile"])
def test_a_followed_budget_is_that_of_brute_force(seed: int, objective: str) -> None:
    response, panel = drawn(seed, members=6, regions=1, channels=4, slopes=(0.6, 2.0))
    drives = (Drive(0, 3, created(panel, 0.3, 0.7, 6)), Drive(1, 3, created(panel, 0.2, 1.0, 6)))
    follows = Following(panel.channels, drives)
    rules = replace(BOLD, objective=objective)
    (found,) = recommend(response, panel, rules, follows)
    plan = FollowedPlan(recent_plan(response, panel), follows)
    total = plan.spend.sum()
    assert found.spend.sum() == pytest.approx(total, rel=1e-9)
    now, best = plan.weekly().sum(axis=(1, 2)), -np.inf

    def worth(gain: np.ndarray) -> float:
        safe = 1.645 * gain.std(ddof=1) if objective == "lower_quantile" else 0.0
        return float(gain.mean() - safe)

    for tried in product(np.linspace(0.7, 1.3, 13), repeat=3):
        levers = np.insert(tried, 2, 1.0)[None]
        levers[0, 2] += (total - plan.spend_at(levers).sum()) / plan.spend[0, 2]
        if 0.7 <= levers[0, 2] <= 1.3:
            best = max(best, worth(plan.weekly(levers).sum(axis=(1, 2)) - now))
    slack = 0.03 if objective == "lower_quantile" else 2e-3
    assert worth(found.gain) >= best - slack * abs(best)


def test_regions_groups_and_caution_hold_where_a_channel_follows() -> None:
    response, panel = drawn(4, members=6, regions=3, channels=4, slopes=(0.6, 1.5))
    panel = valued(panel)
    follows = Following(panel.channels, (Drive(0, 3, created(panel, 0.4, 0.8, 6)),))
    rules = replace(
        BOLD,
        caution=0.5,
        groups={"g": Group(("channel 0", "channel 1"), most=1.05)},
        scenarios=(*SAME, Scenario("less", Multiplier(0.8))),
    )
    for found in recommend(response, panel, rules, follows):
        now = found.current_spend[:, :2].sum()
        assert found.spend[:, :2].sum() <= 1.05 * now * (1 + 1e-4)
        ratio = found.spend.sum() / found.current_spend.sum()
        assert (np.abs(found.levers / ratio - 1) <= 0.3 + 1e-6).all()
        assert found.gain.shape == (6,)
    assert recommend(response, panel, rules, follows)[1].spend.sum() == pytest.approx(
        0.8 * panel.spend.mean(axis=1).sum(), rel=1e-9
    )


def test_what_a_lever_brings_and_costs_is_that_of_all_that_follows_it() -> None:
    response, panel = drawn(6, members=3, regions=2, channels=3)
    follows = Following(panel.channels, (Drive(0, 2, created(panel, 0.5, 1.0, 3)),))
    plan = FollowedPlan(recent_plan(response, panel), follows)
    levers = np.full((2, 3), 1.1)
    for c in range(3):
        up = levers.copy()
        up[:, c] += 1e-4
        rise = (plan.weekly(up) - plan.weekly(levers)).sum(axis=2) / 1e-4
        np.testing.assert_allclose(plan.weekly_marginal(levers)[..., c], rise, rtol=1e-3)
        cost = (plan.spend_at(up) - plan.spend_at(levers)).sum(axis=1) / 1e-4
        np.testing.assert_allclose(plan.weekly_cost(levers)[:, c], cost, rtol=1e-6)


def test_a_channel_cannot_follow_and_have_a_rule_of_its_own() -> None:
    response, panel, follows = funnel()
    for rule in (
        {"bounds": {"channel 1": (0.9, 1.1)}},
        {"groups": {"g": Group(("channel 1",), most=1.2)}},
    ):
        with pytest.raises(ValueError, match="channel 1 cannot follow other channels and have"):
            recommend(response, panel, replace(BOLD, **rule), follows)
    with pytest.raises(ValueError, match="cannot be spent within the bounds, with what follows"):
        tight = {"channel 0": (1.2, 1.2), "channel 2": (0.9, 0.9)}
        recommend(response, panel, replace(BOLD, bounds=tight), follows)
