"""A declared instrument, and errors of reading: the effect is found that the plain fit misses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.effects.first_stages import FIRST_STAGE_COLUMNS, first_stages
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit
from mmm_model.fit.two_stages import may_err, readings_of
from mmm_model.graph import ChannelGraph, GraphSettings
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

REGIONS, WEEKS = 5, 110
QUICK = ModelSettings(holdout_weeks=0, members=40, chains=1, warmup=120, draws=130, gru_width=0)
TOLD = GraphSettings(instruments=("budget",), required=(("budget", "search"),))
SHARE = 0.2


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Search follows a budget and an unseen wave of demand, which moves the KPI as well."""
    rng = np.random.default_rng(8)
    budget, demand = rng.standard_normal((2, REGIONS, WEEKS))
    search = np.maximum(1.0 + 0.25 * budget + 0.2 * demand, 0.0)
    kpi = 0.8 + SHARE * search + 0.08 * demand + 0.02 * rng.standard_normal(search.shape)
    exposure = 50.0 * search[..., None]
    return Panel(
        regions=tuple(f"r{i}" for i in range(REGIONS)),
        weeks=pd.date_range("2022-01-03", periods=WEEKS, freq="7D"),
        channels=("search",),
        controls=("budget",),
        kpi=1000.0 * kpi,
        observed=np.ones(kpi.shape, dtype=bool),
        exposure=exposure,
        spend=exposure,
        control=budget[..., None],
        value_per_kpi=np.full(kpi.shape, np.nan),
    )


@pytest.fixture(scope="module")
def told(panel: Panel) -> FittedModel:
    graph = ChannelGraph.empty(panel.channels, panel.regions, 0, panel.controls)
    readings = readings_of(panel, graph, (), TOLD, seed=0)
    return fit(panel.with_controls(()), QUICK, graph, readings=readings)[0]


def share(model: FittedModel, panel: Panel) -> float:
    return model.components(panel).media.mean(0).sum() / panel.kpi.sum()


def test_an_instrument_finds_the_effect_that_the_plain_fit_overstates(
    panel: Panel, told: FittedModel
) -> None:
    plain, _ = fit(panel.with_controls(()), QUICK)
    true = SHARE * panel.exposure.sum() / 50.0 * 1000.0 / panel.kpi.sum()
    assert share(plain, panel) > 1.5 * true
    assert share(told, panel) == pytest.approx(true, rel=0.25)


def test_members_read_exposures_of_their_own(panel: Panel, told: FittedModel) -> None:
    (reading,) = told.response.readings
    assert len(np.unique(reading.drawn)) > 3
    response = told.media_response(panel)
    off = told.media_response(panel, np.zeros_like(panel.exposure)).contribution()
    np.testing.assert_array_equal(off, 0.0)
    each = np.broadcast_to(panel.exposure, (told.members, *panel.exposure.shape))
    np.testing.assert_allclose(told.media_response(panel, each).adstocked, response.adstocked)
    again = FittedModel.from_bytes(told.to_bytes())
    np.testing.assert_allclose(
        again.media_response(panel).contribution(), response.contribution(), rtol=1e-5
    )
    longer = told.response.repeated(2 * told.members)
    assert len(longer.readings[0].drawn) == 2 * told.members


def test_first_stages_are_listed(panel: Panel, told: FittedModel) -> None:
    table = first_stages(told, panel)
    assert list(table.columns) == list(FIRST_STAGE_COLUMNS)
    (row,) = table.to_dict("records")
    assert row["channel"] == "search"
    assert row["instruments"] == "budget"
    assert row["f_statistic"] > 100
    assert not row["weak"]
    assert row["noise_share"] == 1.0
    assert row["correction"] == pytest.approx(0.2, rel=0.15)
    plain = replace(told, response=replace(told.response, readings=()))
    assert first_stages(plain, panel).empty


def test_money_may_err_and_counts_do_not(panel: Panel) -> None:
    counted = replace(panel, exposure=2.0 * panel.exposure)
    assert may_err(panel, "search", GraphSettings())
    assert not may_err(counted, "search", GraphSettings())
    assert may_err(counted, "search", GraphSettings(reading_errors="all"))
    assert not may_err(panel, "search", GraphSettings(reading_errors="none"))
    # Nobody drives it, and nothing is declared.
    graph = ChannelGraph.empty(panel.channels, panel.regions, 0, panel.controls)
    assert readings_of(panel, graph, (), GraphSettings(), seed=0) == ()
    with pytest.raises(ValueError, match="reading_errors is 'some', allowed are spend, all, none"):
        GraphSettings(reading_errors="some")
