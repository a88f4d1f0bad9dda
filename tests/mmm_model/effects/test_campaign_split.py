"""Campaigns: their channel, split; shrunk to it where their weeks say little."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.campaigns import MOST, REST, SMALLER, Campaigns
from mmm_model.effects.campaign_split import campaign_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.training import fit
from mmm_model.settings import ModelSettings
from mmm_model.simulator import ChannelSpec, SimulationSpec, simulate
from mmm_model.simulator.campaigns import SimulatedCampaigns, split_campaigns

SETTINGS = ModelSettings(chains=1, warmup=40, draws=40, members=40, holdout_weeks=0, gru_width=0)


@pytest.fixture(scope="module")
def case() -> SimulatedCampaigns:
    spec = SimulationSpec(
        channels=(
            ChannelSpec("video", 0.06, 0.01, 0.25, half_saturation=2.0, slope=1.0),
            ChannelSpec("search", 0.02, 0.4, 0.05, slope=0.9),
        ),
        regions=("north", "south", "east", "west"),
        weeks=100, noise=0.015, demand_sd=0.01, spikes=0.0, missing_share=0.0, outage_share=0.0,
    )  # fmt: skip
    return split_campaigns(simulate(spec, 5), "video", count=5, spread=0.6, seed=2)


@pytest.fixture(scope="module")
def effects(case: SimulatedCampaigns) -> FittedEffects:
    return FittedEffects(fit(case.panel, SETTINGS)[0], case.panel)


def test_the_split_adds_up_and_is_nearer_to_the_truth_than_exposure(case, effects) -> None:
    table = campaign_summary(effects, case.campaigns)
    whole = effects.response.contribution()[..., 0].sum((1, 2)).mean()
    assert table["contribution"].sum() == pytest.approx(whole)
    assert table["share"].sum() == pytest.approx(1.0)
    true = case.contribution / case.contribution.sum()
    by_exposure = table["exposure"] / table["exposure"].sum()
    assert np.abs(table["share"] - true).sum() < 0.6 * np.abs(by_exposure - true).sum()
    assert table["own_evidence"].between(0.0, 1.0).all()
    assert (table["lower"] <= table["contribution"]).all()
    assert (table["contribution"] <= table["upper"]).all()
    assert (table["first_week"] <= table["last_week"]).all()


def test_campaigns_that_always_run_alike_are_as_good_as_their_channel(case, effects) -> None:
    whole = case.panel.exposure[..., 0]
    parts = np.stack([0.7 * whole, 0.3 * whole], axis=-1)
    alike = Campaigns(("video",) * 2, ("a", "b"), parts, parts)
    table = campaign_summary(effects, alike)
    assert table["own_evidence"].max() < 0.05
    assert table["against_channel"].to_numpy() == pytest.approx([1.0, 1.0], abs=0.15)
    assert (table["against_lower"] < 0.95).all() and (table["against_upper"] > 1.05).all()


def test_what_no_campaign_names_is_one_of_its_own(case, effects) -> None:
    some = case.campaigns
    named = replace(
        some,
        channel=some.channel[:2],
        name=some.name[:2],
        exposure=some.exposure[..., :2],
        spend=some.spend[..., :2],
    )
    table = campaign_summary(effects, named).set_index("campaign")
    rest = case.panel.exposure[..., 0].sum() - named.exposure.sum()
    assert table.loc[REST, "exposure"] == pytest.approx(rest)
    assert campaign_summary(effects, None).empty


def test_a_lone_campaign_is_its_channel_and_very_many_are_the_largest_and_the_rest(
    case, effects
) -> None:
    whole = case.panel.exposure[..., 0]
    alone = Campaigns(("video", "search"), ("all", "off"), *([_parts(whole, [1.0, 0.0])] * 2))
    (row,) = campaign_summary(effects, alone).to_dict("records")
    assert (row["campaign"], row["against_lower"], row["against_upper"]) == ("all", 1.0, 1.0)

    shares = np.geomspace(1.0, 0.2, MOST + 20)
    parts = _parts(whole, shares / shares.sum())
    names = tuple(f"ad {g}" for g in range(MOST + 20))
    many = campaign_summary(effects, Campaigns(("video",) * len(names), names, parts, parts))
    assert many["campaign"].tolist() == [*names[:MOST], SMALLER]
    assert many["spend"].sum() == pytest.approx(whole.sum())


def test_a_draw_in_which_the_channel_brings_nothing_has_nothing_to_split(case, effects) -> None:
    nothing = FittedEffects(effects.model, case.panel)
    vars(nothing)["response"] = replace(effects.response, weight=0.0 * effects.response.weight)
    table = campaign_summary(nothing, case.campaigns)
    assert (table["contribution"] == 0.0).all()
    assert (table["against_lower"] < 1.0).all() and (table["against_upper"] > 1.0).all()
    assert table["own_evidence"].to_numpy() == pytest.approx(np.zeros(len(table)), abs=1e-9)


def _parts(whole, shares) -> np.ndarray:
    return whole[..., None] * np.asarray(shares)
