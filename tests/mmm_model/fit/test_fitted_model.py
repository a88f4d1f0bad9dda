from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.graph import ChannelGraph
from mmm_model.intervals import interval


def test_components_are_not_negative_and_add_up(panel, training):
    model = training.final
    parts = model.components(panel)
    assert (parts.media >= 0).all()
    total = parts.baseline + parts.seasonality + parts.control.sum(-1) + parts.media.sum(-1)
    np.testing.assert_allclose(total.mean(axis=0), model.predict(panel).mean, rtol=1e-9)


def test_the_response_gives_the_contributions_and_rises(panel, training):
    model = training.final
    response = model.media_response(panel)
    np.testing.assert_allclose(
        response.contribution(), model.components(panel).media, rtol=1e-6, atol=1e-9
    )
    last = np.zeros(())
    for multiplier in (0.0, 0.5, 1.0, 2.0, 5.0):
        now = response.contribution(multiplier)
        assert (now >= last).all()
        last = now


def test_levels_matter(panel, training):
    model = training.final
    double = model.media_response(panel, 2 * panel.exposure).contribution()
    once = model.media_response(panel).contribution()
    assert double.sum() > 1.1 * once.sum()
    np.testing.assert_allclose(
        double, model.media_response(panel).contribution(2.0), rtol=1e-6, atol=1e-9
    )


def test_longer_panels_are_forecast_and_history_stays(panel, training):
    model = training.holdout
    weeks = len(panel.weeks) - 4
    np.testing.assert_allclose(
        model.components(panel.head(weeks)).media, model.components(panel).media[:, :, :weeks]
    )
    level = training.holdout.components(panel).baseline
    np.testing.assert_allclose(level[..., -8:], np.repeat(level[..., -8:-7], 8, axis=-1))


def test_save_and_load_is_bit_equal(panel, training):
    model = training.final
    again = FittedModel.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    np.testing.assert_array_equal(again.predict(panel).upper, model.predict(panel).upper)
    np.testing.assert_array_equal(again.components(panel).media, model.components(panel).media)
    assert again.settings == model.settings
    assert again.response.first_week == model.response.first_week


def test_the_graph_travels_along(panel, training):
    graph = ChannelGraph.empty(panel.channels, panel.regions, 2)
    model = replace(training.final, graph=graph)
    again = FittedModel.from_bytes(model.to_bytes())
    assert again.graph is not None
    np.testing.assert_array_equal(again.graph.published, graph.published)


def test_strangers_are_refused(panel, training):
    model = training.final
    with pytest.raises(ValueError, match="not a saved model"):
        FittedModel.from_bytes(b"hello")
    old = model.to_bytes().replace(b'format_version\\": 4', b'format_version\\": 9')
    with pytest.raises(ValueError, match="format 9"):
        FittedModel.from_bytes(old)
    with pytest.raises(ValueError, match="other channels"):
        model.predict(replace(panel, channels=("a", "b", "c")))
    later = replace(panel, weeks=panel.weeks + np.timedelta64(7, "D"))
    with pytest.raises(ValueError, match="first week"):
        model.predict(later)


def test_intervals_hold_the_mean_and_stay_positive():
    samples = np.array([[0.0, 5.0], [1.0, -5.0], [8.0, 3.0]])
    lower, upper = interval(samples)
    assert (lower <= samples.mean(axis=0)).all() and (upper >= samples.mean(axis=0)).all()
    assert lower[0] == 0 and lower[1] < 0
