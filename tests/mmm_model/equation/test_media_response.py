import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_model.equation.media_response import MediaResponse
from mmm_model.intervals import effect_interval, interval
from tests.mmm_model.hand_made import drawn, hill_curve


def test_contribution_is_the_hill_curve_of_the_scaled_exposure() -> None:
    response, _ = drawn(0)
    for multiplier in (0.0, 0.3, 1.0, 2.5):
        x = multiplier * response.adstocked
        slope, half = (value[:, :, None, :] for value in response.curve.values.values())
        powered, half = x**slope, half**slope
        expected = response.weight * powered / (powered + half)
        np.testing.assert_allclose(response.contribution(multiplier), expected, rtol=1e-12)


@given(st.integers(0, 1000), st.floats(0.05, 4.0))
@settings(max_examples=25, deadline=None)
def test_marginal_is_the_derivative_of_the_contribution(seed: int, multiplier: float) -> None:
    response, _ = drawn(seed, members=2, regions=2, weeks=5)
    step = 1e-5 * multiplier
    ahead, behind = (
        response.contribution(multiplier + step),
        response.contribution(multiplier - step),
    )
    np.testing.assert_allclose(
        response.marginal(multiplier), (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-12
    )


def test_multipliers_may_differ_by_region_and_channel() -> None:
    response, _ = drawn(1)
    scale = np.random.default_rng(0).uniform(0, 2, (3, 1, 3))
    whole = response.contribution(scale)
    one = response.contribution(float(scale[2, 0, 1]))
    np.testing.assert_allclose(whole[:, 2, :, 1], one[:, 2, :, 1])


def test_extreme_exposure_saturates_instead_of_overflowing() -> None:
    ones = np.ones((1, 1, 3, 1))
    response = MediaResponse(
        adstocked=np.array([0.0, 1e-300, 1e300]).reshape(ones.shape),
        weight=2 * ones,
        curve=hill_curve(np.full((1, 1, 1), 20.0), np.ones((1, 1, 1))),
    )
    with np.errstate(all="raise", divide="ignore", under="ignore"):
        np.testing.assert_allclose(response.contribution(3.0).ravel(), [0.0, 0.0, 2.0])
        assert np.isfinite(response.marginal(0.0)).all()


def test_slope_one_has_its_limit_as_the_slope_at_zero() -> None:
    ones = np.ones((1, 1, 1, 1))
    curve = hill_curve(np.ones((1, 1, 1)), np.full((1, 1, 1), 4.0))
    response = MediaResponse(2 * ones, 3 * ones, curve)
    assert response.marginal(0.0).item() == pytest.approx(3 * 2 / 4)


def test_tail_keeps_the_last_weeks_with_what_they_carry_over() -> None:
    response, _ = drawn(2, weeks=30)
    np.testing.assert_array_equal(
        response.tail(12).contribution(1.3), response.contribution(1.3)[:, :, 18:]
    )
    assert response.tail(99).adstocked.shape == response.adstocked.shape


def test_interval_of_an_effect_doubts_what_members_agree_on() -> None:
    agreed = np.full((8, 1), 10.0)
    assert np.ptp(interval(agreed)) == 0.0
    lower, upper = effect_interval(agreed)
    assert 6.0 < lower[0] < 8.0 and upper[0] == pytest.approx(20.0 - lower[0])
    loose = np.linspace(-50.0, 50.0, 8)[:, None]
    np.testing.assert_allclose(effect_interval(loose), interval(loose))  # no mean to doubt


def test_interval_covers_the_mean_and_keeps_a_sign() -> None:
    members = np.array([[0.0, -1.0], [0.1, 2.0], [3.0, 4.0]])
    lower, upper = interval(members)
    assert (lower <= members.mean(axis=0)).all() and (members.mean(axis=0) <= upper).all()
    assert lower[0] == 0.0 and lower[1] < -1.0
    one, same = interval(members[:1])
    np.testing.assert_array_equal(one, same)
