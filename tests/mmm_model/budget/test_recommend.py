"""Recommended budgets are feasible, spent exactly, and as good as brute force."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.recommend import optimal_budgets, recommend
from mmm_model.budget.recommended_budget import (
    BUDGET_COLUMNS,
    SCENARIO_COLUMNS,
)
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.equation.media_response import MediaResponse
from tests.mmm_model.hand_made import drawn, permuted, two_channels, valued

SAME = (Scenario("same_budget", Multiplier(1.0)),)
BOLD = BudgetSettings(scenarios=SAME, caution=0.0)


def weekly_value(response: MediaResponse, multiplier: np.ndarray) -> float:
    """Mean response of all cells at multipliers ``[R, C]``, straight from the response."""
    return float(response.contribution(multiplier[:, None, :]).mean(axis=(0, 2)).sum())


@given(
    st.integers(0, 10_000),
    st.integers(1, 4),
    st.integers(2, 5),
    st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    st.sampled_from([0.0, 1.0]),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_every_default_scenario_is_feasible_spent_exactly_and_within_bounds(
    seed: int, regions: int, channels: int, max_change: float, caution: float, by_region: bool
) -> None:
    response, panel = drawn(seed, regions=regions, channels=channels, weeks=12)
    rules = BudgetSettings(max_change=max_change, caution=caution, by_region=by_region)
    for budget, scenario in zip(recommend(response, panel, rules), rules.scenarios, strict=True):
        ratio = scenario.asked.amount
        total = ratio * budget.current_spend.sum()
        assert budget.spend.sum() == pytest.approx(total, rel=1e-10)
        change = budget.spend / budget.current_spend / ratio - 1
        assert (np.abs(change) <= max_change + 1e-9).all()
        spread = np.ptp(change, axis=0)
        assert by_region or (spread < 1e-9).all()
        plain = weekly_value(response, np.full(budget.spend.shape, ratio))
        assert budget.response.mean(axis=0).sum() >= plain * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("channels", [2, 3])
def test_the_national_optimum_is_that_of_brute_force(seed: int, channels: int) -> None:
    response, panel = drawn(seed, regions=1, channels=channels, slopes=(0.6, 6.0))
    wide = dict.fromkeys(panel.channels, (0.0, 3.0))
    (budget,) = recommend(response, panel, replace(BOLD, bounds=wide))
    cost = panel.spend.mean(axis=1)[0]
    fine = np.linspace(0, 3, 2001)
    curve = [response.contribution(u).mean(axis=(0, 2)).sum(axis=0) for u in fine]
    table = np.stack(curve)  # [2001, C]
    grid = fine[:: 1 if channels == 2 else 5]
    first = np.stack(np.meshgrid(*[grid] * (channels - 1)), axis=-1).reshape(-1, channels - 1)
    last = (cost.sum() - first @ cost[:-1]) / cost[-1]
    points = np.column_stack([first, last])[(last >= 0) & (last <= 3)]
    worth = sum(np.interp(points[:, c], fine, table[:, c]) for c in range(channels))
    assert budget.response.mean(axis=0).sum() >= np.max(worth) * (1 - 1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_split_over_regions_is_that_of_brute_force(seed: int) -> None:
    response, panel = drawn(seed, regions=2, channels=2, slopes=(0.6, 4.0))
    (budget,) = recommend(response, panel, BOLD)
    cost = panel.spend.mean(axis=1)
    best = 0.0
    grid = np.linspace(0.7, 1.3, 25)
    for a, b, c in product(grid, repeat=3):
        d = (cost.sum() - cost[0, 0] * a - cost[0, 1] * b - cost[1, 0] * c) / cost[1, 1]
        if 0.7 <= d <= 1.3:
            best = max(best, weekly_value(response, np.array([[a, b], [c, d]])))
    assert budget.response.mean(axis=0).sum() >= best * (1 - 1e-3)


@given(st.integers(0, 10_000), st.permutations(range(4)))
@settings(max_examples=10, deadline=None)
def test_permuting_channels_permutes_the_budget(seed: int, order: list[int]) -> None:
    response, panel = drawn(seed, channels=4, weeks=12)
    (budget,) = recommend(response, panel, BudgetSettings(scenarios=SAME))
    (other,) = recommend(*permuted(response, panel, order), BudgetSettings(scenarios=SAME))
    worth, other_worth = (b.response.mean(axis=0).sum() for b in (budget, other))
    assert worth == pytest.approx(other_worth, rel=1e-6)
    np.testing.assert_allclose(other.spend, budget.spend[:, order], rtol=1e-4)


def test_value_decides_where_regions_differ_in_it() -> None:
    response, panel = drawn(3, members=1, regions=2, channels=1, slopes=(1.0, 1.0))
    value = np.ones(panel.kpi.shape)
    value[1] = 1e3
    (budget,) = recommend(response, replace(panel, value_per_kpi=value), BOLD)
    assert budget.spend[1, 0] > budget.current_spend[1, 0]
    assert budget.spend[0, 0] < budget.current_spend[0, 0]


def test_money_moves_when_members_agree_and_stays_when_they_do_not() -> None:
    careful = BudgetSettings(scenarios=SAME, caution=0.5)
    sure = two_channels([[2.0, 1.0], [2.2, 1.1], [1.9, 1.0]])
    (moved,) = recommend(*sure, careful)
    assert moved.spend[0, 0] > moved.current_spend[0, 0] + 0.5
    assert moved.gain.min() > 0
    unsure = two_channels([[2.0, 0.5], [0.5, 2.0], [1.6, 0.9]])
    (kept,) = recommend(*unsure, careful)
    np.testing.assert_allclose(kept.spend, kept.current_spend)
    (bold,) = recommend(*unsure, BOLD)
    assert bold.spend[0, 0] > bold.current_spend[0, 0] and bold.gain.min() < 0


@pytest.mark.parametrize("seed", range(10))
def test_a_cautious_gain_exceeds_its_own_uncertainty(seed: int) -> None:
    response, panel = drawn(seed, members=8, regions=4, channels=5, doubt=0.4)
    (budget,) = recommend(response, panel, BudgetSettings(scenarios=SAME, max_change=0.1))
    # To first order in the change, hence the small change and the slack.
    assert budget.gain.mean() >= 0.9 * budget.gain.std(ddof=1)


def test_a_smaller_budget_never_brings_more() -> None:
    response, panel = drawn(5)
    levels = tuple(Scenario(str(m), Multiplier(m)) for m in (0.5, 0.8, 1.0, 1.5))
    found = recommend(response, panel, BudgetSettings(scenarios=levels, caution=0.0))
    brought = [budget.response.mean(axis=0).sum() for budget in found]
    assert brought == sorted(brought)


def test_without_spend_there_is_no_budget() -> None:
    response, panel = drawn(7)
    unpriced = replace(panel, spend=np.full(panel.spend.shape, np.nan))
    frame, scenarios = optimal_budgets(response, unpriced)
    assert frame.empty and tuple(frame.columns) == BUDGET_COLUMNS
    assert scenarios.empty and tuple(scenarios.columns) == SCENARIO_COLUMNS


def test_channels_without_known_spend_are_left_out() -> None:
    response, panel = drawn(8)
    spend = panel.spend.copy()
    spend[..., 1] = np.nan
    frame, _ = optimal_budgets(response, replace(panel, spend=spend))
    assert set(frame["channel"]) == {"channel 0", "channel 2"}
    assert frame[list(BUDGET_COLUMNS[3:9])].notna().all(axis=None)


def test_what_is_not_bought_now_stays_at_zero() -> None:
    response, panel = drawn(9)
    exposure = panel.exposure.copy()
    exposure[..., 1] = 0.0
    exposure[2, :, 0] = 0.0
    response.adstocked[exposure[None].repeat(4, axis=0) == 0] = 0.0
    for budget in recommend(response, replace(panel, exposure=exposure, spend=exposure)):
        assert (budget.spend[:, 1] == 0).all() and budget.spend[2, 0] == 0
        assert (budget.response[..., 1] == 0).all()
    nothing = replace(panel, exposure=0 * exposure, spend=0 * exposure)
    frame, _ = optimal_budgets(response, nothing)
    assert (frame["optimal_spend"] == 0).all()


def test_no_effect_at_all_keeps_the_plan() -> None:
    response, panel = drawn(10)
    response.weight[:] = 0.0
    (budget,) = recommend(response, panel, BudgetSettings(scenarios=SAME))
    np.testing.assert_allclose(budget.spend, budget.current_spend)


def test_what_holds_a_channel_is_said_and_the_next_unit_brings_as_much_as_it_does() -> None:
    response, panel = two_channels([[2.0, 1.0], [2.2, 1.1], [1.9, 1.0]])
    budget = recommend(response, valued(panel), BudgetSettings(scenarios=SAME, max_change=0.1))[0]
    assert budget.binding == ("most", "least")
    assert budget.marginal[0] > budget.marginal[1]
    spend = budget.spend.sum(axis=0)
    step = np.ones_like(budget.spend)
    step[:, 0] = 1.001
    multiplier = budget.spend / budget.current_spend
    gained = weekly_value(response, multiplier * step) - weekly_value(response, multiplier)
    assert budget.marginal[0] == pytest.approx(2.0 * gained / (0.001 * spend[0]), rel=0.01)


def test_the_lower_quantile_is_larger_than_that_of_the_expected_optimum() -> None:
    response, panel = drawn(5, members=8, regions=1, channels=4, doubt=0.5)
    ends = {}
    for objective in ("expected", "lower_quantile"):
        rules = BudgetSettings(scenarios=SAME, caution=0.0, objective=objective, by_region=False)
        gain = recommend(response, panel, rules)[0].gain
        ends[objective] = gain.mean() - 1.645 * gain.std(ddof=1)
    assert ends["lower_quantile"] >= max(ends["expected"], 0.0)
    with pytest.raises(ValueError, match="objective is 'best'"):
        BudgetSettings(objective="best")


def test_what_a_change_costs_must_be_gained() -> None:
    response, panel = drawn(6, members=1, regions=2)
    moved = []
    for cost in (0.0, 0.001, 1e6):
        rules = BudgetSettings(scenarios=SAME, change_cost=cost)
        budget = recommend(response, valued(panel), rules)[0]
        moved.append(np.abs(budget.spend - budget.current_spend).sum())
    assert moved[0] >= moved[1] >= moved[2] == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(ValueError, match="no value of the KPI"):
        recommend(response, panel, BudgetSettings(scenarios=SAME, change_cost=1.0))
