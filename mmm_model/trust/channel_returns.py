"""What each channel's own path earned, draw by draw: the number that every test is about."""

from __future__ import annotations

import numpy as np

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Floats, Panel


def channel_returns(response: FittedResponse, panel: Panel) -> Floats:
    """Value of the direct contribution over spend, ``[M, C]``.

    Of a channel whose spend, or of a panel whose value of the KPI, is unknown: the direct
    contribution over the observed KPI. All tests compare one return of a channel with another of
    it, so the unit is the channel's own.
    """
    media = response.components(panel).media  # [M, R, W, C]
    share = media.sum(axis=(1, 2)) / np.abs(panel.kpi).sum()
    earned = (media * panel.value_per_kpi[None, :, :, None]).sum(axis=(1, 2))
    spend = np.where(panel.has_spend, np.nansum(panel.spend, axis=(0, 1)), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = earned / spend
    return np.where(np.isfinite(found).all(axis=0), found, share)


def half_width(draws: Floats) -> Floats:
    """Half of the 90 % interval over draws ``[M, ...]``, in their unit."""
    lower, upper = np.quantile(draws, (0.05, 0.95), axis=0)
    return np.asarray((upper - lower) / 2)
