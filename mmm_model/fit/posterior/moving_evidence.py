"""Whether a channel's effectiveness moves: Bayes factors against one that stays.

Given a draw of shapes, regions' returns and variances the KPI is normal and linear in the sizes'
relative changes and in the readouts, so the likelihood of a set ``S`` of moving channels is known
in closed form. Averaged over draws of the model in which nothing moves,

    p(y | S) / p(y | none) = E[ p(y | draw, S) / p(y | draw, none) ]

Channels are let move one after the other, the one with the largest evidence first, so that a
channel that is bought together with one that moves is not taken to move as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.moving import Moving
from mmm_model.panel import Bools, Floats


@dataclass(frozen=True)
class Moments:
    """Moments of whitened columns: the C channels' contributions, then what their ``a`` multiply.

    Parameters
    ----------
    gram
        ``[..., K, K]`` with each other, K = C + C J.
    meets
        ``[..., K]`` with what is left over.
    """

    gram: Floats
    meets: Floats

    @classmethod
    def stacked(cls, each: Sequence[Moments]) -> Moments:
        """Put those of many draws together."""
        return cls(np.stack([m.gram for m in each]), np.stack([m.meets for m in each]))

    def log_marginal(self, columns: Sequence[int], precision: Floats) -> Floats:
        """Log likelihood ``[...]`` with some columns' coefficients integrated out, over without.

        Parameters
        ----------
        precision
            Of the coefficients before the data; their means are zero.
        """
        gram = self.gram[..., columns, :][..., columns] + np.diag(precision)
        root = np.linalg.cholesky(gram)
        seen = np.linalg.solve(root, self.meets[..., columns, None])[..., 0]
        determinant = np.log(np.einsum("...nn->...n", root)).sum(axis=-1)
        return 0.5 * (seen**2).sum(axis=-1) - determinant + 0.5 * np.log(precision).sum()


@dataclass(frozen=True)
class MovingEvidence:
    """What the data say about which channels move.

    Parameters
    ----------
    log_bayes_factor
        ``[C]`` of a channel that moves against one that stays, given the others that move.
    moves
        ``[C]`` where that is more than `priors.MOVING_EVIDENCE`.
    """

    log_bayes_factor: Floats
    moves: Bools

    @classmethod
    def of(cls, moments: Moments, moving: Moving) -> MovingEvidence:
        """Weigh the evidence of draws in which nothing moves."""
        count = len(moving.channels)
        weigh = _Weighing(moments, moving, count)
        moves: tuple[int, ...] = ()
        gain = weigh.gains(moves)
        while len(moves) < count and gain.max() > priors.MOVING_EVIDENCE:
            moves = (*moves, int(gain.argmax()))
            gain = weigh.gains(moves)
        gain[list(moves)] = [weigh.loss(moves, c) for c in moves]
        # One that came first may be nothing beside those that came after it.
        return cls(gain, np.isin(np.arange(count), moves) & (gain > priors.MOVING_EVIDENCE))


@dataclass(frozen=True)
class _Weighing:
    moments: Moments
    moving: Moving
    count: int

    def evidence(self, moves: Sequence[int]) -> float:
        """Logarithm of the mean likelihood with these moving, up to a constant."""
        own = self.moving.basis.shape[1]
        columns = list(range(self.count))
        columns += [self.count + c * own + j for c in moves for j in range(own)]
        precision = np.full(len(columns), self.moving.sd**-2.0)
        precision[: self.count] = priors.RETURNS_SD**-2.0
        still = self.moments.log_marginal(columns[: self.count], precision[: self.count])
        found = self.moments.log_marginal(columns, precision) - still
        return float(np.logaddexp.reduce(found) - np.log(len(found)))

    def gains(self, moves: tuple[int, ...]) -> Floats:
        """``[C]`` what one more moving channel earns; −inf of those that move already."""
        now = self.evidence(moves)
        rest = (c for c in range(self.count) if c not in moves)
        found = np.full(self.count, -np.inf)
        for c in rest:
            found[c] = self.evidence((*moves, c)) - now
        return found

    def loss(self, moves: tuple[int, ...], channel: int) -> float:
        """What one channel less would cost."""
        return self.evidence(moves) - self.evidence([c for c in moves if c != channel])
