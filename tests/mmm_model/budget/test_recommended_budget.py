"""A recommendation as rows, its shadow prices, and cents that add up."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.recommend import optimal_budgets, recommend
from mmm_model.budget.recommended_budget import (
    BUDGET_COLUMNS,
    RecommendedBudget,
    in_cents,
)
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from tests.mmm_model.hand_made import drawn, valued

SAME = (Scenario("same_budget", Multiplier(1.0)),)


def test_frame_has_the_columns_of_the_table_and_adds_up() -> None:
    response, panel = drawn(6, regions=2)
    frame, _ = optimal_budgets(response, panel)
    assert tuple(frame.columns) == BUDGET_COLUMNS
    assert len(frame) == 7 * 3 * (2 + 1)
    amounts = ["current_spend", "optimal_spend", "current_response", "optimal_response"]
    by_channel = frame.groupby(["scenario", "channel"])
    regional = by_channel.apply(lambda part: part.dropna(subset=["region"])[amounts].sum())
    whole = frame[frame["region"].isna()].set_index(["scenario", "channel"])[amounts]
    np.testing.assert_allclose(whole.loc[regional.index].to_numpy(), regional.to_numpy())
    assert (frame["lower"] <= frame["optimal_response"]).all()
    assert (frame["optimal_response"] <= frame["upper"]).all()


def test_a_shadow_price_is_what_loosening_the_bound_brings() -> None:
    response, panel = drawn(4, members=1, regions=1, channels=3, slopes=(0.7, 1.0))
    wide = dict.fromkeys(panel.channels, (0.2, 3.0))
    rules = BudgetSettings(scenarios=SAME, caution=0.0, bounds=wide)
    free = recommend(response, valued(panel), rules)[0]
    grown = int(np.argmax(free.spend / free.current_spend))

    def capped(most: float) -> RecommendedBudget:
        bounds = {**wide, panel.channels[grown]: (0.2, most)}
        return recommend(response, valued(panel), replace(rules, bounds=bounds))[0]

    budget, loose = capped(0.9), capped(0.901)
    assert budget.binding[grown] == "most"
    step = 0.001 * budget.current_spend[:, grown].sum()
    brought = 2.0 * (loose.response.sum() - budget.response.sum()) / step
    assert budget.shadow[grown] == pytest.approx(brought, rel=0.05)


def test_cents_add_up() -> None:
    amounts = np.array([1 / 3, 1 / 3, 1 / 3, 10.005, 0.0])
    found = in_cents(amounts)
    assert round(found.sum() * 100) == round(amounts.sum() * 100)
    assert np.abs(found - amounts).max() < 0.01
