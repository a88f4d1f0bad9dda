"""What media create and nobody buys: the identity, the mask of a survey, its sampling error."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.mediators import mediators
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import train_final
from mmm_model.fit.unpaid_mediators import mediator_panel
from mmm_model.mediators import Mediator, Mediators, sampling_error
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import ChannelSpec, MediatorSpec, Simulation, SimulationSpec, simulate
from mmm_model.treatments import Treatment

SHORT = ModelSettings(
    chains=2, warmup=40, draws=40, members=40, gru_width=0, rounds=0, holdout_weeks=0
)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    spec = SimulationSpec(
        channels=(
            ChannelSpec("tv", 0.04, 0.01, 0.06, bursts=True),
            ChannelSpec("radio", 0.03, 0.01, 0.05),
        ),
        weeks=104,
        mediators=(MediatorSpec("brand_searches", {"tv": 0.4}, own_sd=0.03),),
    )
    return simulate(spec, 3)


@pytest.fixture(scope="module")
def model(simulation: Simulation) -> FittedModel:
    return train_final(simulation.panel(), SHORT)


def test_a_total_is_direct_and_paid_and_unpaid(simulation: Simulation, model: FittedModel) -> None:
    panel = simulation.panel()
    effects = FittedEffects(FittedModel.from_bytes(model.to_bytes()), panel)
    paths = effects.mediation
    np.testing.assert_allclose(paths.alone + paths.mediated + paths.unpaid, paths.total)
    assert (paths.unpaid >= 0).all()
    shares, _ = mediators(effects)
    by_channel = shares.dropna(subset="channel").set_index("channel")
    assert by_channel.loc["tv", "created_share"] == pytest.approx(0.4, abs=0.12)
    assert by_channel.loc["tv", "contribution"] > 5 * by_channel.loc["radio", "contribution"]


def test_totals_are_as_they_are_without_the_mediator(
    simulation: Simulation, model: FittedModel
) -> None:
    panel = replace(simulation.panel(), mediators=None)
    without = train_final(panel, SHORT)
    for name, value in model.response.state.items():
        np.testing.assert_array_equal(value, without.response.state[name])


def test_a_calendar_that_knows_the_weeks_to_come_is_no_hindrance(simulation: Simulation) -> None:
    panel = simulation.panel()
    weeks = len(panel.weeks)
    fair = np.broadcast_to((np.arange(weeks + 13) % 26 == 5)[:, None] * 1.0, (1, weeks + 13, 1))
    dated = replace(
        panel,
        treatments=(Treatment("fair", "event"),),
        treatment=fair[:, :weeks],
        ahead=fair[:, weeks:],
    )
    model = train_final(dated, replace(SHORT, chains=1, warmup=10, draws=10, members=10))
    assert model.mediators is not None
    assert [one.label for one in model.response.treatments] == ["fair"]


def test_weeks_between_waves_never_enter_a_likelihood(simulation: Simulation) -> None:
    panel = simulation.panel()
    survey = _survey(panel, asked=400)
    own = mediator_panel(panel, survey, 0)
    np.testing.assert_array_equal(own.observed, ~np.isnan(survey.value[..., 0]))
    garbage = np.where(own.observed, own.kpi, 17.0)
    settings = replace(SHORT, warmup=10, draws=10)
    first, second = (
        fit_response(one, settings, forecasts=False).response
        for one in (own, replace(own, kpi=garbage))
    )
    np.testing.assert_array_equal(first.state["media"], second.state["media"])


def test_a_small_survey_says_less(simulation: Simulation) -> None:
    panel = simulation.panel()
    state, earned = [], []
    for asked in (40, 6000):
        known = replace(panel, mediators=_survey(panel, asked))
        fitted = train_final(known, SHORT)
        (one,) = fitted.mediators
        state.append((one.path[2] - one.path[1]).mean() / one.path[0].mean())
        tv = FittedEffects(fitted, known).mediation.unpaid.sum((1, 2))[:, 0]
        low, middle, high = np.quantile(tv, (0.05, 0.5, 0.95))
        earned.append((high - low) / middle)
    assert state[0] > 2 * state[1]
    assert earned[0] > 1.3 * earned[1]


def test_nobody_of_ten_is_no_certainty() -> None:
    assert sampling_error(np.array([0.0]), np.array([10.0]))[0] > 0.05
    large = sampling_error(np.array([0.5]), np.array([1000.0]))[0]
    assert large == pytest.approx(np.sqrt(0.25 / 1000), rel=0.01)


def _survey(panel: Panel, asked: int) -> Mediators:
    """The panel's searches as the share of people who know the brand, in every second week."""
    assert panel.mediators is not None
    rng = np.random.default_rng(2)
    true = panel.mediators.value / panel.mediators.value.mean() * 0.3
    value: Floats = rng.binomial(asked, np.minimum(true, 0.95)) / asked
    value[:, 1::2] = np.nan
    nodes = (Mediator("awareness", is_survey=True),)
    return Mediators(nodes, value, sampling_error(value, np.full(value.shape, float(asked))))
