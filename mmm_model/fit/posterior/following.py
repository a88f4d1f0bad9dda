"""Plans that follow demand: what the demand we see says about the demand we do not.

A plan (log exposure z) that follows the visible demand v (season, trend, level) with slope phi
is expected to follow unseen demand d (the AR part of V) as well, delta times as strongly
(proportional selection on observed and unobserved; Altonji, Elder and Taber 2005, Oster 2019):

    z_c = phi_c (v + delta_c d) + own_c      =>      E[d | z] = sd_d^2 sum_c delta_c gamma_c z_c

with gamma = cov(z - phi v)^-1 phi. So V gets a column ``sd_d^2 gamma_c (z_c - phi_c v)`` per
channel, whose coefficient delta_c has a prior mean above zero.
"""

from __future__ import annotations

import numpy as np

from mmm_model.panel import Floats

_RIDGE = 0.02
_LARGEST_LOG = 3.0


def log_plans(exposure: Floats) -> Floats:
    """Log exposure ``[R, W, C]`` around its mean in the weeks that ran; 0 elsewhere."""
    on = exposure > 0
    log = np.log(np.where(on, exposure, 1.0))
    mean = log.sum(1, keepdims=True) / np.maximum(on.sum(1, keepdims=True), 1)
    return np.where(on, np.clip(log - mean, -_LARGEST_LOG, _LARGEST_LOG), 0.0)


def following_columns(plan: Floats, visible: Floats) -> Floats:
    """Columns ``[R, W, C]`` of V, for unseen demand of unit variance.

    Parameters
    ----------
    plan
        ``[R, W, C]`` from `log_plans`.
    visible
        ``[R, W]`` visible demand over the KPI.
    """
    on = plan != 0
    seen = np.where(on, visible[..., None], 0.0)
    mean = seen.sum(1, keepdims=True) / np.maximum(on.sum(1, keepdims=True), 1)
    seen = np.where(on, seen - mean, 0.0)
    slope = np.array([_slope(plan[..., c], seen[..., c]) for c in range(plan.shape[2])])
    own = plan - slope * seen
    flat = own.reshape(-1, own.shape[2])
    count = np.maximum(on.sum((0, 1)), 1)
    cov = flat.T @ flat / np.sqrt(np.outer(count, count))
    cov = cov + _RIDGE * np.diag(np.diag(cov) + 1e-6)
    return own * np.linalg.solve(cov, slope)


def _slope(plan: Floats, seen: Floats) -> float:
    """Slope of the regions' mean plan on their mean visible demand, drawn to zero by its error."""
    z, v = plan.mean(0), seen.mean(0)
    square = v @ v
    if square < 1e-12 or not z.any():
        return 0.0
    slope = float(z @ v / square)
    rest = z - slope * v
    rho = np.clip(rest[1:] @ rest[:-1] / max(rest @ rest, 1e-12), 0.0, 0.9)
    error = (rest @ rest) / len(z) / square * (1.0 + rho) / (1.0 - rho)
    return slope * max(0.0, 1.0 - error / max(slope**2, 1e-12))
