"""Forecasts of later weeks are those of the model, and are scored on what came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.effects.forecast_track import COLUMNS, follow_up, forecast_skill
from mmm_model.fit.training import train


def after(panel, training, **change):
    """What the fit without the last eight weeks says of them."""
    return follow_up(training.holdout, replace(panel, **change), panel.weeks[-9], panel.weeks[-8:])


def test_it_is_the_models_own_forecast_beside_what_came(panel, training):
    track = after(panel, training)
    prediction = training.holdout.predict(panel)
    assert tuple(track.columns) == COLUMNS
    np.testing.assert_array_equal(track["predicted"], prediction.mean[:, -8:].ravel())
    np.testing.assert_array_equal(track["lower"], prediction.lower[:, -8:].ravel())
    np.testing.assert_array_equal(track["actual"], panel.kpi[:, -8:].ravel())
    np.testing.assert_array_equal(track["last_value"], np.repeat(panel.kpi[:, -9], 8))
    assert track["horizon_weeks"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8] * len(panel.regions)


def test_the_kpi_of_the_weeks_is_not_read_for_the_forecast(panel, training):
    kpi = panel.kpi.copy()
    kpi[:, -8:] *= 3
    changed = after(panel, training, kpi=kpi)
    np.testing.assert_array_equal(changed["predicted"], after(panel, training)["predicted"])


def test_what_is_new_since_is_left_out_and_what_is_unknown_not_scored(panel, training):
    observed = panel.observed.copy()
    observed[1, -2:] = False
    grown = after(
        panel,
        training,
        regions=("a new one", *panel.regions),
        channels=(*panel.channels, "podcast"),
        kpi=np.concatenate([panel.kpi[:1], panel.kpi]),
        observed=np.concatenate([observed[:1], observed]),
        exposure=np.pad(panel.exposure, ((1, 0), (0, 0), (0, 1)), constant_values=5.0),
        spend=np.pad(panel.spend, ((1, 0), (0, 0), (0, 1)), constant_values=5.0),
        control=np.concatenate([panel.control[:1], panel.control]),
        value_per_kpi=np.concatenate([panel.value_per_kpi[:1], panel.value_per_kpi]),
    )
    assert list(grown["region"].unique()) == list(panel.regions)
    np.testing.assert_array_equal(grown["predicted"], after(panel, training)["predicted"])
    assert grown["actual"].isna().sum() == 2
    assert forecast_skill(grown)["region_weeks"].iloc[0] == 8 * len(panel.regions) - 2


def test_a_panel_without_what_the_model_knows_is_refused(panel, training):
    with pytest.raises(ValueError, match="no longer the channels"):
        after(panel, training, channels=("other", *panel.channels[1:]))


def test_skill_by_horizon_and_of_all():
    track = pd.DataFrame(
        {
            "forecast_from": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-08"]),
            "horizon_weeks": [1, 2, 1],
            "actual": [10.0, 10.0, 10.0],
            "predicted": [11.0, 10.0, 9.0],
            "lower": [9.0, 9.0, 8.0],
            "upper": [12.0, 11.0, 9.5],
            "last_value": [12.0, 14.0, 10.0],
        }
    )
    skill = forecast_skill(track)
    assert skill["horizon_weeks"].tolist()[1:] == [1, 2]
    assert skill["refreshes"].tolist() == [2, 2, 1]
    whole = skill.iloc[0]
    assert whole["rmse"] == pytest.approx((2 / 3) ** 0.5)
    assert whole["skill"] == pytest.approx(1 - (2 / 20) ** 0.5)
    assert whole["coverage_90"] == pytest.approx(2 / 3)
    assert forecast_skill(track.head(0)).empty


def test_a_warm_start_begins_at_the_fit_of_the_same_kind(panel, training, quick):
    still = replace(quick, steps=0)
    warm = train(panel, still, warm_start=training)
    for name in ("holdout", "final"):
        fitted, begun = getattr(training, name), getattr(warm, name)
        np.testing.assert_allclose(
            begun.response.state["slope"], fitted.response.state["slope"], rtol=1e-6
        )
    again = train(panel, still, warm_start=training)
    assert again.final.to_bytes() == warm.final.to_bytes()
