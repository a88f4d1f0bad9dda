"""Draws of shape and size of one channel, everything else given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Floats

# Standard deviations to either side that a grid reaches.
REACH = 4.5
_POINTS = 20
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


@dataclass(frozen=True)
class SizePrior:
    """What is expected of one channel's size, given those of the others.

    Parameters
    ----------
    centre, spread
        Of its logarithm.
    others, total
        Sum of the other channels' sizes; what is expected of the sum of all.
    """

    centre: float
    spread: float
    others: float
    total: Total


def draw_shape(
    rng: np.random.Generator,
    square: Floats,
    meets: Floats,
    log_prior: Floats,
    prior: SizePrior,
) -> tuple[int, float]:
    """Draw shape and size of one channel together, each shape on its own grid of sizes.

    Parameters
    ----------
    square, meets
        ``[S]`` ``g'V^-1 g`` and ``g'V^-1 rest`` of each shape's response g.
    log_prior
        ``[S]`` of the shapes.
    prior
        Of the size.
    """
    centre, spread = prior.centre, prior.spread
    sd, best = square**-0.5, meets / square
    cap = np.exp(centre + REACH * spread)
    low = np.minimum(np.maximum(best - REACH * sd, 0.0), 0.9 * cap)
    tail = (meets + np.sqrt(meets * meets + 24.0 * square)) / square
    high = np.minimum(np.where(best > 0, best + REACH * sd, tail), cap)
    # Data that say nothing, as of a channel that never ran, leave the prior's width.
    high = np.maximum(high, low + np.minimum(0.05 * sd, 0.1 * cap))[:, None]
    low, unit = low[:, None], (np.arange(_POINTS) + rng.random()) / _POINTS
    power = np.where(low > 0, 1.0, 2.0)
    size = np.maximum(low + (high - low) * unit**power, 1e-8)
    log_size = np.log(size)
    log_p = size * meets[:, None] - 0.5 * size * size * square[:, None] + log_prior[:, None]
    log_p += -0.5 * ((log_size - centre) / spread) ** 2 - log_size
    log_p += prior.total.log_prior(size + prior.others)
    log_p += np.log((high - low) * power) + (power - 1.0) * np.log(unit)
    chosen = pick(rng, log_p.ravel())
    return chosen // _POINTS, float(size.ravel()[chosen])


def pick(rng: np.random.Generator, log_p: Floats) -> int:
    """Draw an index by log densities."""
    total = np.cumsum(np.exp(log_p - log_p.max()))
    return min(int(np.searchsorted(total, rng.random() * total[-1])), len(log_p) - 1)
