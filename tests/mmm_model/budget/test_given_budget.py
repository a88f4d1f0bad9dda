"""A given budget is priced as it is, and what cannot be priced is said."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.budget.given_budget import GivenSpend, given_budget
from mmm_model.effects.recent_plan import recent_plan
from tests.mmm_model.hand_made import drawn, valued


def test_what_is_given_is_priced_and_the_rest_stays() -> None:
    response, panel = drawn(1, members=5, regions=2, channels=3)
    plan, money = recent_plan(response, panel), panel.spend.mean(axis=1)
    given = [GivenSpend("channel 0", 2.0 * money[:, 0].sum()),
             GivenSpend("channel 1", 0.5 * money[1, 1], "region 1")]  # fmt: skip
    budget = given_budget(response, valued(panel), given)
    multiplier = np.array([[2.0, 1.0, 1.0], [2.0, 0.5, 1.0]])
    np.testing.assert_allclose(budget.spend, multiplier * money)
    np.testing.assert_allclose(budget.response, plan.weekly(multiplier))
    assert budget.totals()["optimal_spend"] == pytest.approx((multiplier * money).sum())
    assert budget.totals()["roi"] == pytest.approx(
        2.0 * budget.totals()["optimal_response"] / budget.spend.sum()
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([GivenSpend("nothing", 1.0)], "no channel 'nothing'; there are channel 0"),
        ([GivenSpend("channel 0", 1.0, "nowhere")], "no region 'nowhere'; there are region 0"),
        ([GivenSpend("channel 0", 1.0), GivenSpend("channel 0", 1.0, "region 1")], "given twice"),
        ([GivenSpend("channel 1", 1.0, "region 0")], "no spend in the last year"),
        ([GivenSpend("channel 2", 1.0)], "whose spend is unknown"),
    ],
)
def test_what_cannot_be_priced_is_said(given: list[GivenSpend], message: str) -> None:
    response, panel = drawn(2, regions=2, channels=3)
    spend = panel.spend.copy()
    spend[0, :, 1], spend[..., 2] = 0.0, np.nan
    with pytest.raises(ValueError, match=message):
        given_budget(response, replace(panel, spend=spend), given)


@pytest.mark.parametrize("money", [-1.0, np.nan, np.inf])
def test_money_is_finite_and_not_below_nothing(money: float) -> None:
    with pytest.raises(ValueError, match="spend of 'tv' in 'north'"):
        GivenSpend("tv", money, "north")
