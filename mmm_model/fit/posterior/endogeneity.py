"""Channels that follow what moves the KPI in a region, of which the model sees nothing else.

Where more is shown wherever more is asked for (search results, clicks, visits), exposure and KPI
of a region move together without one being the cause of the other. So a channel's own movement in
a region, z (the logarithm of its exposure, less the same of all regions), may tell of demand:

    y = ... + size_c response_c + slope_c z_c,    slope_c = 0, or ~ N(0, sd^2) with probability p

The slope is no effect of the channel. A lasting or bent response is told from it, one that is
neither only by its region: there most is left to the prior (spike and slab; Mitchell and
Beauchamp, 1988). It is integrated out where shape and size are drawn. Nations have none: what all
regions do together, `following` looks after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.factors import Factors
from mmm_model.fit.posterior.following import log_plans
from mmm_model.fit.posterior.sizes import SizePrior, draw_shape
from mmm_model.fit.posterior.whitened import WhitenedResponses
from mmm_model.panel import Floats

# Least square of a response whose movement is told from demand: nothing is left of it.
_NOTHING = 1e-9


def own_movements(exposure: Floats) -> Floats:
    """``[R, W, C]`` of exposure's logarithm, less what all regions do; see `log_plans`."""
    plan = log_plans(exposure)
    return plan - plan.mean(axis=0)


@dataclass(frozen=True)
class Movement:
    """One channel's own movement z, whitened.

    Parameters
    ----------
    white, low
        ``[R, W]``, and what the shared columns see of it ``[P]``.
    precision
        ``z'V^-1 z``, and that of the slope's prior.
    """

    white: Floats
    low: Floats
    precision: float

    @classmethod
    def all_of(cls, own: Floats, factors: Factors) -> list[Movement]:
        """Whiten every channel's own movement ``[R, W, C]``."""
        white = factors.alone.white(own)
        low = factors.lower(white)
        square = (white**2).sum((0, 1)) - (low**2).sum(0) + priors.FOLLOWS_SD**-2
        return [cls(white[..., c], low[:, c], float(square[c])) for c in range(white.shape[2])]

    def draw(
        self,
        rng: np.random.Generator,
        bank: WhitenedResponses,
        region: Floats,
        rest: tuple[Floats, Floats],
        statistics: tuple[Floats, Floats],
        log_prior: Floats,
        prior: SizePrior,
    ) -> tuple[int, float, float]:
        """Draw shape, size and slope of a channel together.

        Parameters
        ----------
        region
            ``[R]`` multipliers.
        rest
            What all others leave over, whitened, and what `lower` says of it.
        statistics
            ``g'V^-1 g`` and ``g'V^-1 rest`` of every shape, ``[S]`` each.
        log_prior, prior
            As `draw_shape` takes them.
        """
        square, meets = statistics
        white, low = rest
        own = float((self.white * white).sum() - self.low @ low)
        seen = bank.meets(region, self.white, self.low)
        gain = 0.5 * own**2 / self.precision - 0.5 * np.log(self.precision * priors.FOLLOWS_SD**2)
        odds = gain + np.log(priors.FOLLOWS / (1.0 - priors.FOLLOWS))
        beside = np.maximum(square - seen**2 / self.precision, _NOTHING)
        chosen, size = draw_shape(
            rng,
            np.concatenate([square, beside]),
            np.concatenate([meets, meets - seen * own / self.precision]),
            np.concatenate([log_prior, log_prior + odds]),
            prior,
        )
        follows, shape = divmod(chosen, len(square))
        if not follows:
            return shape, size, 0.0
        mean = (own - size * seen[shape]) / self.precision
        return shape, size, float(mean + rng.standard_normal() / np.sqrt(self.precision))
