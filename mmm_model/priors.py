"""Every prior of the science, in natural units, each with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class ShapePrior:
    """Prior of a parameter of an adstock or a saturation.

    Parameters
    ----------
    centre
        Median, in natural units.
    spread
        Standard deviation on the scale of the search, see `ShapeParameter.link`.
    """

    centre: float
    spread: float

    def within(self, low: float, high: float) -> ShapePrior:
        """Return it with its centre in the middle four fifths of what is allowed."""
        margin = 0.1 * (high - low)
        return replace(self, centre=min(max(self.centre, low + margin), high - margin))


CARRYOVER = ShapePrior(1.0 / (1.0 + math.exp(1.2)), 1.0)
"""Share of an effect that is left a week later: 23 %, two thirds of channels from 10 to 45 %."""

DELAY = ShapePrior(math.log1p(math.exp(-2.0)), 1.0)
"""Power of ``1 + lag``: 0.13, so a peak after the first week is the exception."""

WEIBULL_SCALE = ShapePrior(0.7, 0.8)
"""Weeks within which 63 % of an effect has come: with shape one, the same centre as `CARRYOVER`."""

WEIBULL_SHAPE = ShapePrior(1.0, 0.4)
"""One is a geometric decay; two thirds of channels from 0.67 (a long tail) to 1.5 (a late peak)."""

SLOPE = ShapePrior(0.5 + 2.5 / (1.0 + math.exp(0.5)), 1.0)
"""Exponent of the Hill curve, 1.44: between concave (1 and less) and S-shaped."""

HALF_SATURATION = ShapePrior(math.exp(0.7), 0.7)
"""Exposure at half of the ceiling, as a multiple of the usual week's: twice, from 1 to 4 times."""
