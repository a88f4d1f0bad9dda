"""Linear algebra of the fit, batched over members and regions.

What is linear in the equation is solved, not searched: the innovations of a drifting level
by a Cholesky factor, the coefficients by ridge regression with bounds.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Cells of filters that are worked on at once, so that a large panel fits in memory.
_FILTER_CELLS = 4_000_000


def drift_covariance(weeks: int, drift: Tensor, start: float) -> Tensor:
    """Covariance of a random walk, ``[weeks, weeks]``: ``start + drift · min(s, t)``."""
    t = torch.arange(1, weeks + 1, dtype=drift.dtype, device=drift.device)
    return start + drift * torch.minimum(t[:, None], t[None, :])


def innovations(covariance: Tensor, precision: Tensor) -> tuple[Tensor, Tensor]:
    """Filter that turns a drifting series with noise into independent innovations.

    Parameters
    ----------
    covariance
        ``[W, W]`` of the level, relative to the noise.
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
    weeks = len(covariance)
    eye = torch.eye(weeks, dtype=covariance.dtype, device=covariance.device)
    filters = covariance.new_empty(len(precision), weeks, weeks)
    log_determinant = covariance.new_empty(len(precision))
    size = max(_FILTER_CELLS // weeks**2, 1)
    for first in range(0, len(precision), size):
        rows = slice(first, first + size)
        known = precision[rows]
        seen = (known > 0).to(covariance.dtype)
        noise = torch.where(known > 0, 1.0 / known.clamp_min(1e-12), torch.ones_like(known))
        both = seen[:, :, None] * seen[:, None, :]
        factor = torch.linalg.cholesky(both * covariance + torch.diag_embed(noise))
        inverse = torch.linalg.solve_triangular(factor, eye.expand_as(factor), upper=False)
        torch.mul(inverse, both, out=filters[rows])
        log_determinant[rows] = 2 * factor.diagonal(dim1=1, dim2=2).log().sum(1)
    return filters, log_determinant


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
