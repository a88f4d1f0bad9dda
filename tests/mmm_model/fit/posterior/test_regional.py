"""Regions' returns: drawn around the nation's, and integrated out exactly."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.posterior.factors import Alone, Factors, SharedColumns
from mmm_model.fit.posterior.regional import RegionalReturns, draw_around_one, draw_spread
from mmm_model.fit.posterior.whitened import WhitenedResponses

_REGIONS, _WEEKS, _SHARED, _SIZE, _SPREAD = 4, 12, 3, 0.7, 0.3


def _setting(seed: int) -> tuple[RegionalReturns, np.ndarray, np.ndarray]:
    """Return it, what is left over ``[RW]`` and the covariance of all that is not the channel."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((_REGIONS, _WEEKS, _SHARED))
    none = (np.zeros((_REGIONS, 0), int), np.zeros((_REGIONS, 0)))
    columns = np.zeros((_REGIONS, _WEEKS, 0))
    alone = Alone.of(np.eye(_WEEKS), np.ones(_REGIONS), columns, none)
    factors = Factors.of(SharedColumns.of(alone, [shared]))
    white = rng.standard_normal((_REGIONS, _WEEKS, 2))
    norm, seen = white.transpose(0, 2, 1) @ white, shared.transpose(0, 2, 1) @ white
    bank = WhitenedResponses(np.eye(2), white, norm, seen, factors)
    rest = rng.standard_normal((_REGIONS, _WEEKS))
    flat = shared.reshape(-1, _SHARED)
    covariance = np.eye(_REGIONS * _WEEKS) + flat @ flat.T
    return RegionalReturns.of(bank, factors, _SPREAD, rest), rest.ravel(), covariance


def _columns(own: RegionalReturns, shape: int) -> np.ndarray:
    """``[RW, R]`` the channel's response in each region."""
    each = np.eye(_REGIONS)[:, None] * own.bank.white[:, :, shape, None]
    return np.asarray(_SIZE * each.reshape(-1, _REGIONS))


def test_the_gain_is_that_of_the_full_covariance() -> None:
    """With the deviations of all regions in one matrix, the likelihood is the same."""
    own, rest, covariance = _setting(1)
    for shape in range(2):
        columns = _columns(own, shape)
        left = rest - columns.sum(1)
        each = []
        for whole in (covariance, covariance + _SPREAD**2 * columns @ columns.T):
            each.append(-np.linalg.slogdet(whole)[1] - left @ np.linalg.solve(whole, left))
        assert own.gain(own.given(shape, _SIZE)) == pytest.approx(0.5 * (each[1] - each[0]))


def test_drawn_returns_have_the_moments_of_the_posterior() -> None:
    """Mean and covariance are those of a regression with a normal prior."""
    own, rest, covariance = _setting(2)
    columns, rng = _columns(own, 0), np.random.default_rng(3)
    drawn = np.stack([own.draw(rng, own.given(0, _SIZE)) for _ in range(4000)])
    inverse = np.linalg.inv(covariance)
    spread = np.linalg.inv(columns.T @ inverse @ columns + np.eye(_REGIONS) / _SPREAD**2)
    mean = 1.0 + spread @ columns.T @ inverse @ (rest - columns.sum(1))
    assert drawn.mean(0) == pytest.approx(mean, abs=0.02)
    assert np.cov(drawn.T) == pytest.approx(spread, abs=0.01)


def test_a_channel_that_is_off_gains_nothing() -> None:
    """Without size there is nothing whose returns could differ."""
    own, _, _ = _setting(4)
    assert own.gain(own.given(1, 1e-9)) == pytest.approx(0.0, abs=1e-9)


def test_regions_own_multipliers_are_found_as_far_as_their_spread_lets_them() -> None:
    """A column that is told apart well keeps its own, one that is held together has one."""
    rng = np.random.default_rng(5)
    part = rng.standard_normal((3, 400, 2))
    true = np.array([[0.8, 1.3], [1.0, 0.9], [1.2, 0.6]])
    kpi = np.einsum("rwq,rq->rw", part, true) + 0.1 * rng.standard_normal((3, 400))
    now, drawn = np.ones((3, 2)), []
    for _ in range(50):
        rest = kpi - np.einsum("rwq,rq->rw", part, now)
        now = draw_around_one(rng, part, now, rest, np.array([0.3, 1e-4]))
        drawn.append(now)
    found = np.mean(drawn, axis=0)
    assert found[:, 0] == pytest.approx(true[:, 0], abs=0.05)
    assert found[:, 1] == pytest.approx(1.0, abs=1e-3)


def test_the_spread_is_that_of_the_multipliers_where_there_are_many() -> None:
    rng = np.random.default_rng(6)
    region = 1.0 + 0.4 * rng.standard_normal((500, 2))
    assert draw_spread(rng, region, 0.15, 8.0) == pytest.approx(0.4, abs=0.03)
