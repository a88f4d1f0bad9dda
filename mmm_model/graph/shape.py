"""How far a distribution is from Gaussian."""

from __future__ import annotations

import numpy as np

from mmm_model.panel import Floats

# Hyvärinen's (1998) approximation of negentropy; the last is E log cosh of a Gaussian.
_PEAKED, _SKEWED, _GAUSSIAN = 79.047, 7.4129, 0.37457


def negentropy(u: Floats) -> Floats:
    """Nats by which each standardised column of ``u`` ``[N, K]`` falls short of a Gaussian's.

    Parameters
    ----------
    u
        Mean 0, variance 1.

    References
    ----------
    Hyvärinen (1998), "New Approximations of Differential Entropy for Independent Component
    Analysis and Projection Pursuit".
    """
    size = np.abs(u)
    peaked = (size + np.log1p(np.exp(-2.0 * size))).mean(axis=0) - np.log(2.0)
    skewed = (u * np.exp(-0.5 * u**2)).mean(axis=0)
    return _PEAKED * (peaked - _GAUSSIAN) ** 2 + _SKEWED * skewed**2


def shape_gain(u: Floats, rows: float) -> Floats:
    """−2 log-likelihood saved by a non-Gaussian density of ``u`` ``[N, K]``, by BIC.

    The two numbers that describe its shape must pay for themselves, else it is Gaussian.

    Parameters
    ----------
    u
        Mean 0, variance 1.
    rows
        Number of independent rows that the data behind ``u`` is worth.
    """
    rows = min(rows, float(len(u)))
    gain = 2.0 * rows * negentropy(u.astype(np.float32)) - 2.0 * np.log(rows)
    return np.maximum(gain, 0.0).astype(float)
