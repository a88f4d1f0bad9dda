"""Make channels comparable and take out what they share with the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.panel import Bools, Floats, Panel

_OUTLIER = 4.0
_YEAR_DAYS = 365.25


def region_scale(exposure: Floats) -> Floats:
    """Mean exposure ``[R, C]``; 1 where a channel was never on."""
    mean = exposure.mean(axis=1)
    return np.where(mean > 0.0, mean, 1.0)


def compressed(exposure: Floats) -> Floats:
    """``log(1 + exposure / region's mean)``: keeps zeros apart and tames bursts."""
    return np.log1p(np.maximum(exposure, 0.0) / region_scale(exposure)[:, None, :])


def calendar(weeks: pd.DatetimeIndex) -> Floats:
    """Level, trend and yearly harmonics ``[W, Q]``; fewer harmonics for a short history."""
    years = np.asarray((weeks - weeks[0]).days, dtype=float) / _YEAR_DAYS
    columns = [np.ones_like(years), years - years.mean()]
    for harmonic in range(1, 3 if len(weeks) >= 78 else 2 if len(weeks) >= 40 else 1):
        columns += [np.cos(2 * np.pi * harmonic * years), np.sin(2 * np.pi * harmonic * years)]
    return np.stack(columns, axis=1)


def without(series: Floats, regressors: Floats) -> Floats:
    """What is left of ``series`` ``[R, W, C]`` after least squares, region by region.

    Parameters
    ----------
    series
        ``[R, W, C]``.
    regressors
        ``[W, Q]``, the same in every region.
    """
    basis, _ = np.linalg.qr(regressors)
    return series - np.einsum("wq,vq,rvc->rwc", basis, basis, series, optimize=True)


def standardised(series: Floats) -> Floats:
    """Unit variance within each region, outliers drawn in; constant series become 0."""
    sd = series.std(axis=1, keepdims=True)
    scaled = np.where(sd > 1e-9, series / np.where(sd > 1e-9, sd, 1.0), 0.0)
    clipped = np.clip(scaled, -_OUTLIER, _OUTLIER)
    sd = clipped.std(axis=(0, 1))
    return clipped / np.where(sd > 1e-9, sd, 1.0)


def prepared(panel: Panel) -> Floats:
    """Channels ``[R, W, C]``, standardised, without region means, trend and season."""
    return standardised(without(compressed(panel.exposure), calendar(panel.weeks)))


def demand_proxy(panel: Panel) -> Floats:
    """Standardised KPI ``[R, W, 1]`` without calendar; 0 where it was not observed."""
    seen: Bools = panel.observed
    total = np.where(seen, panel.kpi, 0.0).sum(axis=1, keepdims=True)
    mean = total / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    relative = np.where(seen, panel.kpi / np.where(mean > 0, mean, 1.0) - 1.0, 0.0)
    left = without(relative[:, :, None], calendar(panel.weeks))
    return standardised(np.where(seen[:, :, None], left, 0.0))
