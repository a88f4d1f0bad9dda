"""Linear algebra of the fit, batched over members and regions.

What is linear in the equation is solved, not searched: the innovations of a drifting level
by a Kalman filter, the coefficients by ridge regression with bounds.
"""

from __future__ import annotations

import torch
from torch import Tensor


def drift_covariance(weeks: int, drift: Tensor, start: float) -> Tensor:
    """Covariance of a random walk, ``[weeks, weeks]``: ``start + drift · min(s, t)``."""
    t = torch.arange(1, weeks + 1, dtype=drift.dtype, device=drift.device)
    return start + drift * torch.minimum(t[:, None], t[None, :])


def innovations(drift: float, start: float, precision: Tensor) -> tuple[Tensor, Tensor]:
    """Filter that turns a drifting series with noise into independent innovations.

    The rows are those of the Kalman filter of a random walk, written out: the forecast of a
    week weighs an earlier one by its gain, faded by the gains in between.

    Parameters
    ----------
    drift, start
        Variance of a week's step and of the level before the first week, relative to the noise.
    precision
        ``[R, W]`` inverse variance of the noise; 0 where the series was not observed.

    Returns
    -------
    filter
        ``[R, W, W]`` lower triangular A: ``A(y − mean)`` has unit variance; rows and columns
        of weeks that were not observed are zero.
    log_determinant
        ``[R]`` of the covariance of the observed weeks.
    """
    one = torch.ones_like(precision[:, 0])
    step, level, levels = drift * one, (start + drift) * one, []
    for known in precision.unbind(1):
        levels.append(level)
        level = torch.addcdiv(step, level, torch.addcmul(one, level, known))
    before_week, seen = torch.stack(levels, dim=1), precision > 0
    strength = before_week * precision
    gain = strength / (1.0 + strength)
    variance = torch.where(seen, (1.0 + strength) / precision, torch.ones_like(precision))
    faded = torch.log1p(-gain).cumsum(1)
    before = torch.nn.functional.pad(faded[:, :-1], (1, 0))
    # In place: for a large panel this is the largest array of all.
    filters = (before[:, :, None] - faded[:, None, :]).clamp_(max=0.0).exp_().tril_(-1)
    filters.mul_(-gain[:, None, :])
    filters.diagonal(dim1=1, dim2=2).fill_(1.0)
    filters.mul_((seen * variance.rsqrt())[:, :, None])
    return filters, variance.log().sum(1)


def bounded_ridge(gram: Tensor, moment: Tensor, bounded: Tensor, rounds: int = 12) -> Tensor:
    """Minimise ``½ θ'Gθ − h'θ`` with some θ ≥ 0, by block pivoting (Kim and Park, 2011).

    Parameters
    ----------
    gram
        ``[..., P, P]`` positive definite.
    moment
        ``[..., P]``.
    bounded
        ``[P]`` True where θ must not be negative.
    rounds
        Exchanges between the free and the bound set; the set settles in a few.
    """
    eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    size = gram.diagonal(dim1=-2, dim2=-1).clamp_min(1e-30).rsqrt()
    gram = gram * size[..., :, None] * size[..., None, :] + 1e-9 * eye
    moment = moment * size
    free = torch.ones_like(moment)
    for _ in range(rounds):
        masked = gram * free[..., :, None] * free[..., None, :] + torch.diag_embed(1 - free)
        theta = torch.linalg.solve(masked, moment * free)
        gradient = (gram @ theta[..., None])[..., 0] - moment
        wrong = bounded & torch.where(free > 0, theta < 0, gradient < 0)
        free = torch.where(wrong, 1 - free, free)
    return torch.where(bounded, theta.clamp_min(0.0), theta) * size
