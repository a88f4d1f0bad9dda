"""The history that a test is read against: KPI of regions, or of the nation beside its calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.panel import Bools, Floats, Panel

_MOSTLY = 0.9
"""Least share of weeks with a KPI of a region that may take part."""

_YEAR = 365.25


def steady_regions(panel: Panel) -> Bools:
    """``[R]`` regions whose KPI is known in nearly every week, and in the last ones."""
    known = panel.observed.mean(axis=1) >= _MOSTLY
    return np.asarray(known & panel.observed[:, -4:].all(axis=1) & (panel.kpi.sum(axis=1) > 0))


def filled_kpi(panel: Panel, steady: Bools) -> Floats:
    """KPI ``[R, W]``; a week that a steady region lacks is filled as the others moved.

    Only the past is filled so, and little of it; the weeks of a test never are.
    """
    kpi = np.where(panel.observed, panel.kpi, np.nan)
    usual = np.nanmean(kpi[steady], axis=1, keepdims=True)
    level = np.nanmean(kpi[steady] / usual, axis=0)  # [W] of all that are known
    filled = np.zeros_like(panel.kpi)
    filled[steady] = np.where(np.isnan(kpi[steady]), usual * np.nan_to_num(level), kpi[steady])
    return filled


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
