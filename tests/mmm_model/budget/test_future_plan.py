"""The weeks ahead bring what the model says of them, with carryover."""

from __future__ import annotations

import numpy as np

from mmm_model.budget.future_plan import FuturePlan, extend
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Panel

WEEKS = 6


def test_a_future_plan_brings_what_the_model_says_of_it(
    panel: Panel, model: FittedModel, plan: FuturePlan
) -> None:
    after = model.settings.lag_weeks
    exposure = np.repeat(plan.exposure[:, None], WEEKS + after, axis=1)
    exposure[:, :WEEKS] *= plan.rhythm
    ahead = extend(panel, exposure)
    without = ahead.exposure.copy()
    without[:, 60 : 60 + WEEKS] *= np.array([0.0, 1.0, 2.0])
    as_planned = model.media_response(ahead).contribution()[:, :, 60:].sum(axis=2)
    otherwise = model.media_response(ahead, without).contribution()[:, :, 60:].sum(axis=2)
    gained = plan.weekly() - plan.weekly(np.tile([0.0, 1.0, 2.0], (3, 1)))
    np.testing.assert_allclose(gained * WEEKS, as_planned - otherwise, rtol=1e-6, atol=1e-6)


def test_gradients_are_those_of_the_response(plan: FuturePlan) -> None:
    rng = np.random.default_rng(0)
    ones = np.ones_like(plan.spend)
    _, gradient = plan.by_rhythm(plan.rhythm, ones)
    way = rng.normal(size=plan.rhythm.shape)
    up, _ = plan.by_rhythm(plan.rhythm + 1e-5 * way, ones)
    down, _ = plan.by_rhythm(plan.rhythm - 1e-5 * way, ones)
    np.testing.assert_allclose((up - down) / 2e-5, (gradient * way).sum(axis=0), rtol=1e-4)
    slope = (plan.weekly(1.0 + 1e-5) - plan.weekly(1.0 - 1e-5)) / 2e-5
    np.testing.assert_allclose(plan.weekly_marginal(), slope, rtol=1e-4)
