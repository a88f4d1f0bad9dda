"""Forecasts from inside the weeks of training: which level dynamics to believe, and how far.

How fast levels move can be judged by the likelihood of one week ahead or by forecasts over
many. The two disagree where media and levels move together, and no single choice forecasts
best everywhere. So several are solved, each is judged at a few earlier origins, and the
coefficients and levels that are kept are their mean, weighted by how well they forecast
(forecast combination: Bates and Granger, 1969).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

from mmm_model.fit.linear_part import Solution
from mmm_model.fit.noise import NoiseModel, Whitening
from mmm_model.fit.observations import Observations

_DRIFTS = (0.5, 2.0, 8.0, 32.0)
_COMMON = (0.01, 0.1)
# Weight of the newest week where a level is carried forward as a weighted mean of the past.
_NEWEST = (0.15, 0.3, 0.5)
# A forecast with half the error counts sixteen times as much: soft, for origins are few.
_POWER = 4.0
_SAME_EVERYWHERE = 1e-4
# Regions whose forecasts count as much as the likelihood does: with fewer, errors are luck.
_FEW_REGIONS = 8.0
_ORIGINS = 4
_FEWEST_WEEKS = 12
_MOST_REGIONS = 200
_USUAL_HORIZON = 8
_ROUNDS = 3
# An outlier in the weeks to be forecast says little about the other weeks.
_ORDINARY_WEIGHT = 0.2


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

    def solve(
        self, data: Observations, weight: Tensor, saturated: Tensor, start: Solution
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Solve the linear part.

        Returns
        -------
        regional
            ``[M, R, P]`` coefficients.
        level
            ``[M, R, W]`` in the fitted weeks.
        last
            ``[K, M, R]`` level to carry forward, by the filter and by each weighted mean.
        """
        if self.pooled:
            spread = torch.full_like(start.spread, _SAME_EVERYWHERE)
            start = replace(start, deviation=torch.zeros_like(start.deviation), spread=spread)
        problem = data.problem(self.noise, weight)
        found = problem.solve(saturated, data.prior(saturated, start), start, _ROUNDS)
        regional, whitening = found.regional, problem.whitening
        innovation = problem.innovation(saturated, regional, found.common)
        weeks = data.target.shape[1]
        level = whitening.level(innovation, weeks)
        level = level + whitening.common_level(found.common, weeks)[:, None]
        left = data.target - problem.explained(saturated, regional)
        age = torch.arange(weeks - 1, -1, -1).to(left)
        seen = _ordinary(data, self.noise)
        last = [level[..., -1]]
        for newest in _NEWEST:
            share = seen * (1.0 - newest) ** age
            last.append((left * share).sum(-1) / share.sum(-1).clamp_min(1e-12))
        return regional, level, torch.stack(last)


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
        return cls(
            (Dynamics(noise, pooled=False),), torch.ones_like(noise.variance[:1, None]), None
        )

    def solve(
        self, data: Observations, saturated: Tensor, start: Solution
    ) -> tuple[Tensor, Tensor]:
        """Return coefficients ``[M, R, P]`` and levels ``[M, R, W + 1]``, the last to be kept."""
        believed = [
            (weight, way.solve(data, data.weight, saturated, start))
            for way, weight in zip(self.dynamics, self.weight, strict=True)
            if float(weight.sum()) > 0
        ]
        regional = torch.stack([w.sum() * own for w, (own, _, _) in believed]).sum(0)
        level = torch.stack([w.sum() * path for w, (_, path, _) in believed]).sum(0)
        last = torch.stack(
            [torch.einsum("k,kmr->mr", w, end[: len(w)]) for w, (_, _, end) in believed]
        )
        return regional, torch.cat([level, last.sum(0)[..., None]], dim=-1)


