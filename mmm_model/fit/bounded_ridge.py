"""Ridge regression with coefficients that must not be negative."""

from __future__ import annotations

import torch
from torch import Tensor


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
