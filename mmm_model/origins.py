"""Forecasts from inside the weeks of training, to learn how wide intervals must be.

The variances of noise and drift are those of a week. How far off a forecast over many weeks
is, with coefficients that did not see these weeks, is measured: at a few earlier origins.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmm_model.noise import NoiseModel
from mmm_model.observations import Observations
from mmm_model.solving import Solution

_ORIGINS = 4
_FEWEST_WEEKS = 12
_MOST_REGIONS = 64
_USUAL_HORIZON = 8
# An outlier in the weeks to be forecast says little about the other weeks.
_ORDINARY_WEIGHT = 0.2


def surprise_ahead(
    data: Observations, noise: NoiseModel, saturated: Tensor, solution: Solution, horizon: int
) -> float | None:
    """Standard deviations that nine forecast weeks in ten stay within.

    Parameters
    ----------
    data, noise, saturated, solution
        What a fit ended with; only their first member is read. Media are saturated as found
        on all weeks of training, coefficients and levels are solved again at each origin.
    horizon
        Weeks ahead; 0 takes 8.

    Returns
    -------
    float or None
        None where the weeks of training are too few for an origin.
    """
    weeks, horizon = data.target.shape[1], horizon or _USUAL_HORIZON
    # In the order of their noise: a sample that does not depend on the order of the table.
    stride = -(-len(noise.variance) // _MOST_REGIONS)
    rows = noise.variance.argsort(stable=True)[::stride]
    ordinary = data.observed * (noise.precision > _ORDINARY_WEIGHT)
    latest, step = weeks - horizon, max(horizon // 2, 1)
    sizes = []
    for origin in range(latest, latest - _ORIGINS * step, -step):
        if origin < max(_FEWEST_WEEKS, weeks // 3):
            break
        error = _standard_error(data, noise, saturated[:1], solution, rows, origin, horizon)
        sizes.append(error.abs()[ordinary[rows, origin : origin + horizon] > 0])
    found = torch.cat(sizes) if sizes else ordinary.new_zeros(0)
    return float(found.quantile(0.9)) if len(found) else None


def _standard_error(
    data: Observations,
    noise: NoiseModel,
    saturated: Tensor,
    solution: Solution,
    rows: Tensor,
    origin: int,
    horizon: int,
) -> Tensor:
    """Error of the forecast from an origin over its standard deviation, ``[rows, horizon]``."""
    end = origin + horizon
    known = data.part(rows, origin)
    start = solution.repeat(1).part(rows, origin)
    media = saturated[:, rows]
    problem = known.problem(noise.part(rows, origin), torch.ones_like(known.weight[:1]))
    past = media[:, :, :origin]
    found = problem.solve(past, known.prior(past, start), start)
    innovation = problem.innovation(problem.design(past), found.regional, found.common)
    whitening = problem.whitening
    level = whitening.level(innovation, end)[0] + whitening.common_level(found.common, end)
    columns = torch.cat([media[0], data.fixed[rows]], dim=-1)[:, origin:end]
    explained = (columns @ found.regional[0][..., None])[..., 0]
    week, last, drift = whitening.forecast_variance()
    ahead = torch.arange(1, horizon + 1).to(week)
    variance = (week + last)[:, None] + drift[:, None] * ahead
    return (explained + level[:, origin:] - data.target[rows, origin:end]) / variance.sqrt()
