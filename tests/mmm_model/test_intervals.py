"""Intervals hold what they say, and gradients are those of the quantile."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from mmm_model.intervals import (
    effect_interval,
    forecast_interval,
    interval,
    lower_quantile,
    measured_interval,
)


def test_an_interval_is_students_of_one_more_draw() -> None:
    members = np.random.default_rng(1).normal(5.0, 2.0, (8, 3))
    lower, upper = interval(members)
    half = t.ppf(0.95, 7) * np.sqrt(1 + 1 / 8) * members.std(axis=0, ddof=1)
    np.testing.assert_allclose((upper - lower) / 2, half)
    wider = effect_interval(members)
    assert (wider[0] < lower).all() and (wider[1] > upper).all()


def test_a_single_member_has_no_width_and_nothing_positive_goes_below_zero() -> None:
    one = np.array([[1.0, 2.0]])
    assert all((end == one[0]).all() for end in interval(one))
    assert interval(np.array([0.0, 4.0]))[0] == 0.0


def test_a_forecast_adds_noise_to_disagreement() -> None:
    members = np.array([[1.0], [3.0]])
    mean, lower, upper = forecast_interval(members, np.array([4.0]), np.array([2.0]))
    assert mean == 2.0
    half = np.sqrt(norm.ppf(0.95) ** 2 * 2.0 + 2.0**2 * 4.0)
    np.testing.assert_allclose([lower, upper], [mean - half, mean + half])
    _, alone, _ = forecast_interval(members[:1], np.array([4.0]), np.array([2.0]))
    assert alone == 1.0 - 4.0


def test_a_measurement_lies_within_its_normal_interval_nine_times_in_ten() -> None:
    lower, upper = measured_interval(np.array([10.0]), np.array([2.0]))
    assert norm.cdf(upper, 10, 2) - norm.cdf(lower, 10, 2) == pytest.approx(0.9)


def test_the_lower_quantile_and_its_gradient() -> None:
    members = np.random.default_rng(2).normal(1.0, 0.5, 6)
    quantile, gradient = lower_quantile(members)
    assert quantile == pytest.approx(norm.ppf(0.05, members.mean(), members.std(ddof=1)))
    step = 1e-6 * np.eye(6)
    rises = [(lower_quantile(members + s)[0] - lower_quantile(members - s)[0]) / 2e-6 for s in step]
    np.testing.assert_allclose(gradient, rises, rtol=1e-5)
    for same in (np.array([3.0]), np.full(4, 3.0)):
        quantile, gradient = lower_quantile(same)
        assert quantile == 3.0 and (gradient == 1 / len(same)).all()
