"""The lift of a test: found where one was planted, and nothing where nothing was."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.experiment.interrupted_series import (
    NOISES,
    lift_of,
    most_probable_noise,
    past_lifts,
    whitened,
)
from mmm_model.experiment.placebo_windows import placebo_windows


def twins(seed: int, weeks: int = 110, decay: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """A series and another that moves with it, apart by noise that lasts."""
    rng = np.random.default_rng(seed)
    common = 1000 + 150 * np.sin(np.arange(weeks) / 8) + rng.normal(0, 30, weeks).cumsum()
    apart = np.zeros(weeks)
    for t in range(weeks):
        apart[t] = decay * (apart[t - 1] if t else 0.0) + rng.normal(0, 12)
    return 0.5 * common + apart + rng.normal(0, 10, weeks), np.column_stack(
        [np.ones(weeks), common]
    )


def test_a_filter_whitens_as_the_inverse_of_the_covariance_does() -> None:
    noise = NOISES[-3]
    time = np.arange(12)
    covariance = noise.lasting * noise.decay ** np.abs(time[:, None] - time)
    covariance += (1 - noise.lasting) * np.eye(12)
    values = np.random.default_rng(0).normal(size=(12, 3))
    new, log_determinant = whitened(values, (noise,))
    expected = np.linalg.solve(np.linalg.cholesky(covariance), values)
    assert new[0] == pytest.approx(expected)
    assert log_determinant[0] == pytest.approx(np.linalg.slogdet(covariance)[1])


def test_lifts_are_inside_their_intervals_nine_times_of_ten() -> None:
    on = np.zeros(110)
    on[-6:] = 1.0
    read = []
    for seed in range(150):
        series, beside = twins(seed)
        read.append(lift_of(series + 40 * on, beside, on))
    inside = np.mean([abs(lift.value - 40) <= lift.half_width for lift in read])
    assert 0.84 <= inside <= 0.96
    assert np.mean([lift.value for lift in read]) == pytest.approx(40, abs=4)


def test_past_windows_are_read_as_if_the_series_had_ended_there() -> None:
    series, beside = twins(1)
    noise = most_probable_noise(series, beside)
    values, errors, _ = past_lifts(series, beside, np.ones(4), [60, 97], noise)
    on = np.zeros(97)
    on[-4:] = 1.0
    lift = lift_of(series[:97], beside[:97], on, noise)
    assert values[1] == pytest.approx(lift.value) and errors[1] == pytest.approx(lift.error)


def test_the_power_of_a_design_is_how_often_planted_lifts_are_found() -> None:
    """What a lift adds to a window's reading is the lift itself: power needs no second fit."""
    series, beside = twins(4)
    nothing = placebo_windows(series, beside, np.ones(6))
    assert nothing.false <= 0.25
    either = min(nothing.power(nothing.smallest), nothing.power(-nothing.smallest))
    assert either == pytest.approx(0.8, abs=0.03)
    assert nothing.power(3 * nothing.smallest) == 1.0


def test_what_cannot_be_told_apart_is_refused() -> None:
    series, beside = twins(0)
    with pytest.raises(ValueError, match="cannot be told"):
        lift_of(series, beside, np.zeros(110))
    with pytest.raises(ValueError, match="4 periods are too few"):
        lift_of(series[:4], beside[:4], np.array([0.0, 0.0, 1.0, 1.0]))
