"""How many units of its exposure a driven channel owes to its drivers."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from mmm_model.graph.preparation import freed, region_scale
from mmm_model.panel import Bools, Floats, Panel

_HIGH = 0.995


def unstandardised(panel: Panel, published: Bools, inside: Bools) -> Floats:
    """Coefficients of the published edges, means of the target per mean of the source.

    Non-negative least squares of the target's exposure on its drivers', both over their
    region's mean and freed of the calendar, with the errors' autocorrelation taken out
    (Cochrane & Orcutt): inertia of a plan is not an effect of its driver.

    Parameters
    ----------
    panel
        The data.
    published
        ``[L + 1, N, N]`` (lag, source, target).
    inside
        ``[R, W]`` cells to read.

    Returns
    -------
    Floats
        ``[L + 1, N, N]``, ≥ 0; 0 for edges from or to a control.
    """
    coefficient = np.zeros(published.shape)
    count = len(panel.channels)
    published = published.copy()
    published[:, count:] = published[:, :, count:] = False
    if not published.any():
        return coefficient
    relative = np.maximum(panel.exposure, 0.0) / region_scale(panel.exposure)[:, None, :]
    high = np.quantile(relative[inside], _HIGH, axis=0)
    series = freed(np.minimum(relative, high), panel.weeks, inside)
    lags, weeks = len(published) - 1, series.shape[1]
    valid = inside[:, lags:].copy()
    for lag in range(1, lags + 1):
        valid &= inside[:, lags - lag : weeks - lag]
    for target in np.flatnonzero(published.any(axis=(0, 1))):
        lag_of, source_of = np.nonzero(published[:, :, target])
        drivers = np.stack(
            [
                series[:, lags - lag : weeks - lag, i]
                for lag, i in zip(lag_of, source_of, strict=True)
            ],
            axis=-1,
        )
        driven = series[:, lags:, target]
        found = _least_squares(drivers[valid], driven[valid])
        error = np.where(valid, driven - drivers @ found, 0.0)
        memory = (error[:, 1:] * error[:, :-1]).sum() / max((error**2).sum(), 1e-12)
        both = valid[:, 1:] & valid[:, :-1]
        found = _least_squares(
            (drivers[:, 1:] - memory * drivers[:, :-1])[both],
            (driven[:, 1:] - memory * driven[:, :-1])[both],
        )
        coefficient[lag_of, source_of, target] = found
    return coefficient


def _least_squares(regressors: Floats, target: Floats) -> Floats:
    """Non-negative coefficients of ``target`` ``[n]`` on ``regressors`` ``[n, k]``."""
    gram = regressors.T @ regressors
    root = np.linalg.cholesky(gram + 1e-9 * (1.0 + np.trace(gram)) * np.eye(len(gram)))
    solution, _ = nnls(root.T, np.linalg.solve(root, regressors.T @ target))
    return np.asarray(solution, dtype=float)