def blend(
    data: Observations,
    noise: NoiseModel,
    saturated: Tensor,
    solution: Solution,
    size: Tensor,
    horizon: int,
) -> Blend:
    """Judge ways in which levels may move by their forecasts from earlier origins.

    Parameters
    ----------
    data, noise, saturated, solution
        What a fit ended with; only their first member is read. Media are saturated as found
        on all weeks of training, coefficients and levels are solved again at each origin.
    size
        ``[R]`` size of the regions: errors are weighed as they add up in the KPI.
    horizon
        Weeks ahead; 0 takes 8.
    """
    ways = _ways(noise)
    horizon = horizon or _USUAL_HORIZON
    rows = data.sample(_MOST_REGIONS)
    ordinary = _ordinary(data, noise)[rows] > 0
    start, media = solution.repeat(1), saturated[:1, rows]
    square: Tensor | float = 0.0
    forecasts, origins = [], _origins(data.target.shape[1], horizon)
    for origin in origins:
        ahead = slice(origin, origin + horizon)
        known, begin = data.part(rows, origin), start.part(rows, origin)
        columns = torch.cat([media[0], data.fixed[rows]], dim=-1)[:, ahead]
        one = torch.ones_like(known.weight[:1])
        found = []
        for way in ways:
            own = way.part(rows, origin)
            regional, _, last = own.solve(known, one, media[:, :, :origin], begin)
            explained = (columns @ regional[0][..., None])[..., 0]
            found.append(explained + last[:, 0, :, None])
        forecast = torch.stack(found)
        actual = data.target[rows, ahead]
        kpi = (actual * size[rows, None])[ordinary[:, ahead]]
        error = (forecast - actual) * size[rows, None] * ordinary[:, ahead]
        scale = kpi.square().mean().clamp_min(1e-30) if len(kpi) else error.new_ones(())
        square = square + error.square().mean((-1, -2)) / scale
        forecasts.append(forecast)
    if not origins:
        return Blend.of_likelihood(noise)
    root = torch.as_tensor(square).sqrt().clamp_min(1e-12)
    weight = (root / root.min()) ** -_POWER * _belief(len(noise.variance), root)
    weight = weight / weight.sum()
    sizes = []
    for origin, forecast in zip(origins, forecasts, strict=True):
        ahead = slice(origin, origin + horizon)
        mean = torch.einsum("dk,dkrh->rh", weight, forecast)
        error = mean - data.target[rows, ahead]
        spread = _variance(noise.part(rows, origin), horizon).sqrt()
        sizes.append((error / spread).abs()[ordinary[:, ahead]])
    every = torch.cat(sizes)
    return Blend(ways, weight, float(every.quantile(0.9)) if len(every) else None)


def _ways(noise: NoiseModel) -> tuple[Dynamics, ...]:
    """The likelihood's own way first."""
    ways = [Dynamics(noise, pooled=False)]
    if len(noise.variance) == 1:
        return (*ways, *(Dynamics(replace(noise, drift=d), False) for d in _DRIFTS))
    for drift, common, pooled in product(_DRIFTS, _COMMON, (True, False)):
        ratios = replace(noise, drift=drift, common_drift=common, common_shock=common)
        ways.append(Dynamics(ratios, pooled))
    return tuple(ways)


def _belief(regions: int, like: Tensor) -> Tensor:
    """``[D, K]`` before any forecast: the fewer regions, the more the likelihood's own way."""
    others = regions / (regions + _FEW_REGIONS)
    belief = torch.full_like(like, others / like.numel())
    belief[0, 0] += 1.0 - others
    return belief


def _origins(weeks: int, horizon: int) -> list[int]:
    """Origins that leave a horizon to be forecast and enough weeks to learn from."""
    latest, step = weeks - horizon, max(horizon // 2, 1)
    every = range(latest, latest - _ORIGINS * step, -step)
    return [origin for origin in every if origin >= max(_FEWEST_WEEKS, weeks // 3)]


def _ordinary(data: Observations, noise: NoiseModel) -> Tensor:
    """``[R, W]`` 1 where a KPI was observed that is no outlier."""
    return data.observed * (noise.precision > _ORDINARY_WEIGHT)


def _variance(noise: NoiseModel, horizon: int) -> Tensor:
    """Variance ``[R, horizon]`` of a forecast by the likelihood's own way."""
    week, last, drift = Whitening.of(noise).forecast_variance()
    ahead = torch.arange(1, horizon + 1).to(week)
    return (week + last)[:, None] + drift[:, None] * ahead
