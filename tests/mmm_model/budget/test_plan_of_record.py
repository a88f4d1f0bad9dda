"""What a plan promises, how it stands later, and why the outcome differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.kept_plan import KeptPlan
from mmm_model.budget.outcome_split import Promised, split_outcome
from mmm_model.budget.plan_moves import plan_moves
from mmm_model.budget.plan_standing import SO_FAR, TO_THE_END, Standing
from mmm_model.budget.planned_media import (
    PlannedMedia,
    bought,
    of_weekly_budget,
    recent_media,
)
from mmm_model.budget.promise import Promise, promise
from mmm_model.budget.weekly_budget import plan_weeks
from mmm_model.budget.weekly_rules import WeeklyRules
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.forecast_sums import sum_variance
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

WEEKS, LEAD, OVER = 6, 2, 5
"""Weeks of the plan, weeks before it begins, weeks since it was adopted that are over."""


@pytest.fixture(scope="module")
def history() -> Panel:
    return small_panel(regions=3, weeks=66)


@pytest.fixture(scope="module")
def then(history: Panel) -> Panel:
    return history.head(60)


@pytest.fixture(scope="module")
def promising(then: Panel) -> FittedModel:
    settings = ModelSettings(
        holdout_weeks=0, members=24, chains=2, warmup=20, draws=20, lag_weeks=4
    )
    return fit(then, settings)[0]


@pytest.fixture(scope="module")
def before(promising: FittedModel, then: Panel) -> PlannedMedia:
    return recent_media(promising, then, LEAD + WEEKS)


@pytest.fixture(scope="module")
def planned(before: PlannedMedia, then: Panel) -> PlannedMedia:
    spend = before.spend.copy()
    spend[:, :LEAD] = np.nan
    spend[..., 2] *= 1.5
    return bought(before, then, spend)


@pytest.fixture(scope="module")
def kept(
    promising: FittedModel, then: Panel, planned: PlannedMedia, before: PlannedMedia
) -> Promise:
    return promise(promising, then, planned, before, WEEKS)


def as_planned(planned: PlannedMedia, then: Panel, model: FittedModel, **change: object) -> Panel:
    """The panel of some weeks later, were everything as the fit expects."""
    later = replace(planned.after(then).head(len(then.weeks) + OVER), **change)
    kpi = model.components(later).prediction.mean(axis=0)
    return replace(later, kpi=kpi, observed=np.ones_like(later.observed))


def test_a_promise_is_the_forecast_under_the_plan(kept, promising, then, planned, before):
    lines = kept.lines
    forecast = promising.predict(planned.after(then))
    cells = lines[lines["channel"].isna() & lines["region"].notna()]
    for name, column in (("mean", "kpi"), ("lower", "lower"), ("upper", "upper")):
        np.testing.assert_allclose(cells[column], getattr(forecast, name)[:, -WEEKS:].ravel())
    by_week = lines[lines["region"].isna()]
    assert by_week["kpi_to_date"].iloc[-1] == pytest.approx(cells["kpi"].sum())
    assert kept.totals["kpi"] == pytest.approx(cells["kpi"].sum())
    by_channel = lines[lines["channel"].notna()]
    assert kept.totals["spend"] == pytest.approx(by_channel["spend"].sum())
    third = by_channel[by_channel["channel"] == "channel 2"]
    np.testing.assert_allclose(third["spend"], 1.5 * third["before_spend"])
    assert kept.totals["gain_lower"] > 0  # half as much again of the best channel


def test_the_interval_of_a_sum_knows_what_weeks_and_regions_share(promising):
    response = promising.response
    one = np.zeros((3, 4))
    one[1, 2] = 1.0
    noise, size = response.noise, response.scaling.region_size[1]
    alone = noise["week"][1] + noise["level"][1] + 3 * noise["drift"][1]
    assert sum_variance(response, one) == pytest.approx(alone * size**2)
    # A random walk by simulation: own and shared steps, own level, own and shared shocks.
    rng = np.random.default_rng(1)
    draws, scale = 40_000, response.scaling.region_size
    week, drift = noise["common_week"][0], noise["common_drift"][0]
    own = rng.normal(size=(draws, 3, 4)) * np.sqrt(noise["drift"] - drift)[:, None]
    path = (own + np.sqrt(drift) * rng.normal(size=(draws, 1, 4))).cumsum(axis=2)
    path += np.sqrt(noise["level"])[:, None] * rng.normal(size=(draws, 3, 1))
    path += np.sqrt(noise["week"] - week)[:, None] * rng.normal(size=(draws, 3, 4))
    path += np.sqrt(week) * rng.normal(size=(draws, 1, 4))
    total = (path * scale[:, None]).sum(axis=(1, 2))
    assert sum_variance(response, np.ones((3, 4))) == pytest.approx(total.var(), rel=0.05)


def test_a_plan_that_came_as_promised_stands_where_it_should(kept, promising, then, planned):
    panel = as_planned(planned, then, promising)
    standing = Standing(KeptPlan(kept.lines), FittedEffects(promising, panel))
    track = standing.track()
    assert len(standing.over) == OVER - LEAD
    whole = track[track["channel"].isna() & track["region"].isna() & track["week"].isna()]
    so_far, end = (whole[whole["part"] == part].iloc[0] for part in (SO_FAR, TO_THE_END))
    assert so_far["spend"] == pytest.approx(so_far["planned_spend"])
    assert so_far["kpi"] == pytest.approx(so_far["promised"])
    assert end["spend"] == pytest.approx(kept.totals["spend"])
    assert end["kpi"] == pytest.approx(kept.totals["kpi"], rel=0.01)
    assert end["lower"] < end["kpi"] < end["upper"]
    advised, spent = standing.gains(), standing.gains(spent=True)
    assert advised["gain"] == pytest.approx(spent["gain"])
    assert advised["gain_probability"] == 1.0
    weekly = track[(track["part"] == "week") & track["region"].notna()]
    assert len(weekly) == 3 * (OVER - LEAD) * (len(panel.channels) + 1)
    assert weekly["kpi"].notna().all()


PLANTED = {
    "spend": "three channels get 40 % more",
    "media cost": "the same money buys half",
    "controls": "a control is another",
    "response": "media return 40 % more",
    "baseline": "the level is higher",
    "noise": "a week is a surprise",
}


@pytest.mark.parametrize("cause", PLANTED)
def test_a_planted_cause_gets_the_difference(cause, kept, promising, then, planned):
    panel, now = as_planned(planned, then, promising), promising
    ahead = slice(len(then.weeks), None)
    if cause in ("spend", "media cost", "controls"):
        changed = {name: getattr(panel, name).copy() for name in ("spend", "exposure", "control")}
        if cause == "controls":
            changed["control"][:, ahead] += 1.0
        else:
            changed["exposure"][:, ahead] *= 1.4 if cause == "spend" else 0.5
        if cause == "spend":
            changed["spend"][:, ahead] *= 1.4
        panel = as_planned(planned, then, promising, **changed)
    elif cause == "noise":
        panel.kpi[:, -1] *= 1.2
    else:
        state = dict(promising.response.state)
        name = "media" if cause == "response" else "level"
        state[name] = state[name] * (1.4 if cause == "response" else 1.1)
        now = replace(promising, response=replace(promising.response, state=state))
        panel = as_planned(planned, then, now)
    split = split_outcome(Promised(promising, then, planned, WEEKS), now, panel)
    whole = split[split["channel"].isna()].set_index("cause")["kpi"]
    track = Standing(KeptPlan(kept.lines), FittedEffects(now, panel)).track()
    so_far = track[(track["part"] == SO_FAR) & track["channel"].isna() & track["region"].isna()]
    difference = (so_far["kpi"] - so_far["promised"]).item()
    assert whole.sum() == pytest.approx(difference)  # to the last unit
    assert abs(difference) > 0.005 * so_far["promised"].item()
    assert whole[cause] / difference >= 0.9, whole
    of_media = split[split["cause"].isin(["spend", "media cost", "response"])]
    by_channel = of_media.dropna(subset="channel").groupby("cause")["kpi"].sum()
    np.testing.assert_allclose(by_channel, whole[by_channel.index], atol=1e-6)


def test_real_weeks_add_up_though_a_cell_a_region_and_a_channel_differ(
    kept, promising, then, planned, history
):
    """The fit of now is another one: it knows one more channel and a week without a KPI."""
    panel = history.head(60 + OVER)
    extra = np.pad(panel.exposure, ((0, 0), (0, 0), (0, 1)))
    extra[:, 60:, -1] = panel.exposure[:, 60:, 0]
    observed = panel.observed.copy()
    observed[1, -1] = False
    panel = replace(
        panel, channels=(*panel.channels, "podcast"), exposure=extra, spend=2 * extra,
        observed=observed, kpi=np.where(observed, panel.kpi, 0.0),
    )  # fmt: skip
    now = fit(panel, replace(promising.settings, members=10, draws=5, lag_weeks=3))[0]
    split = split_outcome(Promised(promising, then, planned, WEEKS), now, panel)
    standing = Standing(KeptPlan(kept.lines), FittedEffects(now, panel))
    assert standing.unknown_cells == 1
    track = standing.track()
    cells = track[(track["part"] == "week") & track["channel"].isna()].dropna(
        subset=["region", "kpi"]
    )
    assert len(cells) == 3 * (OVER - LEAD) - 1
    whole = split[split["channel"].isna()]
    assert whole["kpi"].sum() == pytest.approx((cells["kpi"] - cells["promised"]).sum())
    assert (whole["lower"] <= whole["upper"]).all()


def test_moves_begin_at_the_plan_and_spend_what_is_left(kept, promising, then, planned):
    panel = as_planned(planned, then, promising)
    standing = Standing(KeptPlan(kept.lines), FittedEffects(promising, panel))
    moves = plan_moves(standing, BudgetSettings(caution=0.0), WeeklyRules())
    whole, by_channel = moves[moves["channel"].isna()].iloc[0], moves.dropna(subset="channel")
    left = KeptPlan(kept.lines).by_channel("spend")[:, OVER - LEAD :].sum()
    assert whole["planned_spend"] == pytest.approx(left)
    assert by_channel["advised_spend"].sum() == pytest.approx(left, abs=0.02)
    share = by_channel["advised_spend"] / by_channel["planned_spend"]
    assert share.between(0.7 - 1e-6, 1.3 + 1e-6).all()
    assert whole["gain"] > 0


def test_a_budget_by_week_becomes_spend_by_region_that_adds_up(promising, then):
    (found,) = plan_weeks(
        promising, then, 3, BudgetSettings(scenarios=BudgetSettings().scenarios[:1])
    )
    spend = of_weekly_budget(found, then)
    assert round(spend.sum(), 2) == pytest.approx(round(found.spend.sum(), 2), abs=0.011)
    np.testing.assert_allclose(spend.sum(axis=0), found.spend, atol=0.03)


def test_a_panel_that_lost_a_channel_of_the_plan_is_named(kept, promising, then, planned):
    panel = as_planned(planned, then, promising)
    renamed = replace(panel, channels=("other", *panel.channels[1:]))
    standing = Standing(KeptPlan(kept.lines), FittedEffects(promising, renamed))
    with pytest.raises(ValueError, match=r"no longer the channels \['channel 0'\]"):
        standing.track()
    late = pd.Timestamp(planned.weeks[-1])
    with pytest.raises(ValueError, match="no week of the plan is over"):
        split_outcome(Promised(promising, then, planned, WEEKS), promising, panel.head(61))
    assert KeptPlan(kept.lines, ends=late - pd.Timedelta(weeks=5)).over(panel).size == 1
