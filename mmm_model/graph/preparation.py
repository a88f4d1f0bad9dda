"""Make channels comparable and take out what they share with the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.panel import Bools, Floats, Panel

_OUTLIER = 4.0
_YEAR_DAYS = 365.25
_MIN_WEEKS = 26
_MIN_REGIONS = 5


def region_scale(exposure: Floats) -> Floats:
    """Mean exposure ``[R, C]`` of a region's channel; 1 where it was never on."""
    mean = exposure.mean(axis=1)
    return np.where(mean > 0.0, mean, 1.0)


def alive(exposure: Floats) -> Bools:
    """``[R, W]``; False before a region's first and after its last week of any media.

    Before a late start every channel is at zero together, which says nothing of edges.
    Regions with too few weeks are left out altogether.
    """
    on: Bools = np.asarray((exposure > 0.0).any(axis=-1))
    started = np.maximum.accumulate(on, axis=1)
    not_ended = np.maximum.accumulate(on[:, ::-1], axis=1)[:, ::-1]
    inside: Bools = np.logical_and(started, not_ended)
    return np.logical_and(inside, inside.sum(axis=1, keepdims=True) >= _MIN_WEEKS)


def with_past(inside: Bools, lags: int) -> Bools:
    """``[R, W − L]`` weeks that are ``inside`` ``[R, W]`` with all their lags up to L."""
    weeks = inside.shape[1]
    valid = inside[:, lags:].copy()
    for lag in range(1, lags + 1):
        valid &= inside[:, lags - lag : weeks - lag]
    return valid


def channel_series(panel: Panel, inside: Bools) -> Floats:
    """Channels ``[R, W, C]`` on a log-like scale, freed of the calendar, unit variance.

    ``log(1 + exposure / mean)`` keeps zeros apart and tames bursts. Region means, trend and
    season go, and with enough regions whatever all of them did in the same week: a national
    event or a wave of demand moves many channels at once without one driving another.
    """
    relative = np.maximum(panel.exposure, 0.0) / region_scale(panel.exposure)[:, None, :]
    return standardised(freed(np.log1p(relative), panel.weeks, inside), inside)


def node_series(panel: Panel, inside: Bools) -> Floats:
    """Channels and then controls ``[R, W, C + K]``, freed of the calendar, unit variance."""
    controls = standardised(freed(panel.control, panel.weeks, inside), inside)
    return np.concatenate([channel_series(panel, inside), controls], axis=-1)


def demand_proxy(panel: Panel, inside: Bools) -> Floats:
    """KPI ``[R, W, 1]`` relative to its region, freed of the calendar; 0 where unobserved.

    Its past foretells demand, which both plans and searches follow.
    """
    seen = panel.observed & inside
    total = np.where(seen, panel.kpi, 0.0).sum(axis=1, keepdims=True)
    mean = total / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    relative = panel.kpi / np.where(mean > 0.0, mean, 1.0)
    return standardised(freed(relative[:, :, None], panel.weeks, seen), seen)


def freed(series: Floats, weeks: pd.DatetimeIndex, inside: Bools) -> Floats:
    """``[R, W, C]`` without region means, trend, season and common weeks; 0 outside."""
    regressors = calendar(weeks)
    left = np.zeros_like(series)
    patterns, pattern_of = np.unique(inside, axis=0, return_inverse=True)
    for position, pattern in enumerate(patterns):
        if pattern.sum() <= 2 * regressors.shape[1]:
            continue
        regions = np.flatnonzero(pattern_of == position)
        basis, _ = np.linalg.qr(regressors[pattern])
        part = series[regions][:, pattern]
        part = part - basis @ (basis.T @ part)
        left[np.ix_(regions, np.flatnonzero(pattern))] = part
    if len(series) >= _MIN_REGIONS:
        count = np.maximum(inside.sum(axis=0), 1)[:, None]
        left = np.where(inside[:, :, None], left - left.sum(axis=0) / count, 0.0)
    return left


def calendar(weeks: pd.DatetimeIndex) -> Floats:
    """Level, trend and yearly harmonics ``[W, Q]``; fewer harmonics for a short history."""
    years = np.asarray((weeks - weeks[0]).days, dtype=float) / _YEAR_DAYS
    columns = [np.ones_like(years), years - years.mean()]
    for harmonic in range(1, 3 if len(weeks) >= 78 else 2 if len(weeks) >= 40 else 1):
        columns += [np.cos(2 * np.pi * harmonic * years), np.sin(2 * np.pi * harmonic * years)]
    return np.stack(columns, axis=1)


def standardised(series: Floats, inside: Bools) -> Floats:
    """Unit variance over the weeks inside, outliers drawn in; constant series become 0."""
    count = np.maximum(inside.sum(axis=1), 1)[:, None, None]
    sd = np.sqrt((series**2).sum(axis=1, keepdims=True) / count)
    varies = sd > 1e-6
    clipped = np.clip(
        np.where(varies, series / np.where(varies, sd, 1.0), 0.0), -_OUTLIER, _OUTLIER
    )
    overall = np.sqrt((clipped**2).sum(axis=(0, 1)) / max(int(inside.sum()), 1))
    return clipped / np.where(overall > 1e-6, overall, 1.0)
