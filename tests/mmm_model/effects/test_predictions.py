"""Predictions of both fits beside the actual KPI."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_model.effects.predictions import predictions


def test_predictions_take_held_out_weeks_from_the_holdout_fit(panel, training):
    table = predictions(training, panel)
    held = table[table.split == "holdout"]
    assert sorted(held.week.unique()) == sorted(panel.weeks[-8:])
    np.testing.assert_allclose(held.predicted, training.holdout.predict(panel).mean[:, -8:].ravel())
    rest = table[table.split == "train"]
    np.testing.assert_allclose(rest.predicted, training.final.predict(panel).mean.ravel())
    assert ((table.lower <= table.predicted) & (table.predicted <= table.upper)).all()


def test_an_unobserved_actual_is_null(panel, training):
    masked = replace(panel, observed=panel.observed.copy())
    masked.observed[0, 3] = False
    table = predictions(training, masked)
    assert table[table.split == "train"].actual.isna().sum() == 1
