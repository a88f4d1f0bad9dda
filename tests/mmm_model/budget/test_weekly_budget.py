"""Budgets of the weeks ahead: carryover, contracts, flights, and sums to the cent."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from mmm_model.budget.future_plan import FuturePlan, extend, future_plan
from mmm_model.budget.scenarios import BudgetSettings, Scenario
from mmm_model.budget.weekly_budget import (
    Contract,
    Flight,
    WeeklyRules,
    best_rhythm,
    onto_mean,
    plan_weeks,
)
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

SAME = BudgetSettings(scenarios=(Scenario("same", multiplier=1.0),))
WEEKS = 6


@pytest.fixture(scope="module")
def panel() -> Panel:
    return small_panel(regions=3, weeks=60)


@pytest.fixture(scope="module")
def model(panel: Panel) -> FittedModel:
    return fit(panel, ModelSettings(holdout_weeks=0, members=3, steps=4, lag_weeks=4))[0]


@pytest.fixture(scope="module")
def plan(panel: Panel, model: FittedModel) -> FuturePlan:
    return future_plan(model, panel, WEEKS)


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


def test_the_best_rhythm_is_that_of_brute_force(plan: FuturePlan) -> None:
    values = plan.curve.values
    curve = replace(plan.curve, values={**values, "slope": np.full_like(values["slope"], 2.5)})
    steep = replace(plan, curve=curve)
    ones, low = np.ones_like(plan.spend), np.zeros_like(plan.rhythm)
    found, _ = steep.by_rhythm(best_rhythm(steep, ones, low, low + 3.0), ones)
    best = np.full(3, -np.inf)
    for levels in product((0.0, 1.0, 2.0, 3.0), repeat=WEEKS):
        if sum(levels) == WEEKS:
            rhythm = np.repeat(np.array(levels)[:, None], 3, axis=1)
            best = np.maximum(best, steep.by_rhythm(rhythm, ones)[0])
    assert (found >= best * (1 - 0.01)).all()


def test_a_rhythm_is_brought_onto_its_mean_within_bounds() -> None:
    low, high = np.full((4, 1), 0.5), np.full((4, 1), 1.8)
    found = onto_mean(np.array([[5.0], [0.0], [0.1], [0.2]]), low, high)
    assert found.mean() == pytest.approx(1.0)
    assert (found >= low).all() and (found <= high).all() and found[0] == pytest.approx(1.8)


def test_the_weeks_add_up_to_the_cent_and_beat_the_plan(panel: Panel, model: FittedModel) -> None:
    (found,) = plan_weeks(model, panel, WEEKS, replace(SAME, caution=0.0))
    frame = found.frame()
    assert round(frame["optimal_spend"].sum() * 100) == round(found.current.sum() * 100)
    assert (frame["optimal_spend"] * 100 % 1 < 1e-6).sum() + (
        frame["optimal_spend"] * 100 % 1 > 1 - 1e-6
    ).sum() == len(frame)
    assert found.budget.gain.mean() > 0
    seen = np.nansum(panel.spend, axis=0)[-52:]
    share = found.spend / found.spend.mean(axis=0)
    assert (share <= (seen.max(axis=0) / seen.mean(axis=0)) + 1e-6).all()
    assert list(found.weeks) == list(panel.weeks[-1] + pd.to_timedelta(7 * np.arange(1, 7), "D"))


def test_contracts_are_kept_and_flights_are_whole(panel: Panel, model: FittedModel) -> None:
    name, week = panel.channels[0], panel.weeks[-1] + pd.Timedelta(weeks=3)
    recent = np.nansum(panel.spend[:, -52:], axis=0).mean(axis=0)
    rules = WeeklyRules(
        (Contract(name, week, 1.5 * recent[0]),),
        {panel.channels[1]: Flight(2, 0.5 * recent[1])},
    )
    (found,) = plan_weeks(model, panel, WEEKS, SAME, rules)
    assert found.spend[2, 0] >= 1.5 * recent[0] * (1 - 1e-9)
    on = found.spend[:, 1] > 1e-6
    assert (found.spend[on, 1] >= 0.5 * recent[1] * (1 - 1e-6)).all()
    runs = "".join("x" if week_on else " " for week_on in on).split()
    assert runs and min(map(len, runs)) >= 2
    assert found.spend.sum() == pytest.approx(found.current.sum(), rel=1e-9)


def test_what_cannot_be_kept_is_refused_by_name(panel: Panel, model: FittedModel) -> None:
    name, week = panel.channels[0], panel.weeks[-1] + pd.Timedelta(weeks=1)
    recent = float(np.nansum(panel.spend[:, -52:, 0]) / 52)
    huge = WeeklyRules((Contract(name, week, 20 * recent),))
    with pytest.raises(ValueError, match=rf"contracts and flights of {name} need .* but {name} ≤"):
        plan_weeks(model, panel, WEEKS, SAME, huge)
    with pytest.raises(ValueError, match="the weeks are the Mondays from"):
        plan_weeks(model, panel, WEEKS, SAME, WeeklyRules((Contract(name, panel.weeks[0], 1.0),)))
    with pytest.raises(ValueError, match=r"name \['radio'\]"):
        plan_weeks(model, panel, WEEKS, SAME, WeeklyRules(flights={"radio": Flight()}))
    with pytest.raises(ValueError, match="at least 1 week"):
        plan_weeks(model, panel, 0, SAME)
    with pytest.raises(ValueError, match="a flight of 0 weeks"):
        Flight(0)
