"""Lift tests: what they do to estimates, and what a wrong one does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.lift_tests import LiftTest, within
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

SETTINGS = ModelSettings(holdout_weeks=0, members=40, chains=2, warmup=60, draws=60)


def response(model: FittedModel, panel: Panel, exposure: np.ndarray) -> float:
    """Mean KPI of all regions and weeks that media bring at another exposure."""
    return float(model.media_response(panel, exposure).contribution().mean(0).sum())


@pytest.fixture(scope="module")
def panel() -> Panel:
    return small_panel(regions=3, weeks=60)


@pytest.fixture(scope="module")
def untested(panel: Panel) -> FittedModel:
    return fit(panel, SETTINGS)[0]


def dated(model: FittedModel, panel: Panel, times: float, error: float) -> LiftTest:
    """A test of the last channel's weeks 40 to 47 that says ``times`` what the model says."""
    without = panel.exposure.copy()
    without[:, 40:48, 2] *= 0.7
    weeks = slice(40, 48)
    now = model.media_response(panel).contribution().mean(0)[:, weeks].sum()
    then = model.media_response(panel, without).contribution().mean(0)[:, weeks].sum()
    lift = (now - then) / 8
    return LiftTest(
        panel.channels[2],
        change=0.3 * panel.spend[:, weeks, 2].sum() / 8,
        lift=times * lift,
        standard_error=error * lift,
        start=panel.weeks[40],
        end=panel.weeks[47],
    )


def roi(model: FittedModel, panel: Panel) -> np.ndarray:
    return model.components(panel).media.mean(0).sum((0, 1)) / panel.spend.sum((0, 1))


def test_what_a_model_says_of_a_test_is_what_its_equation_gives(
    panel: Panel, untested: FittedModel
) -> None:
    test = dated(untested, panel, 1.0, 0.1)
    model, _ = fit(panel, SETTINGS, lift_tests=[test])
    without = panel.exposure.copy()
    without[:, 40:48, 2] *= 0.7
    expected = response(model, panel, panel.exposure) - response(model, panel, without)
    # What is spent in the test's weeks works a little longer; the test counts its weeks alone.
    assert model.lift["after"].mean() * 8 == pytest.approx(expected, rel=0.15)
    assert not model.lift["conflicts"][0]


def test_a_sure_test_decides_and_is_kept(panel: Panel, untested: FittedModel) -> None:
    test = dated(untested, panel, 0.6, 0.02)
    model, _ = fit(panel, SETTINGS, lift_tests=[test])
    assert model.lift["before"].mean() == pytest.approx(test.lift / 0.6, rel=0.15)
    # The data of this panel contradict the test, so a little of the gap stays.
    gap = abs(model.lift["before"].mean() - test.lift)
    assert abs(model.lift["after"].mean() - test.lift) < 0.3 * gap
    assert roi(model, panel)[2] < 0.8 * roi(untested, panel)[2]
    again = FittedModel.from_bytes(model.to_bytes())
    np.testing.assert_array_equal(again.lift["before"], model.lift["before"])


def test_a_cut_is_read_like_a_rise(panel: Panel, untested: FittedModel) -> None:
    rise = dated(untested, panel, 0.8, 0.1)
    cut = replace(rise, change=-rise.change, lift=-rise.lift)
    model, _ = fit(panel, SETTINGS, lift_tests=[cut])
    usual = roi(untested, panel)
    assert 0.6 * usual[2] < roi(model, panel)[2] < 1.1 * usual[2]
    assert model.lift["after"].mean() == pytest.approx(cut.lift, rel=0.25)


def test_an_unsure_test_hardly_matters(panel: Panel, untested: FittedModel) -> None:
    model, _ = fit(panel, SETTINGS, lift_tests=[dated(untested, panel, 0.6, 2.0)])
    assert roi(model, panel)[2] == pytest.approx(roi(untested, panel)[2], rel=0.15)


def test_a_wrong_test_is_flagged_and_bends_little(panel: Panel, untested: FittedModel) -> None:
    wrong = dated(untested, panel, 10.0, 0.01)
    model, _ = fit(panel, SETTINGS, lift_tests=[wrong])
    assert model.lift["conflicts"][0]
    assert model.lift["error"][0] > 100 * wrong.standard_error
    assert roi(model, panel)[2] < 1.5 * roi(untested, panel)[2]
    np.testing.assert_allclose(roi(model, panel)[:2], roi(untested, panel)[:2], rtol=0.2)


def test_a_steady_test_of_one_region_in_exposure(panel: Panel, untested: FittedModel) -> None:
    region, level = panel.regions[1], float(panel.exposure[1, :, 2].mean())
    test = LiftTest(panel.channels[2], 0.3 * level, 1.0, 1e6, region, level=level, in_exposure=True)
    model, _ = fit(panel, SETTINGS, lift_tests=[test])
    base = np.zeros_like(panel.exposure)
    base[..., 2] = panel.exposure[..., 2].mean(axis=1, keepdims=True)
    low, high = (
        model.media_response(panel, exposure).contribution()[:, 1, -1, 2]
        for exposure in (base, 1.3 * base)
    )
    assert model.lift["after"].mean() == pytest.approx((high - low).mean(), rel=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channel": "radio"}, "the channels are"),
        ({"region": "atlantis"}, "no region 'atlantis'"),
        ({"start": pd.Timestamp("2019-01-07")}, "the panel from 2023"),
        ({"change": 1e12}, "was spent"),
    ],
)
def test_a_test_that_does_not_fit_the_panel_is_refused(
    panel: Panel, untested: FittedModel, change: dict, message: str
) -> None:
    test = replace(dated(untested, panel, 1.0, 0.1), **change)
    with pytest.raises(ValueError, match=message):
        fit(panel, SETTINGS, lift_tests=[test])


def test_numbers_that_say_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="the error > 0"):
        LiftTest("tv", 1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="from 2024"):
        LiftTest("tv", 1.0, 1.0, 1.0, start=pd.Timestamp("2024-01-01"))


def test_a_test_counts_only_once_it_is_over(panel: Panel, untested: FittedModel) -> None:
    test = dated(untested, panel, 1.0, 0.1)
    assert within([test], panel, 40) == []
    assert within([test], panel, 48) == [test]
