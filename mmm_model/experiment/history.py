"""The history that a test is read against: KPI of regions, or of the nation beside its calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.panel import Bools, Floats, Panel

_MOSTLY = 0.9
"""Least share of periods with a KPI of a region that may take part."""

_YEAR = 365.25


def steady(kpi: Floats, observed: Bools, last: int = 4) -> Bools:
    """``[R]`` regions whose KPI ``[R, T]`` is known nearly always, and in the last periods."""
    recent = observed[:, observed.shape[1] - last :].all(axis=1)
    return np.asarray((observed.mean(axis=1) >= _MOSTLY) & recent & (kpi.sum(axis=1) > 0))


def steady_regions(panel: Panel) -> Bools:
    """As `steady`, of a panel."""
    return steady(panel.kpi, panel.observed)


def filled(kpi: Floats, observed: Bools, regions: Bools) -> Floats:
    """KPI ``[R, T]`` of steady ``regions``; what one lacks is filled as the others moved.

    Only the past is filled so, and little of it; what a test itself lacks never is. Other regions
    are zero.
    """
    known = np.where(observed, kpi, np.nan)[regions]
    usual = np.nanmean(known, axis=1, keepdims=True)
    level = np.nan_to_num(np.nanmean(known / usual, axis=0))  # [T] of all that are known
    full = np.zeros_like(kpi)
    full[regions] = np.where(np.isnan(known), usual * level, known)
    return full


def filled_kpi(panel: Panel, regions: Bools) -> Floats:
    """As `filled`, of a panel."""
    return filled(panel.kpi, panel.observed, regions)


def calendar(days: pd.DatetimeIndex) -> Floats:
    """What moves a nation's KPI by the calendar, ``[T, K]``: level, trend, two waves a year.

    Fewer than two years tell no season from a trend, and get a level and a trend alone.
    """
    passed = np.asarray((days - days[0]).days, dtype=float)
    columns = [np.ones(len(days)), passed / _YEAR]
    if passed[-1] >= 2 * _YEAR - 14:
        for wave in (1, 2):
            angle = 2 * np.pi * wave * passed / _YEAR
            columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def weekdays(days: pd.DatetimeIndex) -> Floats:
    """``[T, 6]`` what each day of the week has more than a Sunday; 0 columns of weekly data."""
    if len(days) < 2 or (days[1] - days[0]).days != 1:
        return np.zeros((len(days), 0))
    return np.asarray(days.weekday.to_numpy()[:, None] == np.arange(6), dtype=float)
