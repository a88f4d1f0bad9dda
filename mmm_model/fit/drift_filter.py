"""The Kalman filter of drifting levels, all regions at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmm_model.equation.recursion import Recursion


@dataclass(frozen=True)
class DriftFilter:
    """Kalman filter of levels that walk at random, each seen through noise.

    Parameters
    ----------
    whiten
        A with ``A (y − mean)`` of unit variance and independent over the weeks; rows and columns
        of weeks that were not observed are zero.
    learn
        ``[R, W]`` by how much a week's innovation moves the expected level.
    step
        ``[R]`` variance of a week's step.
    last_variance
        ``[R]`` variance of the level in the last week, all weeks known.
    log_determinant
        ``[R]`` of the covariance of the observed weeks.
    """

    whiten: Recursion
    learn: Tensor
    step: Tensor
    last_variance: Tensor
    log_determinant: Tensor

    @classmethod
    def of(cls, variance: Tensor, precision: Tensor, drift: float, start: float) -> DriftFilter:
        """Run the variances through the weeks.

        Parameters
        ----------
        variance
            ``[R]`` of an ordinary week's noise.
        precision
            ``[R, W]`` inverse variance of a week's noise over that of an ordinary week's; 0
            where the series was not observed.
        drift, start
            Variance of a week's step and of the level before the first week, both over that of
            an ordinary week's noise.
        """
        one = torch.ones_like(variance)
        last, levels = start * one, []
        for known in precision.unbind(1):
            level = last + drift
            levels.append(level)
            last = level / torch.addcmul(one, level, known)
        seen, strength = precision > 0, torch.stack(levels, dim=1) * precision
        surprise = torch.where(seen, (1.0 + strength) / precision, 1.0)
        gain, deviation = strength / (1.0 + strength), (surprise * variance[:, None]).sqrt()
        return cls(
            whiten=Recursion.fading(gain, seen / deviation),
            learn=gain * deviation,
            step=drift * variance,
            last_variance=last * variance,
            log_determinant=surprise.log().sum(1) + seen.sum(1) * variance.log(),
        )

    def level(self, innovation: Tensor, weeks: int) -> Tensor:
        """Expected level ``[R, weeks, Q]`` given innovations ``[R, W, Q]``; flat after the last."""
        last = (self.learn[..., None] * innovation).sum(1, keepdim=True)
        # The level moved by a step's variance times what its week and all later ones say.
        moved = self.whiten.back(innovation).flip(1).cumsum(1)
        since = (moved.cumsum(1) - moved).flip(1)
        level = last - self.step[:, None, None] * since
        missing = max(weeks - level.shape[1], 0)
        return torch.cat([level, last.expand(-1, missing, -1)], dim=1)[:, :weeks]
