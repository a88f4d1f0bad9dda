"""Sizes, level and spread that move together are drawn from where they should be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma

from mmm_model import priors
from mmm_model.fit.posterior.returns import Returns
from mmm_model.fit.posterior.sizes import Total
from mmm_model.fit.posterior.trade_offs import TradeOffs

_FLAT = Total(0.0, 1e6)
_SPEND = np.log(np.array([0.5, 0.3, 0.2]))


def _moves(gram: np.ndarray, gradient: np.ndarray, size: np.ndarray, count: int) -> list[TradeOffs]:
    """Where sizes and their prior are after each of so many draws."""
    rng, now, seen = np.random.default_rng(5), Returns.first(), []
    for _ in range(count):
        moved = TradeOffs(rng, size, now, gram, gradient, _SPEND, _FLAT)
        moved.draw()
        size, now, gradient = moved.size, moved.returns, moved.gradient
        seen.append(moved)
    return seen


def test_level_and_spread_follow_the_sizes_that_are_known() -> None:
    """Sizes that the data fix leave level and spread to what such sizes say of them."""
    centre = Returns.first().centre(_SPEND)
    size = np.exp(centre + np.array([1.4, 1.6, 1.5]))
    seen = _moves(1e8 * np.eye(3), np.zeros(3), size, 600)[100:]
    assert np.mean([one.size for one in seen], axis=0) == pytest.approx(size, rel=0.01)
    start = _moves(1e8 * np.eye(3), np.zeros(3), size, 1)[0].returns.level
    assert start == pytest.approx(priors.SHARE_LEVEL, abs=0.3)


@pytest.mark.parametrize("seen", [(1.0, 1.0, 1.0), (1.0, 1.0, 0.0)], ids=["all", "not the last"])
def test_what_the_prior_drew_stays_a_draw_of_it(seen: tuple[float, float, float]) -> None:
    """Truths drawn from the prior, seen with noise, have its moments after any moves (Geweke)."""
    rng, precision = np.random.default_rng(6), np.array(seen) / 0.02**2
    level, log_spread = [], []
    for number in range(150):
        spread = priors.RETURNS_SD / np.sqrt(rng.chisquare(4.0) / 4.0)
        now = Returns(rng.normal(priors.SHARE_LEVEL, priors.SHARE_LEVEL_SD), 0.65, spread)
        size = np.exp(now.centre(_SPEND) + spread * rng.standard_normal(3))
        gradient = precision * 0.02 * rng.standard_normal(3)
        own = np.random.default_rng(number)
        moved = TradeOffs(own, size, now, np.diag(precision), gradient, _SPEND, _FLAT)
        moved.draw()
        moved.draw()
        level.append(moved.returns.level)
        log_spread.append(np.log(moved.returns.spread))
    assert np.mean(level) == pytest.approx(priors.SHARE_LEVEL, abs=0.25)
    assert np.std(level) == pytest.approx(priors.SHARE_LEVEL_SD, rel=0.2)
    expected = np.log(priors.RETURNS_SD) - 0.5 * (digamma(2.0) - np.log(2.0))
    assert np.mean(log_spread) == pytest.approx(expected, abs=0.12)


def test_the_gradient_stays_that_of_the_sizes() -> None:
    """What is left over is followed through every move."""
    root = np.array([[3.0, 0.0, 0.0], [2.0, 1.0, 0.0], [1.0, 1.0, 2.0]])
    gram, size = root @ root.T * 100.0, np.array([0.1, 0.05, 0.02])
    last = _moves(gram, np.array([1.0, -1.0, 0.5]), size, 20)[-1]
    expected = np.array([1.0, -1.0, 0.5]) - gram @ (last.size - size)
    assert last.gradient == pytest.approx(expected)
