"""Factors against the dense covariance that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.posterior.factors import Alone, Factors, SharedColumns

_REGIONS, _WEEKS = 3, 12


@pytest.fixture
def factored() -> tuple[Factors, np.ndarray]:
    """Factors, and the covariance ``[R W, R W]`` itself."""
    rng = np.random.default_rng(5)
    week = np.arange(_WEEKS)
    same = np.eye(_WEEKS) + 0.3 * 0.8 ** np.abs(week[:, None] - week)
    sd, own = np.array([0.1, 0.5, 2.0]), rng.standard_normal((_REGIONS, _WEEKS, 4))
    cells = np.array([[2, 7], [0, 1], [3, 3]]), np.array([[5.0, 100.0], [3.0, 0.0], [0.0, 0.0]])
    shared = [rng.standard_normal((1, _WEEKS, 3)), rng.standard_normal((_REGIONS, _WEEKS, 2))]
    factors = Factors.of(SharedColumns.of(Alone.of(same, sd, own, cells), shared))
    each = sd[:, None, None] ** 2 * same + own @ own.transpose(0, 2, 1)
    for region, (weeks, root) in enumerate(zip(*cells, strict=True)):
        for at, value in zip(weeks, root, strict=True):
            each[region, at, at] += (sd[region] * value) ** 2
    dense = np.zeros((_REGIONS * _WEEKS,) * 2)
    for region in range(_REGIONS):
        rows = slice(region * _WEEKS, (region + 1) * _WEEKS)
        dense[rows, rows] = each[region]
    columns = np.concatenate([np.broadcast_to(shared[0], (_REGIONS, _WEEKS, 3)), shared[1]], 2)
    flat = columns.reshape(-1, 5)
    return factors, dense + flat @ flat.T


def test_solves_as_the_covariance_does(factored: tuple[Factors, np.ndarray]) -> None:
    factors, dense = factored
    rest = np.random.default_rng(1).standard_normal((_REGIONS, _WEEKS))
    exact = np.linalg.solve(dense, rest.ravel())
    np.testing.assert_allclose(factors.solve(rest).ravel(), exact, rtol=1e-8, atol=1e-10)


def test_quadratic_form_and_determinant(factored: tuple[Factors, np.ndarray]) -> None:
    factors, dense = factored
    rest = np.random.default_rng(2).standard_normal((_REGIONS, _WEEKS))
    white = factors.white(rest)
    square = (white**2).sum() - (factors.lower(white) ** 2).sum()
    assert square == pytest.approx(rest.ravel() @ np.linalg.solve(dense, rest.ravel()))
    assert factors.log_determinant == pytest.approx(np.linalg.slogdet(dense)[1])


def test_draws_of_the_shared_part_have_its_covariance(
    factored: tuple[Factors, np.ndarray],
) -> None:
    """Given no data, what is taken off has the posterior spread ``(U'U + I)^-1`` of paths."""
    factors, _ = factored
    rng = np.random.default_rng(3)
    none = np.zeros((_REGIONS, _WEEKS))
    drawn = np.stack([factors.without_shared(rng, none).ravel() for _ in range(4000)])
    flat = factors.shared.reshape(-1, factors.shared.shape[2])
    exact = flat @ np.linalg.solve(factors.root @ factors.root.T, flat.T)
    np.testing.assert_allclose(drawn.T @ drawn / 4000, exact, atol=0.08 * np.abs(exact).max())
