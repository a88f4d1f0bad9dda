"""Sparse structural equations with an acyclic same-week part, many fits in one computation.

x_t = x_t W + Σ_lag x_{t−lag} A_lag + u_t is fitted from second moments alone, so that a
refit on resampled weeks costs a weighted sum and no pass over the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmm_model.graph.acyclicity import acyclicity

_STEPS = 120
_MULTIPLIERS = (0.0, 0.3, 3.0, 30.0, 300.0)


@dataclass(frozen=True)
class Moments:
    """Second moments of B samples of one panel.

    Parameters
    ----------
    gram
        ``[B, P, P]`` mean products of the columns (lag 0 of all channels, lag 1 of all, …),
        P = (L + 1) · C.
    channels
        C.
    """

    gram: Tensor
    channels: int

    @property
    def lags(self) -> int:
        """Longest lag L."""
        return self.gram.shape[-1] // self.channels - 1


def fit_structures(moments: Moments, allowed: Tensor, penalty: Tensor) -> Tensor:
    """Fit every sample's structural equations.

    The Gaussian likelihood with an error variance per channel, an L1 penalty on all edges
    but a channel's own lags, and NOTEARS' penalty on same-week cycles (DYNOTEARS, Pamfil
    et al. 2020; likelihood as in GOLEM-NV, Ng et al. 2020), by Adam with proximal steps.

    Parameters
    ----------
    moments
        B samples.
    allowed
        ``[C, C]`` or ``[B, C, C]`` pairs (source, target) that may be an edge.
    penalty
        ``[B]`` weight of the L1 penalty.

    Returns
    -------
    Tensor
        ``[B, L + 1, C, C]`` weights (lag, source, target); own lags included.
    """
    gram, c = moments.gram, moments.channels
    batch, columns = gram.shape[0], gram.shape[-1]
    free, penalised = _masks(allowed, moments.lags)
    theta = torch.zeros(batch, columns, c, dtype=gram.dtype)
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    threshold = penalty[:, None, None] * penalised
    step = 0
    for multiplier in _MULTIPLIERS:
        for i in range(_STEPS):
            step += 1
            rate = 0.03 * (1.0 - 0.9 * i / _STEPS)
            _, cross, variance = _residual(gram, theta, c)
            gradient = -cross / variance[:, None, :]
            if multiplier:
                _, pull = acyclicity(theta[:, :c])
                gradient[:, :c] += multiplier * pull
            gradient = gradient * free
            first = 0.9 * first + 0.1 * gradient
            second = 0.99 * second + 0.01 * gradient**2
            pace = rate / ((second / (1 - 0.99**step)).sqrt() + 1e-3)
            theta = theta - pace * first / (1 - 0.9**step)
            theta = theta.sign() * (theta.abs() - pace * threshold).clamp_min(0.0)
    return theta.reshape(batch, moments.lags + 1, c, c)


def log_likelihood(moments: Moments, theta: Tensor) -> Tensor:
    """Mean Gaussian log-likelihood ``[B]`` per week of weights on other samples.

    The error variances are those of the samples in ``moments``.
    """
    _, _, variance = _residual(moments.gram, theta.flatten(1, 2), moments.channels)
    return -0.5 * variance.log().sum(dim=-1)


def _residual(gram: Tensor, theta: Tensor, c: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return I − Θ, its products with every column, and the error variances ``[B, C]``."""
    design = -theta
    design[:, :c] += torch.eye(c, dtype=gram.dtype)
    cross = gram @ design
    variance = (design * cross).sum(dim=1).clamp_min(1e-6)
    return design, cross, variance


def _masks(allowed: Tensor, lags: int) -> tuple[Tensor, Tensor]:
    """Return which weights are free and which are penalised, ``[…, P, C]`` both."""
    own = torch.eye(allowed.shape[-1], dtype=torch.bool)
    free = torch.cat([allowed, *[allowed | own] * lags], dim=-2)
    penalised = torch.cat([allowed, *[allowed] * lags], dim=-2)
    return free.double(), penalised.double()
