"""Draws of all sizes together, shapes and variances given: what channels trade with each other.

Along pairs of channels, along what the data determine least, and with the prior itself: sizes
that the data hardly see hold the returns' level and spread where they are, and are held by them,
unless both move together (interweaving; Yu and Meng, 2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.returns import Returns
from mmm_model.fit.posterior.sizes import REACH, Total, pick
from mmm_model.panel import Floats

_LINE = 40
# Least curvature of the likelihood: data that say nothing leave a size to its prior.
_FLATTEST = 1e-9
_SMALLEST_SIZE, _LARGEST_LOG_SIZE = 1e-9, 3.0
_PAIRS, _ROUNDS = 2, 3
# Widest distance of two points of a grid of levels, or of logarithms of spreads.
_STEP = 0.15


@dataclass
class TradeOffs:
    """Where sizes and their prior are while they move.

    Parameters
    ----------
    rng
        Moves on with each draw.
    size
        ``[C]``.
    returns
        Their prior.
    gram, gradient
        ``[C, C]`` and ``[C]`` ``g'V^-1 g`` and ``g'V^-1 rest`` of the responses at their shapes.
    log_spend
        ``[C]`` of `Design.log_spend_share`.
    total
        What is expected of the sum of all sizes.
    """

    rng: np.random.Generator
    size: Floats
    returns: Returns
    gram: Floats
    gradient: Floats
    log_spend: Floats
    total: Total

    def draw(self) -> None:
        """Move everything once."""
        count = len(self.size)
        least = np.linalg.eigh(self.gram * np.outer(self.size, self.size))[1].T * self.size
        for number in range(_PAIRS * count):
            if number < count:
                direction = np.zeros(count)
                direction[self.rng.choice(count, 2, replace=False)] = 1.0, -1.0
            else:
                direction = least[self.rng.integers(count)]
            self._move_to(self.size + self._along(direction) * direction)
        for _ in range(_ROUNDS):
            self._with_prior("level")
            self._with_prior("spread")

    def _move_to(self, size: Floats) -> None:
        size = np.maximum(size, _SMALLEST_SIZE)
        self.gradient = self.gradient - self.gram @ (size - self.size)
        self.size = size

    def _along(self, direction: Floats) -> float:
        """Draw how far sizes move along a direction; all stay positive."""
        size, rng = self.size, self.rng
        centre, spread = self.returns.centre(self.log_spend), self.returns.spread
        slope = float(self.gradient @ direction)
        curve = max(float(direction @ self.gram @ direction), _FLATTEST)
        reach, best = REACH / np.sqrt(curve), slope / curve
        moves = direction != 0
        # No size leaves what its prior reaches: data that say nothing would let it go anywhere.
        most = np.maximum(np.exp(centre + REACH * spread), size)
        ends = np.stack([-size, most - size])[:, moves] / direction[moves]
        low = max(ends.min(axis=0).max(), best - 2.0 * reach)
        high = min(ends.max(axis=0).min(), best + 2.0 * reach)
        low, high = min(low, 0.0), max(high, 0.0)
        step = low + (high - low) * (np.arange(_LINE) + rng.random()) / _LINE
        log_size = np.log(np.maximum(size[moves, None] + np.outer(direction[moves], step), 1e-12))
        log_p = step * slope - 0.5 * step**2 * curve
        score = (log_size - centre[moves, None]) / spread
        log_p = log_p - (0.5 * score**2 + log_size).sum(0)
        log_p = log_p + self.total.log_prior(size.sum() + step * direction.sum())
        return float(step[pick(rng, log_p)])

    def _with_prior(self, name: str) -> None:
        """Draw level or spread on a grid around where it is; sizes keep their scores."""
        now, rng = self.returns, self.rng
        move = _STEP * np.exp(rng.uniform(-2.0, 0.0)) * (np.arange(_LINE) - rng.integers(_LINE))
        level, spread = np.full(_LINE, now.level), np.full(_LINE, now.spread)
        if name == "level":
            level = level + move
        else:
            spread = spread * np.exp(move)
        centre = now.centre(self.log_spend)
        score = (np.log(self.size) - centre) / now.spread
        log_size = centre + (level - now.level)[:, None] + np.outer(spread, score)
        size = np.exp(np.minimum(log_size, _LARGEST_LOG_SIZE))
        step = size - self.size
        log_p = step @ self.gradient - 0.5 * ((step @ self.gram) * step).sum(1)
        log_p = log_p + self.total.log_prior(size.sum(1)) + _log_prior(level, spread)
        chosen = pick(rng, log_p)
        self._move_to(size[chosen])
        self.returns = replace(now, level=float(level[chosen]), spread=float(spread[chosen]))


def _log_prior(level: Floats, spread: Floats) -> Floats:
    """Of a level, and of the logarithm of a spread as `draw_returns` expects it."""
    score = (level - priors.SHARE_LEVEL) / priors.SHARE_LEVEL_SD
    worth = priors.RETURNS_SD_CHANNELS
    of_spread = worth * (np.log(spread) + 0.5 * (priors.RETURNS_SD / spread) ** 2)
    return np.asarray(-0.5 * score**2 - of_spread)
