from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_model.effects.holdout import METRICS, SCOPES, references, score
from mmm_model.fit.fitted_response import Prediction
from tests.mmm_model.model_panels import small_panel


def test_references_read_observed_weeks_before_the_holdout_only():
    panel = small_panel(regions=2, weeks=70)
    panel.kpi[0] = np.arange(70.0)
    panel.observed[0, 60:62] = False
    panel.observed[0, 12] = False
    found = references(panel, 8)
    np.testing.assert_array_equal(found["last_value"][0], np.full(8, 59.0))
    np.testing.assert_array_equal(found["last_4_mean"][0], np.full(8, 57.5))
    expected = np.arange(10.0, 18.0)
    expected[2] = 59.0
    np.testing.assert_array_equal(found["seasonal_naive"][0], expected)
    train = [w for w in range(62) if w not in (12, 60, 61)]
    np.testing.assert_allclose(found["train_mean"][0], np.mean(train))
    changed = replace(panel, kpi=panel.kpi.copy())
    changed.kpi[:, 62:] = -1
    for name, value in references(changed, 8).items():
        np.testing.assert_array_equal(value, found[name])


def test_a_perfect_forecast():
    panel = small_panel()
    table = score(panel, Prediction(panel.kpi, panel.kpi, panel.kpi), 8)
    assert set(table.scope) == set(SCOPES) and set(table.metric) == set(METRICS)
    assert not table.duplicated(["scope", "model", "metric"]).any()
    own = table[table.model == "mmm"].set_index(["scope", "metric"]).value
    for scope in SCOPES:
        assert own[scope, "rmse"] == 0 and own[scope, "r2"] == 1 and own[scope, "skill"] == 1
    assert own["pooled", "coverage_90"] == 1


def test_scores_against_hand_computed_ones():
    panel = small_panel(regions=2, weeks=20)
    panel.observed[1, -1] = False
    guess = panel.kpi + np.array([[10.0], [-20.0]])
    table = score(panel, Prediction(guess, guess - 15, guess + 15), 4)
    own = table[table.model == "mmm"].set_index(["scope", "metric"]).value
    rmse = np.sqrt((4 * 100 + 3 * 400) / 7)
    assert np.isclose(own["pooled", "rmse"], rmse)
    assert np.isclose(own["pooled", "coverage_90"], 4 / 7)
    assert np.isclose(own["national", "rmse"], 10.0)
    assert np.isclose(own["within_region", "rmse"], 0.0)
    last = table[(table.model == "last_value") & (table.metric == "rmse")].set_index("scope").value
    assert np.isclose(own["pooled", "skill"], 1 - rmse / last["pooled"])


def test_a_region_without_a_past_is_left_out():
    panel = small_panel()
    panel.observed[0, :-8] = False
    wild = panel.kpi.copy()
    wild[0] = 1e9
    table = score(panel, Prediction(wild, wild, wild), 8)
    assert table[(table.model == "mmm") & (table.metric == "rmse")].value.max() == 0
