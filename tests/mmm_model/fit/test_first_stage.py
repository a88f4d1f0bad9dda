"""The first stage: strength of instruments, what is foretold, what of the rest is an error."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.first_stage import FirstStage

REGIONS, WEEKS = 6, 130


def stage(own: np.ndarray, pull: float) -> FirstStage:
    """Exposure around one, moved by a control and, as much as ``pull``, by an instrument."""
    rng = np.random.default_rng(3)
    columns = rng.standard_normal((REGIONS, WEEKS, 2))
    trend = 0.3 * np.sin(np.arange(WEEKS) / 20)
    exposure = 1.0 + trend + 0.1 * columns[..., 0] + pull * columns[..., 1] + own
    size = np.arange(1.0, REGIONS + 1)[:, None]
    return FirstStage.of(np.maximum(size * exposure, 0.0), 0 * exposure, columns)


def white(sd: float) -> np.ndarray:
    return sd * np.random.default_rng(4).standard_normal((REGIONS, WEEKS))


def lasting(memory: float) -> np.ndarray:
    series = white(0.1)
    for week in range(1, WEEKS):
        series[:, week] += memory * series[:, week - 1]
    return series


def test_a_strong_instrument_has_a_large_f_statistic() -> None:
    assert stage(white(0.1), pull=0.1).f_statistic(1) > 100
    assert stage(white(0.1), pull=0.0).f_statistic(1) < 10
    both = stage(white(0.1), pull=0.1)
    np.testing.assert_allclose(both.coefficient, [0.1, 0.1], atol=0.02)
    assert 0.2 < both.f_statistic(2) / both.f_statistic(1) < 3


def test_regions_that_share_their_shocks_count_once() -> None:
    rng = np.random.default_rng(5)
    shared = np.repeat(rng.standard_normal((1, WEEKS, 1)), REGIONS, axis=0)
    shock = np.repeat(0.1 * rng.standard_normal((1, WEEKS)), REGIONS, axis=0)
    exposure = 1.0 + 0.02 * shared[..., 0] + shock
    one = FirstStage.of(exposure[:1], 0 * exposure[:1], shared[:1])
    many = FirstStage.of(exposure, 0 * exposure, shared)
    assert many.f_statistic(1) == pytest.approx(one.f_statistic(1), rel=0.05)


def test_foretold_exposure_is_without_noise_and_nothing_stays_nothing() -> None:
    noise = white(0.2)
    found = stage(noise, pull=0.1)
    true = found.exposure - noise
    corrected = found.exposure * found.factor(1.0)
    assert np.abs(corrected - true).mean() < 0.4 * np.abs(noise).mean()
    np.testing.assert_allclose(found.factor(0.0), 1.0)
    off = noise.copy()
    off[:, 50:60] = -9.0
    np.testing.assert_array_equal(stage(off, pull=0.1).factor(1.0)[:, 50:60], 1.0)


def test_nothing_to_go_by_is_no_fault() -> None:
    none = np.zeros((2, 60))
    never_ran = FirstStage.of(none, none, np.random.default_rng(7).standard_normal((2, 60, 1)))
    assert never_ran.f_statistic(1) == 0.0
    np.testing.assert_array_equal(never_ran.factor(1.0), 1.0)
    without_controls = FirstStage.of(1.0 + white(0.1), 0 * white(0.1), np.zeros((6, WEEKS, 0)))
    assert without_controls.drawn(np.random.default_rng(8)).factor(0.5).std() > 0.01
    twice = np.repeat(np.random.default_rng(9).standard_normal((6, WEEKS, 1)), 2, axis=-1)
    drawn = FirstStage.of(1.0 + 0.1 * twice[..., 0] + white(0.1), 0 * white(0.1), twice)
    assert 0.5 < drawn.drawn(np.random.default_rng(10)).factor(1.0).mean() < 2.0


def test_draws_spread_as_the_coefficients_errors_do() -> None:
    found, rng = stage(white(0.1), pull=0.1), np.random.default_rng(6)
    drawn = np.array([found.drawn(rng).coefficient for _ in range(300)])
    np.testing.assert_allclose(drawn.std(0), np.sqrt(np.diag(found.covariance)), rtol=0.2)


def test_errors_of_reading_are_what_does_not_last() -> None:
    noise = stage(white(0.1), pull=0.1).noise_shares(10)
    own = stage(lasting(0.7), pull=0.1).noise_shares(10)
    mixed = stage(lasting(0.7) + white(0.14), pull=0.1).noise_shares(10)
    assert noise.mean() > 0.6
    assert own.mean() < 0.25
    assert own.mean() < mixed.mean() < noise.mean()
    assert (np.diff(noise) >= 0).all()
    assert 0.0 <= own.min() <= noise.max() <= 1.0
