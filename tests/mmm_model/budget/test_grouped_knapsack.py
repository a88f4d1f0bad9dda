"""Bounds of channels together hold, and the split within them is the best."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_model.budget.budget_settings import BudgetSettings, Group
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.equation.media_response import MediaResponse
from tests.mmm_model.hand_made import drawn

SAME = (Scenario("same_budget", Multiplier(1.0)),)


def weekly_value(response: MediaResponse, multiplier: np.ndarray) -> float:
    """Mean response of all cells at multipliers ``[R, C]``, straight from the response."""
    return float(response.contribution(multiplier[:, None, :]).mean(axis=(0, 2)).sum())


@given(st.integers(0, 10_000), st.floats(0.5, 1.0), st.floats(1.0, 1.2), st.booleans())
@settings(max_examples=15, deadline=None)
def test_channels_of_a_group_stay_within_its_bounds(
    seed: int, most: float, least: float, by_region: bool
) -> None:
    response, panel = drawn(seed, regions=3, channels=5, weeks=12)
    groups = {
        "online": Group(("channel 0", "channel 1"), most=most),
        "offline": Group(("channel 2",), least=least),
    }
    wide = dict.fromkeys(panel.channels, (0.0, 30.0))
    rules = BudgetSettings(
        groups=groups, bounds=wide, caution=0.0, scenarios=SAME, by_region=by_region
    )
    budget = recommend(response, panel, rules)[0]
    now, then = budget.current_spend.sum(axis=0), budget.spend.sum(axis=0)
    assert then.sum() == pytest.approx(now.sum(), rel=1e-10)
    assert then[:2].sum() <= most * now[:2].sum() * (1 + 1e-6)
    assert then[2] >= least * now[2] * (1 - 1e-6)


def test_the_best_split_with_a_group_is_that_of_brute_force() -> None:
    response, panel = drawn(3, regions=1, channels=3, weeks=12)
    spend = np.nanmean(panel.spend, axis=1)[0]
    rules = BudgetSettings(
        groups={"pair": Group(("channel 0", "channel 1"), most=0.9)}, max_change=1.0,
        caution=0.0, scenarios=SAME,
    )  # fmt: skip
    budget = recommend(response, panel, rules)[0]
    found = weekly_value(response, budget.spend / budget.current_spend)
    best = -np.inf
    for first, second in product(np.linspace(0, 2, 81), repeat=2):
        pair = first * spend[0] + second * spend[1]
        third = (spend.sum() - pair) / spend[2]
        if pair <= 0.9 * spend[:2].sum() * (1 + 1e-9) and 0 <= third <= 2:
            best = max(best, weekly_value(response, np.array([[first, second, third]])))
    assert found >= best * (1 - 1e-3)
