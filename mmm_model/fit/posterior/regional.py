"""Regions' own returns, around the nation's.

Those of all channels, given all else, are drawn together. Those of one channel are integrated out:
whether it works at all, whatever it does where.

A channel that is nearly off has regional returns of the prior, which do not fit the data; were it
on, they would. So neither moves without the other, unless both do. With h_r the whitened response
of region r, m the size, e_r ~ N(0, s^2) the region's return less one, f what regions share,

    t_r = m (1 + e_r) h_r + U_r f + noise,

e_r adds ``m^2 s^2 h_r h_r'`` to the covariance, one column a region (Woodbury).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from mmm_model.fit.posterior.factors import Factors
from mmm_model.fit.posterior.whitened import WhitenedResponses
from mmm_model.panel import Floats


@dataclass(frozen=True)
class RegionalReturns:
    """Of one channel, given all else.

    Parameters
    ----------
    bank
        The channel's responses.
    factors
        That whitened them.
    spread
        s.
    rest
        ``[R, W]`` what all other channels leave over, whitened.
    shared
        ``[P]`` ``U't``.
    """

    bank: WhitenedResponses
    factors: Factors
    spread: float
    rest: Floats
    shared: Floats

    @classmethod
    def of(
        cls, bank: WhitenedResponses, factors: Factors, spread: float, rest: Floats
    ) -> RegionalReturns:
        """Gather what every shape needs."""
        return cls(bank, factors, spread, rest, factors.seen(rest))

    def given(self, shape: int, size: float) -> Given:
        """Sum over weeks, given shape and size."""
        mix = self.bank.mix[:, shape]
        square = (self.bank.norm @ mix) @ mix
        precision = self.spread**-2 + size**2 * square
        weight = size**2 / precision
        seen = self.bank.seen @ mix
        meets = ((self.bank.white @ mix) * self.rest).sum(1) - size * square
        gram = self.factors.gram - (seen.T * weight) @ seen
        root = np.asarray(np.linalg.cholesky(gram), dtype=float)
        left = self.shared - size * seen.sum(0) - seen.T @ (weight * meets)
        score = solve_triangular(root, left, lower=True, check_finite=False)
        return Given(shape, size, precision, meets, seen, root, np.asarray(score))

    def gain(self, given: Given) -> float:
        """Log likelihood with the returns integrated out, over that of returns that are one."""
        same = self.factors.lowered(self.shared - given.size * given.seen.sum(0))
        change = np.log(np.diag(given.root)).sum() - np.log(np.diag(self.factors.root)).sum()
        change += 0.5 * np.log(given.precision * self.spread**2).sum()
        square = given.score @ given.score - same @ same
        square += (given.size * given.meets) ** 2 @ (1.0 / given.precision)
        return float(0.5 * square - change)

    def draw(self, rng: np.random.Generator, given: Given) -> Floats:
        """``[R]`` regions' returns, what regions share integrated out."""
        score = given.score + rng.standard_normal(len(given.score))
        path = solve_triangular(given.root, score, lower=True, trans=1, check_finite=False)
        mean = given.size * (given.meets - given.seen @ path) / given.precision
        return np.asarray(1.0 + mean + rng.standard_normal(len(mean)) / np.sqrt(given.precision))


@dataclass(frozen=True)
class Given:
    """Sums over weeks, given shape and size.

    Parameters
    ----------
    shape, size
        What is given.
    precision, meets
        ``[R]`` of the returns; of h and what size and nation leave over.
    seen
        ``[R, P]`` what the shared columns see of h.
    root, score
        ``[P, P]`` and ``[P]`` of what regions share, the returns integrated out.
    """

    shape: int
    size: float
    precision: Floats
    meets: Floats
    seen: Floats
    root: Floats
    score: Floats


def draw_around_one(
    rng: np.random.Generator, part: Floats, region: Floats, target: Floats, spread: Floats
) -> Floats:
    """Draw multipliers of regions, all of a region together.

    Parameters
    ----------
    part
        ``[R, W, Q]`` what each column brings at a multiplier of one, whitened.
    region
        ``[R, Q]`` multipliers as they are.
    target
        ``[R, W]`` what is left over at those, less a draw of what regions share.
    spread
        ``[Q]`` standard deviation around one.
    """
    own = region - 1.0
    target = target + np.einsum("rtc,rc->rt", part, own)
    precision = part.transpose(0, 2, 1) @ part + np.diag(1.0 / spread**2)
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, np.einsum("rtc,rt->rc", part, target)[..., None])
    noise = np.linalg.solve(root.transpose(0, 2, 1), rng.standard_normal((*own.shape, 1)))
    return np.asarray(1.0 + (mean + noise)[..., 0])


def draw_spread(rng: np.random.Generator, region: Floats, guess: float, worth: float) -> float:
    """Draw the spread around one of multipliers ``[R, Q]``; its guess is worth so many of them."""
    total = worth * guess**2 + ((region - 1.0) ** 2).sum()
    return float(np.sqrt(total / rng.chisquare(worth + region.size)))
