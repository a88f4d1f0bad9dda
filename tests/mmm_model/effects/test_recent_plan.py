from dataclasses import replace

import numpy as np
import pytest

from mmm_model.effects.recent_plan import GONE_AFTER, recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.settings import PLAN_WEEKS
from tests.mmm_model.hand_made import drawn, hill_curve, panel_of


def _flat(spend: np.ndarray) -> MediaResponse:
    shape = (1, *spend.shape)
    one = np.ones((1, 1, spend.shape[2]))
    return MediaResponse(spend[None], np.ones(shape), hill_curve(one, one))


def test_weekly_response_is_the_mean_of_the_last_weeks() -> None:
    response, panel = drawn(0, weeks=PLAN_WEEKS + 20)
    plan = recent_plan(response, panel)
    expected = response.contribution(1.4)[:, :, -PLAN_WEEKS:].mean(axis=2)
    np.testing.assert_allclose(plan.weekly(1.4), expected)
    np.testing.assert_allclose(plan.spend, panel.spend[:, -PLAN_WEEKS:].mean(axis=1))


def test_a_late_start_does_not_look_like_a_small_budget() -> None:
    spend = np.full((2, 40, 1), 7.0)
    panel = panel_of(spend)
    spend[1, :30] = 0.0
    panel.observed[1, :30] = False
    plan = recent_plan(_flat(spend), panel)
    np.testing.assert_allclose(plan.spend[:, 0], [7.0, 7.0])
    np.testing.assert_allclose(plan.weekly()[0, 1], plan.weekly()[0, 0])


def test_weeks_on_air_without_a_kpi_count() -> None:
    spend = np.full((1, 20, 1), 7.0)
    spend[0, 10:] = 3.0
    panel = panel_of(spend)
    panel.observed[0, 10:] = False
    assert recent_plan(_flat(spend), panel).spend.item() == pytest.approx(5.0)


def test_a_region_that_has_left_has_no_plan() -> None:
    spend = np.full((2, 40, 1), 7.0)
    spend[1, -GONE_AFTER:] = 0.0
    panel = panel_of(spend)
    panel.observed[1, -GONE_AFTER:] = False
    plan = recent_plan(_flat(spend), panel)
    assert plan.spend[1, 0] == 0.0 and plan.weekly(2.0)[0, 1, 0] == 0.0


def test_carryover_of_a_stopped_channel_is_not_the_plans() -> None:
    spend = np.full((1, PLAN_WEEKS + 5, 1), 7.0)
    response = _flat(spend.copy())
    spend[:, 5:] = 0.0
    assert recent_plan(response, panel_of(spend)).weekly().item() == 0.0


def test_missing_values_of_the_kpi_take_the_regions_mean() -> None:
    panel = panel_of(np.ones((2, 3, 1)))
    value = np.array([[2.0, np.nan, 4.0], [np.nan] * 3])
    plan = recent_plan(_flat(panel.spend), replace(panel, value_per_kpi=value))
    np.testing.assert_allclose(plan.value, [[2.0, 3.0, 4.0], [3.0] * 3])


def test_a_response_of_another_panel_is_refused() -> None:
    response, _ = drawn(0, channels=2)
    _, panel = drawn(0, channels=3)
    with pytest.raises(ValueError, match="regions, weeks and channels"):
        recent_plan(response, panel)
