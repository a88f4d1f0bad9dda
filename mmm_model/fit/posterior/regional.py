"""One channel's regional returns integrated out: whether it works at all, whatever it does where.

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
        return cls(
            bank, factors, spread, rest, np.tensordot(factors.shared, rest, ([0, 1], [0, 1]))
        )

    def gain(self, shape: int, size: float) -> float:
        """Log likelihood with the returns integrated out, over that of returns that are one."""
        own = self._given(shape, size)
        same = self.factors.lowered(self.shared - size * own.seen.sum(0))
        change = np.log(np.diag(own.root)).sum() - np.log(np.diag(self.factors.root)).sum()
        change += 0.5 * np.log(own.precision * self.spread**2).sum()
        square = own.score @ own.score - same @ same
        square += (size * own.meets) ** 2 @ (1.0 / own.precision)
        return float(0.5 * square - change)

    def draw(self, rng: np.random.Generator, shape: int, size: float) -> Floats:
        """``[R]`` regions' returns, what regions share integrated out."""
        own = self._given(shape, size)
        score = own.score + rng.standard_normal(len(own.score))
        path = solve_triangular(own.root, score, lower=True, trans=1, check_finite=False)
        mean = size * (own.meets - own.seen @ path) / own.precision
        return np.asarray(1.0 + mean + rng.standard_normal(len(mean)) / np.sqrt(own.precision))

    def _given(self, shape: int, size: float) -> _Given:
        mix = self.bank.mix[:, shape]
        square = (self.bank.norm @ mix) @ mix
        precision = self.spread**-2 + size**2 * square
        weight = size**2 / precision
        seen = self.bank.seen @ mix
        meets = np.einsum("rw,rw->r", self.bank.white @ mix, self.rest) - size * square
        gram = self.factors.root @ self.factors.root.T - (seen.T * weight) @ seen
        root = np.asarray(np.linalg.cholesky(gram), dtype=float)
        left = self.shared - size * seen.sum(0) - seen.T @ (weight * meets)
        score = solve_triangular(root, left, lower=True, check_finite=False)
        return _Given(precision, meets, seen, root, np.asarray(score))


@dataclass(frozen=True)
class _Given:
    """Sums over weeks, given shape and size.

    Parameters
    ----------
    precision, meets
        ``[R]`` of the returns; of h and what size and nation leave over.
    seen
        ``[R, P]`` what the shared columns see of h.
    root, score
        ``[P, P]`` and ``[P]`` of what regions share, the returns integrated out.
    """

    precision: Floats
    meets: Floats
    seen: Floats
    root: Floats
    score: Floats
