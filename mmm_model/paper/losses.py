"""What the paper's model minimises: the terms of one loss, each ``[M]``, a value a member.

    Huber(y − ŷ) + structure(A) + α h(A) + ½ ρ h(A)² + λ₁ |A| + λ₂ ‖θ‖²

Members never mix, so the sum over members trains each of them as if it were alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mmm_model.paper.network import PaperEquation

# Standard deviations of the KPI within its region beyond which an error counts by its size alone.
_HUBER = 1.0
# Weight of the structural equations of one channel beside the KPI.
_STRUCTURE = 0.05
# Price of an edge, in explained variance of the channel that it drives.
_EDGE_PRICE = 0.05
# Prior deviations of a parameter: what the L2 norm counts as one.
_SPREADS = {
    "gru_read": 0.5,
    "gru_hidden": 0.5,
    "gru_bias": 1.0,
    "media_readout": 0.5,
    "media_ceiling": 1.0,
    "control_readout": 0.5,
    "control_bias": 1.0,
    "control_ceiling": 1.0,
    "region_scale": 1.0,
    "region_trend": 0.1,
    "season_common": 0.2,
    "season_own": 0.05,
}


def huber(error: Tensor, weight: Tensor) -> Tensor:
    """Mean Huber loss (1964) of errors ``[M, R, W]`` in standard deviations, by their weights."""
    size = error.abs()
    loss = torch.where(size <= _HUBER, 0.5 * error.square(), _HUBER * (size - 0.5 * _HUBER))
    return (weight * loss).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1.0)


def acyclicity(adjacency: Tensor) -> Tensor:
    """``h(A) = tr exp(A ∘ A) − C``: zero where ``[M, C, C]`` has no cycle (Zheng et al., 2018)."""
    powers = torch.linalg.matrix_exp(adjacency.square())
    return powers.diagonal(dim1=1, dim2=2).sum(1) - adjacency.shape[-1]


def structure(adjacency: Tensor, share: Tensor, driven: Tensor, calendar: Tensor) -> Tensor:
    """Squared error of every channel's structural equation, over the channel's variance.

    A channel's exposure is explained by the saturated adstock of the others: of two channels that
    move together the one that moves later is driven. Both are freed of level and season.

    Parameters
    ----------
    adjacency
        ``[M, C, C]`` (source, target) standard deviations of the target per one of the source.
    share
        ``[M, R, W, C]``.
    driven
        ``[R, W, C]`` exposure, freed of the calendar and standardised.
    calendar
        ``[W, Q]`` orthonormal columns: level, sines and cosines.
    """
    m, r, w, c = share.shape
    free = share - calendar @ (calendar.T @ share)
    sources, targets = free.reshape(m, r * w, c), driven.reshape(r * w, c)
    among = sources.transpose(1, 2) @ sources
    across = sources.transpose(1, 2) @ targets
    size = among.diagonal(dim1=1, dim2=2).clamp_min(1e-8).sqrt()
    step = adjacency / size[..., None] * len(targets) ** 0.5
    explained = 2.0 * (step * across).sum((1, 2)) - (step * (among @ step)).sum((1, 2))
    return _STRUCTURE * (targets.square().sum() - explained) / len(targets) / max(c, 1)


def edge_price(adjacency: Tensor) -> Tensor:
    """L1 norm of ``[M, C, C]``, in the units of `structure`."""
    return _STRUCTURE * _EDGE_PRICE * adjacency.abs().sum((1, 2)) / adjacency.shape[-1]


def shrinkage(equation: PaperEquation, centres: Mapping[str, Tensor], cells: float) -> Tensor:
    """L2 norm of the parameters about where they are expected, as a cell's share of a prior.

    Parameters
    ----------
    centres
        Of the parameters that are not expected at zero.
    cells
        Number of region-weeks that the mean loss is of.
    """
    spreads = _SPREADS | {p.name: p.prior.spread for p in equation.shape_parameters}
    total = equation.adjacency.new_zeros(len(equation.adjacency))
    for name, spread in spreads.items():
        value = getattr(equation, name)
        distance = (value - centres[name] if name in centres else value) / spread
        total = total + 0.5 * distance.square().flatten(1).sum(1)
    return total / cells
