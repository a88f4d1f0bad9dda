from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.training import fit
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

PLAIN = ModelSettings(members=1, chains=1, warmup=20, draws=20)


def test_forecasts_that_went_wrong_before_widen_the_next_ones():
    panel = small_panel()
    restless = replace(panel, kpi=panel.kpi.copy())
    for week in (46, 52, 58, 64):
        restless.kpi[:, week:] *= 1.25 if week % 12 else 0.75
    calm = fit(panel, PLAIN)[0].response.noise["surprise"][1]
    assert fit(restless, PLAIN)[0].response.noise["surprise"][1] > 1.1 * calm


def test_the_measured_surprise_counts_after_the_fitted_weeks_only():
    panel = small_panel()
    model = fit(panel.hide_tail(8), PLAIN)[0]
    fitted, ahead = model.response.noise["surprise"]
    noise = {**model.response.noise, "surprise": np.array([fitted, 2 * ahead])}
    wider = replace(model.response, noise=noise)
    before, after = model.predict(panel), wider.predict(panel)
    np.testing.assert_array_equal(after.upper[:, :-8], before.upper[:, :-8])
    np.testing.assert_allclose(
        (after.upper - after.mean)[:, -8:], 2 * (before.upper - before.mean)[:, -8:]
    )
    np.testing.assert_array_equal(after.mean, before.mean)


@pytest.mark.parametrize("regions", [1, 3])
def test_too_few_weeks_for_an_origin_leave_the_surprise_of_the_fit(regions):
    fitted, ahead = fit(small_panel(regions=regions, weeks=15), PLAIN)[0].response.noise["surprise"]
    assert fitted == ahead


def test_a_sample_of_many_regions_does_not_depend_on_their_order():
    panel = small_panel(regions=70, weeks=30)
    order = np.random.default_rng(0).permutation(70)
    fields = ("kpi", "observed", "exposure", "spend", "control", "value_per_kpi")
    names = tuple(panel.regions[r] for r in order)
    other = replace(panel, regions=names, **{f: getattr(panel, f)[order] for f in fields})
    ahead = fit(panel, PLAIN)[0].response.noise["surprise"][1]
    assert fit(other, PLAIN)[0].response.noise["surprise"][1] == pytest.approx(ahead, rel=1e-3)


def test_a_level_that_jumps_for_a_week_is_not_carried_forward_whole():
    panel = small_panel()
    jumped = replace(panel, kpi=panel.kpi.copy())
    jumped.kpi[:, -9] *= 1.2
    calm = fit(panel.hide_tail(8), PLAIN)[0].predict(panel).mean[:, -8:]
    after = fit(jumped.hide_tail(8), PLAIN)[0].predict(panel).mean[:, -8:]
    rise = (after.sum() / calm.sum()) - 1
    assert -0.02 < rise < 0.15


def test_a_channel_that_starts_after_the_fitted_weeks_does_not_blow_up_the_forecast():
    panel = small_panel()
    launched = replace(panel, exposure=panel.exposure.copy())
    launched.exposure[:, :-8, 0] = 0.0
    launched.exposure[:, 20, 0] = 1e-3 * launched.exposure[:, -1, 0]
    forecast = fit(launched.hide_tail(8), PLAIN)[0].predict(launched).mean[:, -8:]
    assert forecast.max() < 3 * panel.kpi.max()
