from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_model.equation.scaling import Scaling, fitted_weeks
from tests.mmm_model.model_panels import small_panel


def test_scaled_kpi_has_mean_one_over_the_observed_weeks():
    panel = small_panel().hide_tail(8)
    kpi = Scaling.of(panel).kpi(panel)
    np.testing.assert_allclose(kpi[panel.observed].reshape(4, -1).mean(axis=1), 1.0)


def test_units_do_not_matter_and_levels_do():
    panel = small_panel()
    scaling = Scaling.of(panel)
    cents = replace(panel, exposure=panel.exposure * 100)
    np.testing.assert_allclose(
        Scaling.of(cents).exposure(cents.exposure), scaling.exposure(panel.exposure)
    )
    np.testing.assert_allclose(
        scaling.exposure(2 * panel.exposure), 2 * scaling.exposure(panel.exposure)
    )


def test_hidden_weeks_leave_no_trace():
    panel = small_panel()
    changed = replace(panel, kpi=panel.kpi.copy())
    changed.kpi[:, -8:] *= 7
    for name, value in Scaling.of(panel.hide_tail(8)).to_arrays().items():
        np.testing.assert_array_equal(value, getattr(Scaling.of(changed.hide_tail(8)), name))


def test_what_is_always_zero_or_constant_stays_finite():
    panel = small_panel()
    panel.exposure[..., 1] = 0.0
    panel.control[..., 0] = 5.0
    panel.kpi[2] = 0.0
    scaling = Scaling.of(panel)
    assert (scaling.region_size > 0).all()
    assert (scaling.exposure(panel.exposure)[..., 1] == 0).all()
    np.testing.assert_array_equal(scaling.control(panel), 0.0)


def test_fitted_weeks_end_with_the_last_observed_kpi():
    panel = small_panel(weeks=40)
    assert fitted_weeks(panel) == 40
    assert fitted_weeks(panel.hide_tail(10)) == 30
    assert fitted_weeks(panel.hide_tail(40)) == 0


def test_a_channel_that_begins_after_training_is_not_read():
    panel = small_panel()
    panel.exposure[..., 1] = 0.0
    panel.exposure[:, -4:, 1] = 5000.0
    scaling = Scaling.of(panel.hide_tail(8))
    assert not scaling.exposure(panel.exposure)[..., 1].any()
    assert np.isfinite(Scaling.of(panel).exposure_size).all()
