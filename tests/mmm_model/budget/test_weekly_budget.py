"""Budgets of the weeks ahead: contracts, flights, and sums to the cent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.budget.weekly_budget import plan_weeks
from mmm_model.budget.weekly_rules import Contract, Flight, WeeklyRules
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Panel

SAME = BudgetSettings(scenarios=(Scenario("same", Multiplier(1.0)),))
WEEKS = 6


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
