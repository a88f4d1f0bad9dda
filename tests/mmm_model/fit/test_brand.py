"""A slow stock that media leave behind: told where the data can tell, in no figure where not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.brand import BrandSettings
from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.contributions import contributions
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.long_term import long_term
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import BrandSpec, ChannelSpec, Simulation, SimulationSpec, simulate

OFF = ModelSettings(chains=2, warmup=50, draws=60, members=60, gru_width=0, rounds=0)
ON = replace(OFF, brand=BrandSettings(("tv",)))


def world(multiple: float, weeks: int = 160) -> Simulation:
    """Two regions, in which television pauses for more than a year."""
    spec = SimulationSpec(
        channels=(
            ChannelSpec("tv", 0.05, 0.01, 0.15, dark=(60, 120)),
            ChannelSpec("search", 0.02, 0.4, 0.05),
        ),
        regions=("north", "south"),
        weeks=weeks,
        noise=0.02,
        demand_sd=0.01,
        outage_share=0.0,
        spikes=0.0,
        brand=BrandSpec(("tv",), multiple) if multiple else None,
    )
    return simulate(spec, 3)


def fitted(simulation: Simulation, settings: ModelSettings) -> FittedEffects:
    panel = simulation.panel()
    response = fit_response(panel, settings, forecasts=False).response
    return FittedEffects(FittedModel(response), panel)


@pytest.fixture(scope="module")
def lasting() -> FittedEffects:
    return fitted(world(1.5), ON)


@pytest.fixture(scope="module")
def passing() -> tuple[FittedEffects, FittedEffects]:
    """A brand without a stock: fitted as if there could be one, and as if there could not."""
    return fitted(world(0.0), ON), fitted(world(0.0), OFF)


def test_a_large_stock_is_told_and_inside_its_interval(lasting: FittedEffects) -> None:
    row = long_term(lasting).set_index("channel").loc["tv"]
    assert row["told"] and row["log_bayes_factor"] > np.log(10)
    assert row["share_lower"] < 0.6 < row["share_upper"]
    assert row["share_upper"] - row["share_lower"] < 0.4
    assert row["half_life_lower"] <= 52 <= row["half_life_upper"]
    simulation = world(1.5)
    direct = simulation.contribution(simulation.exposure)[..., 0].sum(0)
    left = 0.5 ** ((159 - np.arange(160)) / 52)
    assert row["to_come_lower"] < 1.5 * direct @ left < row["to_come_upper"]
    assert row["long_term"] > row["to_come"] and row["roi_with_long_term"] > row["roi"]
    assert "comes in later weeks and years" in row["statement"]


def test_components_add_up_and_are_saved(lasting: FittedEffects) -> None:
    rows = contributions(lasting)
    sums = rows.groupby(["region", "week"])["contribution"].sum().to_numpy()
    predicted = lasting.model.predict(lasting.panel).mean.ravel()
    np.testing.assert_allclose(sums, predicted, rtol=1e-9)
    stock = rows[rows["kind"] == "brand"].groupby("week")["contribution"].sum()
    assert stock.iloc[119] < 0.75 * stock.iloc[60]  # it fades while television pauses
    again = FittedModel.from_bytes(lasting.model.to_bytes())
    np.testing.assert_allclose(
        again.components(lasting.panel).brand, lasting.components.brand, rtol=1e-12
    )
    assert again.settings.brand == ON.brand
    turned = lasting.model.response.in_order(("search", "tv"))
    assert not turned.state["brand_multiple"][:, 0].any()


def test_returns_curves_and_budgets_count_the_short_term_alone(lasting: FittedEffects) -> None:
    summary = channel_summary(lasting).set_index("channel").loc["tv"]
    row = long_term(lasting).set_index("channel").loc["tv"]
    assert row["roi"] == pytest.approx(summary["roi"], rel=1e-9)
    assert row["short_term"] == pytest.approx(summary["contribution"], rel=1e-9)
    np.testing.assert_allclose(
        lasting.response.contribution(), lasting.components.media, rtol=1e-6, atol=1e-6
    )


def test_what_is_not_told_is_in_no_figure(passing: tuple[FittedEffects, FittedEffects]) -> None:
    looked, never = passing
    row = long_term(looked).set_index("channel").loc["tv"]
    assert not row["told"] and row["log_bayes_factor"] < np.log(10)
    assert np.isnan(row[["long_term", "to_come", "roi_with_long_term"]].astype(float)).all()
    assert looked.components.brand.shape[-1] == 0
    for name, value in never.model.response.state.items():
        np.testing.assert_array_equal(looked.model.response.state[name], value)
    assert long_term(never).empty


def test_a_table_that_says_nothing_leaves_what_other_brands_have() -> None:
    effects = fitted(world(0.0, weeks=100), ON)
    row = long_term(effects).iloc[0]
    assert not row["told"] and "was not looked for" in row["statement"]
    quiet = replace(effects.model.response, mixing={"brand": np.array([0.3, np.nan])})
    told = long_term(FittedEffects(FittedModel(quiet), effects.panel)).iloc[0]
    assert not told["told"]
    assert (told["share_lower"], told["share_upper"]) == pytest.approx((0.24, 0.76), abs=0.01)
    assert "cannot tell" in told["statement"]
    against = replace(effects.model.response, mixing={"brand": np.array([-4.0, np.nan])})
    told = long_term(FittedEffects(FittedModel(against), effects.panel)).iloc[0]
    assert told["share"] == told["share_lower"] == 0.0
    assert "speak against" in told["statement"]


@pytest.mark.parametrize(
    ("channels", "half_life"),
    [((), (26, 104)), (("tv", "tv"), (26, 104)), (("tv",), (10, 52)), (("tv",), (80, 40))],
)
def test_a_stock_that_makes_no_sense_is_refused(channels, half_life) -> None:
    with pytest.raises(ValueError, match=r"brand\."):
        BrandSettings(channels, half_life)


def test_no_other_estimator_looks_for_a_stock() -> None:
    with pytest.raises(ValueError, match="posterior"):
        ModelSettings(estimator="search", brand=ON.brand)
