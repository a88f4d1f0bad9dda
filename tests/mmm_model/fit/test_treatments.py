"""Promotions, prices and holidays, from the panel to what they brought."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.effects.contributions import contributions
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.treatments import treatment_effects
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.settings import ModelSettings
from mmm_model.simulator import ChannelSpec, Simulation, SimulationSpec, TreatmentSpec, simulate

_CHAINS = {"chains": 2, "warmup": 50, "draws": 60, "members": 120, "gru_width": 0}


def brand(regions: int) -> Simulation:
    spec = SimulationSpec(
        channels=(
            ChannelSpec("tv", 0.03, 0.01, 0.06, bursts=True),
            ChannelSpec("search", 0.02, 0.4, 0.05),
        ),
        regions=tuple(f"region {r}" for r in range(regions)),
        weeks=120,
        outage_share=0.0,
        treatments=TreatmentSpec(lift=0.2, elasticity=-1.2, announced=0.5),
    )
    return simulate(spec, 4)


@pytest.fixture(scope="module", params=[1, 3], ids=["nation", "regions"])
def found(request: pytest.FixtureRequest) -> tuple[Simulation, FittedEffects]:
    simulation = brand(request.param)
    panel = simulation.panel()
    fitted = fit_response(panel, ModelSettings(**_CHAINS), forecasts=False)
    return simulation, FittedEffects(FittedModel(fitted.response), panel)


def test_effects_are_given_back_with_their_doubt(found) -> None:
    simulation, effects = found
    table = treatment_effects(effects).set_index("treatment")
    truth = dict(zip(simulation.treated.treatments, simulation.treatment_effect.sum((0, 1)),
                     strict=True))  # fmt: skip
    true = {one.key: value for one, value in truth.items()}
    promotion, price = table.loc["promotion_depth"], table.loc["price"]
    assert promotion["contribution"] == pytest.approx(true["promotion_depth", ""], rel=0.15)
    assert promotion["contribution_lower"] < promotion["contribution"]
    assert price["effect"] == pytest.approx(-1.2, abs=0.5)
    assert price["effect_lower"] < price["effect"] < price["effect_upper"] <= 0.0
    christmas = table.loc["Christmas"].set_index("part")
    assert christmas.loc["before", "effect"] > 0.08
    assert christmas.loc["day", "effect"] < 0.0
    idle = table.loc["New Year"]
    assert (idle["effect"].abs() < 0.08).all()


def test_components_add_up_to_the_prediction(found) -> None:
    _, effects = found
    rows = contributions(effects)
    assert set(rows["kind"]) >= {"promotion", "price", "holiday", "media"}
    sums = rows.groupby(["region", "week"])["contribution"].sum().to_numpy()
    predicted = effects.model.predict(effects.panel).mean.ravel()
    np.testing.assert_allclose(sums, predicted, rtol=1e-9)


def test_nothing_is_brought_at_the_reference(found) -> None:
    _, effects = found
    panel = effects.panel
    usual = effects.model.scaling.treatment_reference[:, None]
    plain = replace(panel, treatment=np.broadcast_to(usual, panel.treatment.shape))
    assert not effects.model.components(plain).treatment.any()


def test_a_saved_fit_says_the_same(found) -> None:
    _, effects = found
    again = FittedModel.from_bytes(effects.model.to_bytes())
    np.testing.assert_allclose(
        again.components(effects.panel).treatment, effects.components.treatment, rtol=1e-12
    )
    assert again.response.treatments == effects.panel.treatments


def test_each_region_answers_prices_in_its_own_way_and_holidays_alike(found) -> None:
    _, effects = found
    apart = dict(zip([one.kind for one in effects.model.response.treatments],
                     np.ptp(effects.model.response.state["treatment"], axis=1).max(0),
                     strict=True))  # fmt: skip
    regions = len(effects.panel.regions)
    assert (apart["price"] > 0) == (apart["promotion"] > 0) == (regions > 1)
    assert apart["holiday"] == 0.0


def test_a_fit_of_before_regions_had_their_own_says_what_it_said(found) -> None:
    _, effects = found
    response = effects.model.response
    groups = response.groups()
    nation = response.state["treatment"][:, 0]
    groups["state"]["treatment"] = nation
    again = FittedResponse.restored(response.meta(), groups)
    expected = np.repeat(nation[:, None], len(response.regions), axis=1)
    np.testing.assert_array_equal(again.state["treatment"], expected)


def test_a_price_may_have_the_other_sign_where_it_is_free() -> None:
    panel = brand(1).panel()
    dearer = tuple(
        replace(one, signed=False) if one.kind == "price" else one for one in panel.treatments
    )
    price = panel.treatment[..., [one.kind for one in dearer].index("price")]
    sold = panel.kpi * (price / np.median(price)) ** 3.0  # what is in money rises with the price
    panel = replace(panel, treatments=dearer, kpi=sold)
    fitted = fit_response(panel, ModelSettings(**_CHAINS), forecasts=False)
    table = treatment_effects(FittedEffects(FittedModel(fitted.response), panel))
    assert table.set_index("treatment").loc["price", "effect_lower"] > 0.5


def test_other_estimators_read_them_as_controls() -> None:
    panel = brand(1).panel()
    settings = ModelSettings(estimator="search", members=2, steps=2)
    response = fit_response(panel, settings, forecasts=False).response
    assert {"promotion_depth", "price", "Christmas (before)"} <= set(response.controls)
    assert response.components(panel).treatment.shape[-1] == 0
