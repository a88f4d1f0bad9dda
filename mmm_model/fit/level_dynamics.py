"""Ways in which levels may move, and the mean of several.

How fast levels move can be judged by the likelihood of one week ahead or by forecasts over
many. The two disagree where media and levels move together, and no single choice forecasts
best everywhere. So several are solved, and the coefficients and levels that are kept are their
mean, weighted by how well they forecast (forecast combination: Bates and Granger, 1969). Who
judges them is in `level_forecasts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.fit.coefficients import Solution
from mmm_model.fit.noise import NoiseModel
from mmm_model.fit.observations import Observations

_ROUNDS = 3
# An outlier in the weeks to be forecast says little about the other weeks.
_ORDINARY_WEIGHT = 0.2


@dataclass(frozen=True)
class Solved:
    """The linear part under one way in which levels may move.

    Parameters
    ----------
    regional
        ``[M, R, P]`` coefficients.
    level
        ``[M, R, W]`` in the fitted weeks.
    last
        ``[K, M, R]`` level to carry forward, by the filter and by each weighted mean.
    """

    regional: Tensor
    level: Tensor
    last: Tensor


@dataclass(frozen=True)
class Dynamics:
    """One way in which levels may move.

    Parameters
    ----------
    noise
        With the ratios of this way.
    pooled
        Whether all regions share their coefficients.
    """

    noise: NoiseModel
    pooled: bool

    def part(self, rows: Tensor, weeks: int) -> Dynamics:
        """Return that of some regions in the first weeks."""
        return Dynamics(self.noise.part(rows, weeks), self.pooled)

    def solve(self, data: Observations, saturated: Tensor, start: Solution) -> Solved:
        """Solve the linear part for media ``[M, R, W, C]``."""
        if self.pooled:
            spread = torch.full_like(start.spread, priors.SAME_EVERYWHERE)
            start = replace(start, deviation=torch.zeros_like(start.deviation), spread=spread)
        problem = data.problem(self.noise)
        found = problem.solve(saturated, data.prior(saturated, start), start, _ROUNDS)
        weeks, whitening = data.target.shape[-1], problem.whitening
        innovation = problem.innovation(saturated, found.regional, found.common)
        level = whitening.level(innovation, weeks)
        level = level + whitening.common_level(found.common, weeks)[:, None]
        left = data.target - problem.explained(saturated, found.regional)
        last = torch.stack([level[..., -1], *self._weighted_means(left, data)])
        return Solved(found.regional, level, last)

    def _weighted_means(self, left: Tensor, data: Observations) -> list[Tensor]:
        """``[M, R]`` means of what coefficients leave, ``[M, R, W]``, newer weeks weighing more.

        Exponential smoothing (Brown, 1956) of the ordinary weeks, once for every weight.
        """
        weeks = left.shape[-1]
        age = torch.arange(weeks - 1, -1, -1).to(left)
        seen = ordinary_weeks(data, self.noise)
        means = []
        for newest in priors.NEWEST_WEEKS:
            share = seen * (1.0 - newest) ** age
            means.append((left * share).sum(-1) / share.sum(-1).clamp_min(1e-12))
        return means


@dataclass(frozen=True)
class Blend:
    """Ways in which levels may move, and how far each is believed.

    Parameters
    ----------
    dynamics
        D ways.
    weight
        ``[D, K]`` of each with each way of carrying the level forward, K = 1 for the filter
        alone; the sum is one.
    surprise
        Standard deviations that nine forecast weeks in ten stay within; None where the weeks
        of training were too few for an origin.
    """

    dynamics: tuple[Dynamics, ...]
    weight: Tensor
    surprise: float | None

    @classmethod
    def of_likelihood(cls, noise: NoiseModel) -> Blend:
        """Return one that believes the likelihood's own way alone."""
        only = torch.ones_like(noise.variance[:1, None])
        return cls((Dynamics(noise, pooled=False),), only, None)

    def solve(
        self, data: Observations, saturated: Tensor, start: Solution
    ) -> tuple[Tensor, Tensor]:
        """Return coefficients ``[M, R, P]`` and levels ``[M, R, W + 1]``, the last to be kept."""
        believed = [
            (weight, way.solve(data, saturated, start))
            for way, weight in zip(self.dynamics, self.weight, strict=True)
            if float(weight.sum()) > 0
        ]
        regional = torch.stack([w.sum() * found.regional for w, found in believed]).sum(0)
        level = torch.stack([w.sum() * found.level for w, found in believed]).sum(0)
        last = torch.stack(
            [torch.einsum("k,kmr->mr", w, found.last[: len(w)]) for w, found in believed]
        )
        return regional, torch.cat([level, last.sum(0)[..., None]], dim=-1)


def ways(noise: NoiseModel) -> tuple[Dynamics, ...]:
    """Return the ways in which levels may move, the likelihood's own first."""
    own = Dynamics(noise, pooled=False)
    if len(noise.variance) == 1:
        return (own, *(Dynamics(replace(noise, drift=d), pooled=False) for d in priors.DRIFTS))
    others = product(priors.DRIFTS, priors.COMMON_DRIFTS, (True, False))
    return (
        own,
        *(
            Dynamics(replace(noise, drift=d, common_drift=common, common_shock=common), pooled)
            for d, common, pooled in others
        ),
    )


def ordinary_weeks(data: Observations, noise: NoiseModel) -> Tensor:
    """``[R, W]`` 1 where a KPI was observed that is no outlier."""
    return data.observed * (noise.precision > _ORDINARY_WEIGHT)
