"""How many units of its exposure a driven channel owes to its drivers."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from mmm_model.graph.preparation import freed, region_scale, with_past
from mmm_model.panel import Bools, Floats, Panel

_HIGH = 0.995  # quantile beyond which a burst counts no further


def unstandardised(panel: Panel, published: Bools, inside: Bools) -> Floats:
    """Coefficients of the published edges, means of the target per mean of the source.

    Non-negative least squares of the target's exposure on its drivers', both over their
    region's mean and freed of the calendar.

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
    series = freed(np.minimum(relative, high), panel.weeks, inside)  # [R, W, C]
    lags, weeks = len(published) - 1, series.shape[1]
    valid = with_past(inside, lags)
    for target in np.flatnonzero(published.any(axis=(0, 1))):
        lag_of, source_of = np.nonzero(published[:, :, target])
        drivers = np.stack(
            [
                series[:, lags - lag : weeks - lag, source]
                for lag, source in zip(lag_of, source_of, strict=True)
            ],
            axis=-1,
        )
        found = _without_inertia(drivers, series[:, lags:, target], valid)
        coefficient[lag_of, source_of, target] = found
    return coefficient


def _without_inertia(drivers: Floats, driven: Floats, valid: Bools) -> Floats:
    """Coefficients ``[k]`` with the errors' autocorrelation taken out (Cochrane & Orcutt, 1949).

    Inertia of a plan is not an effect of its driver.

    Parameters
    ----------
    drivers, driven
        ``[R, T, k]`` and ``[R, T]``.
    valid
        ``[R, T]`` rows to read.
    """
    found = _least_squares(drivers[valid], driven[valid])
    error = np.where(valid, driven - drivers @ found, 0.0)
    memory = (error[:, 1:] * error[:, :-1]).sum() / max((error**2).sum(), 1e-12)
    both = valid[:, 1:] & valid[:, :-1]
    return _least_squares(
        (drivers[:, 1:] - memory * drivers[:, :-1])[both],
        (driven[:, 1:] - memory * driven[:, :-1])[both],
    )


def _least_squares(regressors: Floats, target: Floats) -> Floats:
    """Non-negative coefficients of ``target`` ``[n]`` on ``regressors`` ``[n, k]``."""
    gram = regressors.T @ regressors
    root = np.linalg.cholesky(gram + 1e-9 * (1.0 + np.trace(gram)) * np.eye(len(gram)))
    solution, _ = nnls(root.T, np.linalg.solve(root, regressors.T @ target))
    return np.asarray(solution, dtype=float)
