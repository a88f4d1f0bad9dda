"""Forecasts from inside the weeks of training: which level dynamics to believe, and how far.

Every way in which levels may move is solved again on the weeks before a few earlier origins and
forecasts the weeks after them, whose KPI is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.fit.estimate import Estimate
from mmm_model.fit.level_dynamics import Blend, ordinary_weeks, ways
from mmm_model.fit.noise import NoiseModel, Whitening

# A forecast with half the error counts sixteen times as much: soft, for origins are few.
_POWER = 4.0
# Origins side by side tell of one stretch of weeks; far apart, of how levels usually move.
_ORIGINS = 8
_FEWEST_WEEKS = 12
# More regions hardly say more about how levels move.
_MOST_REGIONS = 200
_USUAL_HORIZON = 8


@dataclass(frozen=True)
class Window:
    """H weeks that D ways forecast with K ways of carrying the level forward, R' regions.

    Parameters
    ----------
    forecast
        ``[D, K, R', H]`` KPI in units of the region's size.
    actual
        ``[R', H]`` what it was.
    ordinary
        ``[R', H]`` whether it was observed and no outlier.
    deviation
        ``[R', H]`` standard deviation of a forecast by the likelihood's own way.
    """

    forecast: Tensor
    actual: Tensor
    ordinary: Tensor
    deviation: Tensor

    def relative_square(self, size: Tensor) -> Tensor:
        """Mean squared error over the mean squared KPI, ``[D, K]``, of regions sized ``[R']``."""
        kpi = (self.actual * size[:, None])[self.ordinary]
        error = (self.forecast - self.actual) * size[:, None] * self.ordinary
        scale = kpi.square().mean().clamp_min(1e-30) if len(kpi) else error.new_ones(())
        return error.square().mean((-1, -2)) / scale

    def surprises(self, weight: Tensor) -> Tensor:
        """``[n]`` errors of the mean with weights ``[D, K]``, in standard deviations."""
        mean = torch.einsum("dk,dkrh->rh", weight, self.forecast)
        return ((mean - self.actual) / self.deviation).abs()[self.ordinary]


def blend(estimate: Estimate, saturated: Tensor, size: Tensor, horizon: int) -> Blend:
    """Judge ways in which levels may move by their forecasts from earlier origins.

    Parameters
    ----------
    estimate
        What a fit ended with; only its first member is read.
    saturated
        ``[M, R, W, C]`` media, saturated as found on all weeks of training; coefficients and
        levels are solved again at each origin.
    size
        ``[R]`` size of the regions: errors are weighed as they add up in the KPI.
    horizon
        Weeks ahead; 0 takes 8.
    """
    horizon = horizon or _USUAL_HORIZON
    rows = estimate.data.sample(_MOST_REGIONS)
    past = origins(estimate.data.target.shape[1], horizon)
    if not past:
        return Blend.of_likelihood(estimate.noise)
    media = saturated[:1, rows]
    windows = [_window(estimate, media, rows, origin, horizon) for origin in past]
    weight = _weight(windows, size[rows], len(size))
    every = torch.cat([window.surprises(weight) for window in windows])
    surprise = float(every.quantile(0.9)) if len(every) else None
    return Blend(ways(estimate.noise), weight, surprise)


def _window(estimate: Estimate, media: Tensor, rows: Tensor, origin: int, horizon: int) -> Window:
    """Forecast the weeks after an origin.

    Parameters
    ----------
    media
        ``[1, R', W, C]`` saturated media of the regions ``rows``.
    """
    data, noise = estimate.data, estimate.noise
    ahead = slice(origin, origin + horizon)
    known = data.part(rows, origin).first
    start = estimate.solution.repeat(1).part(rows, origin)
    columns = torch.cat([media[0], data.fixed[rows]], dim=-1)[:, ahead]  # [R', H, P]
    forecasts = []
    for way in ways(noise):
        found = way.part(rows, origin).solve(known, media[:, :, :origin], start)
        explained = (columns @ found.regional[0][..., None])[..., 0]  # [R', H]
        forecasts.append(explained + found.last[:, 0, :, None])  # [K, R', H]
    return Window(
        forecast=torch.stack(forecasts),
        actual=data.target[rows, ahead],
        ordinary=ordinary_weeks(data, noise)[rows, ahead] > 0,
        deviation=_variance(noise.part(rows, origin), horizon).sqrt(),
    )


def _weight(windows: Sequence[Window], size: Tensor, regions: int) -> Tensor:
    """``[D, K]`` how far each way is believed: what is believed before, by how well it forecast."""
    squares = [window.relative_square(size) for window in windows]
    root = torch.stack(squares).sum(0).sqrt().clamp_min(1e-12)
    weight = (root / root.min()) ** -_POWER * _belief(regions, root)
    return weight / weight.sum()


def _belief(regions: int, like: Tensor) -> Tensor:
    """``[D, K]`` before any forecast: the fewer regions, the more the likelihood's own way."""
    others = regions / (regions + priors.FEW_REGIONS)
    belief = torch.full_like(like, others / like.numel())
    belief[0, 0] += 1.0 - others
    return belief


def origins(weeks: int, horizon: int) -> list[int]:
    """Origins that leave a horizon to be forecast and enough weeks to learn from, the last first.

    They are spread over the weeks, half a horizon apart at least.
    """
    latest, first = weeks - horizon, max(_FEWEST_WEEKS, weeks // 3)
    if latest < first:
        return []
    count = min(_ORIGINS, 1 + (latest - first) // max(horizon // 2, 1))
    return np.linspace(latest, first, count).round().astype(int).tolist()


def _variance(noise: NoiseModel, horizon: int) -> Tensor:
    """Variance ``[R', horizon]`` of a forecast by the likelihood's own way."""
    week, last, drift = Whitening.of(noise).forecast_variance()
    ahead = torch.arange(1, horizon + 1).to(week)
    return (week + last)[:, None] + drift[:, None] * ahead
