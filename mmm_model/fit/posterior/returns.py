"""The prior of sizes: returns are pooled, not coefficients.

log size_c ~ N(level + power * log spend share_c, spread^2)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.panel import Floats


@dataclass(frozen=True)
class Returns:
    """Expected logarithm of sizes: its ``level``, ``power`` of spend, and ``spread``."""

    level: float
    power: float
    spread: float

    @classmethod
    def first(cls) -> Returns:
        """Before the data."""
        return cls(priors.SHARE_LEVEL, priors.SPEND_POWER, priors.RETURNS_SD)

    def centre(self, log_spend: Floats) -> Floats:
        """``[C]`` expected logarithm of sizes given that of spend shares ``[C]``."""
        return self.level + log_expected(self.power, log_spend)


def draw_returns(
    rng: np.random.Generator,
    size: Floats,
    log_spend: Floats,
    now: Returns,
) -> Returns:
    """Draw level, power and spread given the sizes ``[C]``."""
    x = np.log(size)
    power = _draw_power(rng, x, log_spend, now)
    rest = x - log_expected(power, log_spend)
    precision = priors.SHARE_LEVEL_SD**-2 + len(x) / now.spread**2
    mean = priors.SHARE_LEVEL / priors.SHARE_LEVEL_SD**2 + rest.sum() / now.spread**2
    level = mean / precision + rng.standard_normal() / np.sqrt(precision)
    worth = priors.RETURNS_SD_CHANNELS
    total = worth * priors.RETURNS_SD**2 + ((rest - level) ** 2).sum()
    return Returns(float(level), power, float(np.sqrt(total / rng.chisquare(worth + len(x)))))


def log_expected(power: float, log_spend: Floats) -> Floats:
    """``[C]`` log of spend shares to the power, adding up to one."""
    scaled = power * log_spend
    return scaled - np.log(np.exp(scaled).sum())


def _draw_power(
    rng: np.random.Generator,
    x: Floats,
    log_spend: Floats,
    now: Returns,
) -> float:
    """On a grid, the level given."""
    sd = priors.SPEND_POWER_SD
    if np.ptp(log_spend) < 1e-9:
        return now.power
    grid = priors.SPEND_POWER + sd * np.linspace(-3.0, 3.0, 25)
    centre = np.array([log_expected(p, log_spend) for p in grid]) + now.level
    log_p = -0.5 * ((grid - priors.SPEND_POWER) / sd) ** 2
    log_p = log_p - 0.5 * (((x - centre) / now.spread) ** 2).sum(1)
    total = np.cumsum(np.exp(log_p - log_p.max()))
    return float(grid[min(int(np.searchsorted(total, rng.random() * total[-1])), 24)])
