"""Channels that follow what moves the KPI in a region, of which the model sees nothing else.

Where more is shown wherever more is asked for (search results, clicks, visits), exposure and KPI
of a region move together without one being the cause of the other. So a channel's own movement in
a region, z (the logarithm of its exposure, less the same of all regions), may tell of demand:

    y = ... + size_c response_c + slope_c z_c,    slope_c = 0, or ~ N(0, sd^2) with probability p

The slope is no effect of the channel. A lasting or bent response is told from it, one that is
neither only by its region: there most is left to the prior (spike and slab; Mitchell and
Beauchamp, 1988). It is integrated out where shape and size are drawn. Channels that are bought
together have movements that look alike, so which of them follow is drawn with all slopes
integrated out, and sizes with the slopes of those that do. Nations have none: what all regions do
together, `following` looks after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.factors import Factors, flat
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


@dataclass(frozen=True)
class Movements:
    """The own movements z of all channels, whitened.

    Parameters
    ----------
    white, low
        ``[RW, C]``, and what the shared columns see of them ``[P, C]``.
    precision
        ``[C, C]`` ``z'V^-1 z``, and that of the slopes' prior.
    each
        Channel by channel.
    """

    white: Floats
    low: Floats
    precision: Floats
    each: tuple[Movement, ...]

    @classmethod
    def of(cls, own: Floats, factors: Factors) -> Movements:
        """Whiten every channel's own movement ``[R, W, C]``."""
        white = factors.alone.white(own)
        low, cells = factors.lower(white), flat(white)
        precision = cells.T @ cells - low.T @ low + np.eye(len(low.T)) / priors.FOLLOWS_SD**2
        each = tuple(
            Movement(white[..., c], low[:, c], float(precision[c, c])) for c in range(len(low.T))
        )
        return cls(cells, low, precision, each)

    def meets(self, slope: Floats, rest: tuple[Floats, Floats]) -> Floats:
        """``[C]`` ``z'V^-1 x`` of what all but the slopes leave over.

        Parameters
        ----------
        slope, rest
            ``[C]``; what is left over with them, whitened, and what `Factors.lower` says of it.
        """
        found = rest[0].ravel() @ self.white - rest[1] @ self.low
        return np.asarray(found + self.precision @ slope - slope / priors.FOLLOWS_SD**2)

    def drawn(self, rng: np.random.Generator, slope: Floats, meets: Floats) -> Floats:
        """``[C]`` slopes anew: which channels follow, one after the other, then how strongly."""
        follows = slope != 0.0
        worth = self._worth(follows, meets)
        for c in rng.permutation(len(slope)):
            trial = follows.copy()
            trial[c] = not trial[c]
            other = self._worth(trial, meets)
            if np.log(rng.random()) < other - worth:
                follows, worth = trial, other
        on, found = np.flatnonzero(follows), np.zeros(len(slope))
        if len(on):
            root = np.linalg.cholesky(self.precision[np.ix_(on, on)])
            score = np.linalg.solve(root, meets[on]) + rng.standard_normal(len(on))
            found[on] = np.linalg.solve(root.T, score)
        return found

    def _worth(self, follows: np.ndarray, meets: Floats) -> float:
        """Log probability that these channels follow, up to a constant, slopes integrated out."""
        on = np.flatnonzero(follows)
        root = np.linalg.cholesky(self.precision[np.ix_(on, on)])
        score = np.linalg.solve(root, meets[on])
        odds = np.log(priors.FOLLOWS / (1.0 - priors.FOLLOWS) / priors.FOLLOWS_SD)
        return float(0.5 * score @ score - np.log(np.diag(root)).sum() + odds * len(on))

    def aside(
        self,
        slope: Floats,
        rest: tuple[Floats, Floats],
        columns: tuple[Floats, Floats],
        moments: tuple[Floats, Floats],
    ) -> tuple[Floats, Floats]:
        """Moments of other columns once the slopes of channels that follow are integrated out.

        Parameters
        ----------
        slope, rest
            As of `meets`.
        columns
            ``[Q, RW]`` whitened, and what the shared columns see of them ``[Q, P]``.
        moments
            ``g'V^-1 g`` ``[Q, Q]`` and ``g'V^-1 rest`` ``[Q]`` of them.
        """
        on = np.flatnonzero(slope)
        if not len(on):
            return moments
        cross = columns[0] @ self.white[:, on] - columns[1] @ self.low[:, on]
        both = np.column_stack([cross.T, self.meets(slope, rest)[on]])
        taken = cross @ np.linalg.solve(self.precision[np.ix_(on, on)], both)
        return moments[0] - taken[:, :-1], moments[1] + cross @ slope[on] - taken[:, -1]
