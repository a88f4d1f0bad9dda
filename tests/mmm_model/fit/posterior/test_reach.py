"""A channel of reach and frequency: reach times a curve of frequency, then adstock."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.budget.future_plan import future_plan
from mmm_model.budget.recommend import optimal_budgets
from mmm_model.effects.frequency import frequencies, frequency_curves, with_best_frequency
from mmm_model.effects.response_curves import response_curves
from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import ChannelSpec, SimulationSpec, simulate
from mmm_model.simulator.curves import response
from mmm_model.simulator.simulation import Simulation
from mmm_model.trust.placebo import with_invented

SETTINGS = ModelSettings(chains=1, warmup=40, draws=40, members=30, holdout_weeks=0, gru_width=0)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    video = ChannelSpec(
        "video", 0.04, 0.01, 0.15, bursts=True, frequency=3.0, frequency_spread=0.5,
        slope=2.6, half_saturation=1.0, decay=0.2,
    )  # fmt: skip
    spec = SimulationSpec(
        channels=(video, ChannelSpec("search", 0.02, 0.4, 0.05, slope=0.9)),
        regions=("north", "south", "east", "west"),
        weeks=90, noise=0.015, demand_sd=0.01, spikes=0.0, missing_share=0.0, outage_share=0.0,
    )  # fmt: skip
    return simulate(spec, 3)


@pytest.fixture(scope="module")
def panel(simulation: Simulation) -> Panel:
    panel = simulation.panel()
    return replace(panel, population=1.5 * panel.exposure[..., 0].max(axis=1))


@pytest.fixture(scope="module")
def model(panel: Panel) -> FittedModel:
    gained = LiftTest(
        "video", change=1.0, lift=100.0, standard_error=1e6
    )  # says nothing, but is read
    return fit(panel, SETTINGS, lift_tests=[gained])[0]


@pytest.fixture(scope="module")
def media(model: FittedModel, panel: Panel) -> MediaResponse:
    return model.media_response(panel)


def test_contributions_and_the_best_frequency_are_given_back(simulation, model, panel, media):
    true = simulation.contribution(simulation.exposure)[..., 0]
    found = media.contribution()[..., 0].mean(axis=0)
    assert found.sum() == pytest.approx(true.sum(), rel=0.25)
    weekly, actual = found.sum(axis=0), true.sum(axis=0)
    assert np.corrcoef(weekly, actual)[0, 1] > 0.95
    (curve,) = frequency_curves(model, panel, media)
    usual = simulation.usual_frequency[0]
    brings = response(simulation.spec.channels[0], curve.frequency / usual) / curve.frequency
    assert brings[curve.best] > 0.93 * brings.max()


def test_reach_scales_with_spend_up_to_everybody(model, panel, media):
    once, twice = media.contribution(1.0), media.contribution(1.3)
    assert np.allclose(twice[..., 0], 1.3 * once[..., 0])
    assert twice[..., 1].sum() < 1.29 * once[..., 1].sum()
    flooded, more = media.contribution(1e4), media.contribution(2e4)
    on = media.adstocked[..., 0] > 0.01  # not a tail that carries over
    assert np.allclose(flooded[..., 0][on], more[..., 0][on])
    assert not media.marginal(1e4)[..., 0][on].any()
    unbounded = model.media_response(replace(panel, population=None))
    assert np.allclose(unbounded.contribution(1e4)[..., 0], 1e4 * once[..., 0])
    assert np.allclose(media.marginal()[..., 0], once[..., 0])


def test_what_reads_members_goes_on_working(model, panel, media):
    plan = future_plan(model, panel, 6)
    assert np.allclose(plan.weekly(1.2)[..., 0], 1.2 * plan.weekly()[..., 0])
    slope = (plan.weekly(1.001) - plan.weekly(0.999)) / 0.002
    assert np.allclose(plan.weekly_marginal(), slope, rtol=1e-3)
    same = np.ones(plan.spend.shape)
    before, gradient = plan.by_rhythm(plan.rhythm, same)
    later = plan.rhythm.copy()
    later[2] += 1e-4
    after, _ = plan.by_rhythm(later, same)
    assert np.allclose((after - before) / 1e-4, gradient[2], rtol=1e-3)
    curves = response_curves(media, panel)
    assert np.isfinite(curves["response"]).all()
    budgets, _ = optimal_budgets(media, panel)
    shown = with_best_frequency(budgets, model, panel, media)
    whole = shown[shown["region"].isna()].set_index("channel")
    assert (whole.loc["video", "best_frequency"] >= 1).all()
    video = whole.loc[["video"]]
    assert (video["best_frequency_response"] >= 0.99 * video["optimal_response"]).all()
    assert whole.loc["search", "best_frequency"].isna().all()
    table = frequencies(model, panel, media)
    assert table["probability"].sum() == pytest.approx(1.0)
    assert table["is_best"].sum() == table["is_current"].sum() == 1


def test_a_saved_fit_of_channels_in_another_order_says_the_same(model, panel, media):
    restored = FittedModel.from_bytes(model.to_bytes())
    again = restored.media_response(panel).contribution()
    assert np.allclose(again, media.contribution(), rtol=1e-5)
    turned = restored.response.in_order(("search", "video")).media_response(
        panel.of_channels([1, 0])
    )
    assert np.allclose(turned.contribution()[..., ::-1], again)
    with pytest.raises(ValueError, match="frequency"):
        model.media_response(panel.as_contacts())


def test_a_search_reads_contacts(panel):
    settings = ModelSettings(estimator="search", members=1, steps=2, holdout_weeks=0, gru_width=0)
    found, _ = fit(panel, settings)
    contacts = found.media_response(panel.as_contacts()).contribution()
    assert np.allclose(found.media_response(panel).contribution(), contacts)
    assert not found.reads_frequency


def test_an_invented_channel_keeps_the_frequency_of_its_weeks(panel):
    longer = with_invented(panel, np.random.default_rng(1))
    assert longer.frequency is not None
    assert longer.frequency.shape == longer.exposure.shape
