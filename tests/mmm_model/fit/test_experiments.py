"""Lift tests in the scale of the model: which exposure changed, and in which weeks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmm_model.equation.scaling import Scaling
from mmm_model.fit.experiments import Experiment, check_tests, experiments_of
from mmm_model.fit.lift_tests import LiftTest, aged
from mmm_model.panel import Panel
from tests.mmm_model.model_panels import small_panel

LAGS = 3


@pytest.fixture(scope="module")
def panel() -> Panel:
    return small_panel(regions=3, weeks=60)


def in_scale(test: LiftTest, panel: Panel) -> tuple[Experiment, np.ndarray, np.ndarray]:
    """The experiment, and its exposure and change in the panel's units."""
    scaling = Scaling.of(panel)
    like = torch.zeros(1, dtype=torch.double)
    (found,) = experiments_of([test], panel, scaling, LAGS, like)
    size = scaling.exposure_size[found.regions.numpy(), found.channel][:, None]
    return found, found.exposure.numpy() * size, found.change.numpy() * size


def test_a_dated_test_holds_its_weeks_and_what_carries_over_into_them(panel: Panel) -> None:
    spend = panel.spend[:, 40:44, 1].sum() / 4
    test = LiftTest("channel 1", 0.25 * spend, 1.0, 1.0, start=panel.weeks[40], end=panel.weeks[43])
    _, exposure, change = in_scale(test, panel)
    np.testing.assert_allclose(exposure, panel.exposure[:, 37:44, 1])
    np.testing.assert_array_equal(change[:, :LAGS], 0.0)
    # The change follows the plan: a quarter of every week's exposure, spend at the usual price.
    np.testing.assert_allclose(change[:, LAGS:], 0.25 * panel.exposure[:, 40:44, 1])


def test_a_test_at_the_start_has_nothing_before_it(panel: Panel) -> None:
    test = LiftTest("channel 1", -1.0, 1.0, 1.0, start=panel.weeks[1], end=panel.weeks[2])
    _, exposure, _ = in_scale(test, panel)
    np.testing.assert_array_equal(exposure[:, : LAGS - 1], 0.0)
    np.testing.assert_allclose(exposure[:, LAGS - 1], panel.exposure[:, 0, 1])


def test_a_steady_test_is_shared_out_as_regions_usually_are(panel: Panel) -> None:
    test = LiftTest("channel 1", 30.0, 1.0, 1.0, level=100.0, in_exposure=True)
    found, exposure, change = in_scale(test, panel)
    assert exposure.shape == (3, LAGS + 1)
    np.testing.assert_allclose(exposure.sum(axis=0), 130.0)
    usual = panel.exposure[:, -52:, 1].mean(axis=1)
    np.testing.assert_allclose(change[:, 0], 30.0 * usual / usual.sum())
    (alone,) = in_scale(replace(test, region="region 2"), panel)[0].regions.tolist()
    assert alone == 2 and found.of_regions == 3


def test_what_does_not_fit_is_refused_before_anything_is_trained(panel: Panel) -> None:
    with pytest.raises(ValueError, match="the channels are"):
        check_tests([LiftTest("radio", 1.0, 1.0, 1.0)], panel)
    without = replace(panel, spend=np.full_like(panel.spend, np.nan))
    with pytest.raises(ValueError, match="its spend is unknown"):
        check_tests([LiftTest("channel 1", 1.0, 1.0, 1.0)], without)
    off = replace(panel, exposure=panel.exposure * [1.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="nothing ran in its weeks"):
        check_tests([LiftTest("channel 1", 1.0, 1.0, 1.0)], off)


def test_where_effectiveness_moves_a_test_counts_for_that_of_its_weeks(panel: Panel) -> None:
    test = LiftTest("channel 1", -1.0, 1.0, 1.0, start=panel.weeks[40], end=panel.weeks[43])
    found, _, _ = in_scale(test, panel)
    paths = np.ones((60, 3))
    paths[40:44, 1] = 0.6
    paths[:, 0] = 2.0  # of another channel
    worth = found.where_worth(paths)
    torch.testing.assert_close(worth.size, 0.6 * found.size)
    assert worth.lift == found.lift


def test_a_channel_that_went_dark_is_held_against_what_it_did_before(panel: Panel) -> None:
    exposure, spend = panel.exposure.copy(), panel.spend.copy()
    exposure[:2, 40:44, 1] = spend[:2, 40:44, 1] = 0.0
    dark = replace(panel, exposure=exposure, spend=spend)
    test = LiftTest("channel 1", -50.0, -9.0, 2.0, "region 0|region 1", panel.weeks[40],
                    panel.weeks[43])  # fmt: skip
    found, plan, change = in_scale(test, dark)
    assert found.regions.tolist() == [0, 1]
    np.testing.assert_array_equal(plan[:, LAGS:], 0.0)
    usual = panel.exposure[:2, :40, 1].mean(axis=1)
    np.testing.assert_allclose(change[:, LAGS], -50.0 / 2.0 * usual / usual.sum())
    with pytest.raises(ValueError, match="there is no region 'here'"):
        check_tests([replace(test, region="region 0|here")], dark)


def test_a_test_that_has_aged_is_believed_less(panel: Panel) -> None:
    test = LiftTest("channel 1", -1.0, 1.0, 3.0, start=panel.weeks[40], end=panel.weeks[47])
    steady = LiftTest("channel 1", 1.0, 1.0, 3.0)
    old, ageless = aged([test, steady], panel.weeks[59], half_life=12.0)
    assert old.weight == 0.5 and ageless.weight == 1.0
    assert in_scale(old, panel)[0].error == pytest.approx(3.0 * np.sqrt(2.0))
    assert aged([test], panel.weeks[59], None) == [test] and repr(old) == repr(test)
