"""Draws of shapes and sizes of the channels, everything else given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Floats

_REACH = 4.5
_POINTS = 20
_LINE = 40
# Least curvature of the likelihood: data that say nothing leave a size to its prior.
_FLATTEST = 1e-9
_LARGEST_SHARE, _BEYOND = 1.0 - 1e-6, 1e5


@dataclass(frozen=True)
class Total:
    """What is expected of the KPI's share that all media bring: its logit is normal.

    Media that brought more than all of the KPI would need a baseline below nothing.
    """

    log_odds: float
    sd: float

    def log_prior(self, share: Floats) -> Floats:
        """Log density, up to a constant and the density of the single sizes."""
        inside = np.clip(share, 1e-12, _LARGEST_SHARE)
        score = (np.log(inside / (1.0 - inside)) - self.log_odds) / self.sd
        # A chain that is beyond finds its way back: the further, the less likely.
        beyond = np.maximum(share - _LARGEST_SHARE, 0.0)
        return np.asarray(-0.5 * score**2 - _BEYOND * beyond)


def draw_shape(
    rng: np.random.Generator,
    square: Floats,
    meets: Floats,
    log_prior: Floats,
    centre: float,
    spread: float,
    others: float,
    total: Total,
) -> tuple[int, float]:
    """Draw shape and size of one channel together, each shape on its own grid of sizes.

    Parameters
    ----------
    square, meets
        ``[S]`` ``g'V^-1 g`` and ``g'V^-1 rest`` of each shape's response g.
    log_prior
        ``[S]`` of the shapes.
    centre, spread
        Of the logarithm of the size, before the data.
    others, total
        Sum of the other channels' sizes; what is expected of the sum of all.
    """
    sd, best = square**-0.5, meets / square
    cap = np.exp(centre + _REACH * spread)
    low = np.minimum(np.maximum(best - _REACH * sd, 0.0), 0.9 * cap)
    tail = (meets + np.sqrt(meets * meets + 24.0 * square)) / square
    high = np.minimum(np.where(best > 0, best + _REACH * sd, tail), cap)
    high = np.maximum(high, low + 0.05 * sd)[:, None]
    low, unit = low[:, None], (np.arange(_POINTS) + rng.random()) / _POINTS
    power = np.where(low > 0, 1.0, 2.0)
    size = np.maximum(low + (high - low) * unit**power, 1e-8)
    log_size = np.log(size)
    log_p = size * meets[:, None] - 0.5 * size * size * square[:, None] + log_prior[:, None]
    log_p += -0.5 * ((log_size - centre) / spread) ** 2 - log_size
    log_p += total.log_prior(size + others)
    log_p += np.log((high - low) * power) + (power - 1.0) * np.log(unit)
    chosen = _pick(rng, log_p.ravel())
    return chosen // _POINTS, float(size.ravel()[chosen])


def draw_along(
    rng: np.random.Generator,
    size: Floats,
    direction: Floats,
    gram: Floats,
    gradient: Floats,
    centre: Floats,
    spread: float,
    total: Total,
) -> float:
    """Draw how far sizes ``[C]`` move along a direction; all stay positive.

    Parameters
    ----------
    gram, gradient
        ``[C, C]`` and ``[C]`` ``g'V^-1 g`` and ``g'V^-1 rest`` at the sizes.
    """
    curve = max(float(direction @ gram @ direction), _FLATTEST)
    reach = _REACH / np.sqrt(curve)
    best = (gradient @ direction) / curve
    with np.errstate(divide="ignore"):
        bound = -size / direction
    low = max(bound[direction > 0].max(initial=-np.inf), best - 2.0 * reach)
    high = min(bound[direction < 0].min(initial=np.inf), best + 2.0 * reach)
    low, high = min(low, 0.0), max(high, 0.0)
    step = low + (high - low) * (np.arange(_LINE) + rng.random()) / _LINE
    moves = direction != 0
    log_size = np.log(np.maximum(size[moves, None] + np.outer(direction[moves], step), 1e-12))
    log_p = step * (gradient @ direction) - 0.5 * step**2 * curve
    score = (log_size - centre[moves, None]) / spread
    log_p = log_p - (0.5 * score**2 + log_size).sum(0)
    log_p = log_p + total.log_prior(size.sum() + step * direction.sum())
    return float(step[_pick(rng, log_p)])


def _pick(rng: np.random.Generator, log_p: Floats) -> int:
    total = np.cumsum(np.exp(log_p - log_p.max()))
    return min(int(np.searchsorted(total, rng.random() * total[-1])), len(log_p) - 1)
