from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.observations import block_bootstrap
from mmm_model.fit.training import fit, train
from mmm_model.graph import GraphSettings
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel


def test_same_seed_same_bits(panel, quick, training):
    again = train(panel, quick)
    assert again.final.to_bytes() == training.final.to_bytes()
    assert again.holdout.to_bytes() == training.holdout.to_bytes()
    other = train(panel, replace(quick, seed=1))
    assert other.final.to_bytes() != training.final.to_bytes()


@pytest.mark.parametrize("graph", [None, GraphSettings(bootstraps=5)])
def test_nothing_flows_from_held_out_weeks(panel, quick, graph):
    training = train(panel, quick, graph)
    changed = replace(panel, kpi=panel.kpi.copy())
    changed.kpi[:, -quick.holdout_weeks :] = changed.kpi[:, -quick.holdout_weeks :][:, ::-1] * 5.0
    again = train(changed, quick, graph)
    assert again.holdout.to_bytes() == training.holdout.to_bytes()
    assert again.final.to_bytes() != training.final.to_bytes()


def test_a_masked_week_changes_nothing(quick):
    panel = small_panel()
    panel.observed[1, 20:25] = False
    wild = replace(panel, kpi=np.where(panel.observed, panel.kpi, 1e9))
    calm = replace(panel, kpi=np.where(panel.observed, panel.kpi, 0.0))
    assert fit(wild, quick)[0].to_bytes() == fit(calm, quick)[0].to_bytes()


def test_units_do_not_matter(panel, quick, training):
    other = replace(panel, exposure=panel.exposure * 100.0, kpi=panel.kpi / 1000.0)
    model = fit(other, quick)[0]
    expected = training.final.components(panel).media / 1000.0
    np.testing.assert_allclose(model.components(other).media, expected, rtol=1e-4)


@pytest.mark.parametrize("axis", ["regions", "channels"])
def test_permuting_permutes_the_results(panel, axis):
    # Members differ in their draws by position, and the GRU starts from one; so neither here.
    settings = ModelSettings(members=1, chains=1, warmup=20, draws=20, gru_width=0)
    rng = np.random.default_rng(3)
    order = rng.permutation(len(getattr(panel, axis)))
    names = tuple(np.array(getattr(panel, axis))[order])
    if axis == "regions":
        fields = ("kpi", "observed", "exposure", "spend", "control", "value_per_kpi")
        other = replace(panel, regions=names, **{f: getattr(panel, f)[order] for f in fields})
    else:
        fields = ("exposure", "spend")
        other = replace(panel, channels=names, **{f: getattr(panel, f)[..., order] for f in fields})
    media = fit(panel, settings)[0].components(panel).media
    media = media[:, order] if axis == "regions" else media[..., order]
    permuted = fit(other, settings)[0].components(other).media
    np.testing.assert_allclose(permuted, media, rtol=1e-3, atol=1e-6 * panel.kpi.mean())


def test_truth_is_found_on_easy_data():
    panel = small_panel(regions=6, weeks=104, noise=0.01)
    size = panel.kpi.mean(axis=1)[:, None, None]
    model = fit(panel, ModelSettings(members=1, chains=2, warmup=60, draws=60))[0]
    media = model.components(panel).media[0]
    rng = np.random.default_rng(0)
    truth_size = 1000.0 * np.exp(rng.normal(0, 0.7, 6))[:, None, None]
    truth = np.sqrt(panel.exposure / truth_size) * np.linspace(0.05, 0.2, 3) * truth_size
    moves = (media - media.mean(axis=1, keepdims=True)) / size
    moves_truth = (truth - truth.mean(axis=1, keepdims=True)) / size
    error = np.sqrt(((moves - moves_truth) ** 2).mean(axis=(0, 1)))
    assert (error < 0.3 * moves_truth.std(axis=(0, 1))).all()


@pytest.mark.parametrize(
    "shape",
    [
        {"regions": 1},
        {"channels": 1},
        {"controls": 0},
        {"regions": 1, "channels": 1, "controls": 0},
        {"weeks": 30},
        {"weeks": 12, "regions": 2},
        {"regions": 2, "weeks": 110},
    ],
)
def test_small_shapes_are_fitted(shape, quick):
    _assert_sound(small_panel(**shape), quick)


def test_odd_data_is_fitted(quick):
    panel = small_panel()
    panel.exposure[..., 1] = 0.0
    panel.exposure[0, 30, 0] *= 1000.0
    panel.observed[1, :40] = False
    panel.observed[2, 50:] = False
    panel.kpi[3, 20:28] = 0.0
    _assert_sound(panel, quick)


def test_a_constant_or_zero_kpi_is_fitted(quick):
    for value in (7.0, 0.0):
        panel = small_panel()
        panel.kpi[:] = value
        _assert_sound(panel, quick)


def test_an_outage_coded_as_zero_does_not_move_the_forecast_much(quick):
    panel = small_panel()
    hit = replace(panel, kpi=panel.kpi.copy())
    hit.kpi[0, 30:38] = 0.0
    clean = fit(panel.hide_tail(8), quick)[0].predict(panel).mean[:, -8:]
    dirty = fit(hit.hide_tail(8), quick)[0].predict(panel).mean[:, -8:]
    assert np.abs(dirty / clean - 1).max() < 0.1


def test_too_little_is_refused(quick):
    with pytest.raises(ValueError, match="at least 2"):
        fit(small_panel(weeks=10).hide_tail(9), quick)
    with pytest.raises(ValueError, match="at least 2"):
        train(small_panel(weeks=8), quick)


def test_bootstrap_weights_have_mean_one_and_start_with_the_data():
    weight = block_bootstrap(53, ModelSettings(members=5))
    assert (weight[0] == 1).all()
    np.testing.assert_allclose(weight.mean(axis=1), 1.0)
    assert (weight > 0).all()


def test_history_and_progress(panel, quick):
    seen = []
    training = train(panel, quick, progress=lambda stage, share: seen.append((stage, share)))
    assert {stage for stage, _ in seen} == {"holdout fit", "final fit"}
    assert all(0 <= share <= 1 for _, share in seen)
    assert list(training.history.columns) == ["fit", "step", "term", "loss"]
    totals = training.history.query("term == 'total' and fit == 'final'").loss.to_numpy()
    assert len(totals) == quick.draws and np.isfinite(totals).all()


def _assert_sound(panel, settings):
    training = train(panel, settings)
    for model in (training.holdout, training.final):
        prediction = model.predict(panel)
        for part in (prediction.mean, prediction.lower, prediction.upper):
            assert np.isfinite(part).all()
        parts = model.components(panel)
        assert (parts.media >= 0).all()
        assert (parts.media[:, panel.exposure == 0] == 0).all() or model.settings.lag_weeks > 0
