"""Designs and ideas, from a fit whose draws are made up but for its panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.experiment.design import Designer, Impossible, recommended
from mmm_model.experiment.ideas import IdeaSettings, experiment_ideas
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel


@pytest.fixture(scope="module")
def panel() -> Panel:
    return small_panel(regions=9, weeks=100, channels=3)


@pytest.fixture(scope="module")
def model(panel: Panel) -> FittedModel:
    settings = ModelSettings(holdout_weeks=0, members=60, chains=2, warmup=10, draws=30)
    return fit(panel, settings)[0]


@pytest.fixture(scope="module")
def designer(model: FittedModel, panel: Panel) -> Designer:
    return Designer(model, panel)


def test_a_test_is_held_against_regions_that_have_none(designer: Designer, panel: Panel) -> None:
    for design in designer.designs("channel 2", "go_dark", 6):
        assert not set(design.regions) & set(design.beside)
        assert design.start == panel.weeks[-1] + pd.Timedelta(weeks=1)
        assert design.end == design.start + pd.Timedelta(weeks=5)
        spent = panel.spend[[panel.regions.index(name) for name in design.regions], -52:, 2]
        assert design.change == pytest.approx(-spent.mean(axis=1).sum())
        assert (design.lift < 0).all() and design.kpi_change < 6 * design.lift.mean()
        assert design.cost == pytest.approx(6 * design.change - 3.0 * design.kpi_change)
        assert 0 < design.known < 1 and design.smallest > 0


def test_longer_tests_see_less(designer: Designer) -> None:
    short, long = (
        min(one.error for one in designer.designs("channel 2", "heavy_up", weeks))
        for weeks in (4, 12)
    )
    assert long < short


def test_regions_of_another_test_take_no_part(designer: Designer) -> None:
    taken = frozenset({"region 0", "region 3"})
    later = replace(designer, busy=taken, _matched={})
    for design in later.designs("channel 2", "holdback", 6):
        assert not taken & {*design.regions, *design.beside}


def test_what_cannot_be_designed_is_said_with_what_can(designer: Designer, panel: Panel) -> None:
    crowded = replace(designer, busy=frozenset(panel.regions[:6]), _matched={})
    with pytest.raises(Impossible, match=r"3 of 9 regions.*another test takes 6.*switchback"):
        crowded.designs("channel 2", "go_dark", 6)
    with pytest.raises(Impossible, match="there is no channel 'tv'"):
        designer.designs("tv", "go_dark", 6)
    with pytest.raises(Impossible, match="4, 8, 12"):
        designer.designs("channel 2", "switchback", 6)
    (in_time,) = designer.designs("channel 2", "switchback", 8)
    assert in_time.beside == () and in_time.dark == 0.5 and in_time.lift.mean() < 0


def test_ideas_rank_every_channel_by_worth_less_cost(designer: Designer, panel: Panel) -> None:
    response = designer.model.media_response(panel)
    tested = {"channel 1": panel.weeks[-11]}
    settings = IdeaSettings(lengths=(4,))
    ideas = experiment_ideas(designer, response, BudgetSettings(), settings, tested)
    assert set(ideas["channel"]) == set(panel.channels)
    assert set(ideas["kind"]) == {"holdback", "go_dark", "heavy_up"}  # there are regions
    assert ideas["net"].is_monotonic_decreasing
    assert (ideas["worth"] <= ideas["worth_of_certainty"] * 1.001 + 1e-9).all()
    assert ideas.set_index("channel").loc["channel 1", "age_weeks"].eq(10).all()
    assert np.isnan(ideas.set_index("channel").loc["channel 0", "age_weeks"].astype(float)).all()


def test_the_design_that_pays_is_taken_else_the_cheapest_that_is_likely(designer: Designer) -> None:
    found = designer.designs("channel 2", "go_dark", 6) + designer.designs(
        "channel 2", "go_dark", 12
    )
    cost = np.array([one.cost for one in found])
    worth = np.full(len(found), -10.0) + cost.clip(0)
    worth[1] += 15.0
    assert recommended(found, worth) == 1
    unknown = np.full(len(found), np.nan)
    likely = [n for n, one in enumerate(found) if one.power >= 0.8]
    best = min(likely, key=lambda n: cost[n]) if likely else np.argmax([o.power for o in found])
    assert recommended(found, unknown) == best
