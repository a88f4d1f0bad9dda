"""The recent plan: what every curve and budget scales up and down.

It is the media of the last `PLAN_WEEKS` weeks, or of all weeks where there are fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from mmm_model.equation.media_response import MediaResponse
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import PLAN_WEEKS

GONE_AFTER = 13
"""A region that has reported nothing for this many weeks has no plan any more."""


class Plan(Protocol):
    """Spend that can be scaled by channel and region, and what it then brings."""

    @property
    def spend(self) -> Floats:
        """``[R, C]`` mean weekly spend; NaN for a channel whose spend is unknown."""

    def weekly(self, multiplier: float | Floats = 1.0) -> Floats:
        """Mean weekly response ``[M, R, C]`` in KPI units; ``multiplier`` fits ``[M, R, C]``."""

    def weekly_marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Its derivative with respect to the multiplier, ``[M, R, C]``."""

    def valued(self) -> Self:
        """Return the plan with its response in value instead of KPI units."""

    def only(self, channels: Bools) -> Self:
        """Return the plan of the channels that are True in ``[C]``."""


@dataclass(frozen=True)
class RecentPlan:
    """The recent plan and what it brings, as weekly means.

    Parameters
    ----------
    response
        The plan's T weeks, its weights multiplied by each week's share in the region's
        mean: ``response.contribution(m).sum(axis=2)`` is the mean weekly response.
    spend
        ``[R, C]`` mean weekly spend; NaN for a channel whose spend is unknown.
    exposure
        ``[R, C]`` mean weekly exposure.
    value
        ``[R, T]`` value of a KPI unit; 1 everywhere when no value is known.
    """

    response: MediaResponse
    spend: Floats
    exposure: Floats
    value: Floats

    def weekly(self, multiplier: float | Floats = 1.0) -> Floats:
        """Mean weekly response ``[M, R, C]`` in KPI units; ``multiplier`` fits ``[M, R, C]``."""
        return self.response.contribution(_over_weeks(multiplier)).sum(axis=2)

    def weekly_marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Its derivative with respect to the multiplier, ``[M, R, C]``."""
        return self.response.marginal(_over_weeks(multiplier)).sum(axis=2)

    def valued(self) -> RecentPlan:
        """Return the plan with its response in value instead of KPI units."""
        weight = self.response.weight * self.value[None, :, :, None]
        return replace(self, response=replace(self.response, weight=weight))

    def only(self, channels: Bools) -> RecentPlan:
        """Return the plan of the channels that are True in ``[C]``."""
        return replace(
            self,
            response=self.response.only(channels),
            spend=self.spend[:, channels],
            exposure=self.exposure[:, channels],
        )


def recent_plan(response: MediaResponse, panel: Panel) -> RecentPlan:
    """Cut the recent plan out of a panel.

    A region's mean runs over the weeks that it reported (a KPI, any exposure or any
    spend), so that a late start does not look like a small budget; a region silent for
    `GONE_AFTER` weeks has a plan of zero.

    Parameters
    ----------
    response
        Of a model on ``panel``, all its weeks.
    panel
        W ≥ 1 weeks.

    Raises
    ------
    ValueError
        If the two differ in regions, weeks or channels, or there is no week.
    """
    if response.adstocked.shape[1:] != panel.exposure.shape:
        raise ValueError(
            f"the response is for {response.adstocked.shape[1:]} regions, weeks and channels, "
            f"the panel has {panel.exposure.shape}"
        )
    if not len(panel.weeks):
        raise ValueError("a plan needs at least one week")
    recent = slice(-PLAN_WEEKS, None)
    share = week_share(reported(panel)[:, recent])
    window = response.tail(PLAN_WEEKS)
    spend = np.einsum("rt,rtc->rc", share, np.nan_to_num(panel.spend[:, recent]))
    exposure = np.einsum("rt,rtc->rc", share, panel.exposure[:, recent])
    # What a channel that has stopped still carries over is not the plan's.
    part = share[:, :, None] * (exposure > 0)[:, None, :]
    return RecentPlan(
        response=replace(window, weight=window.weight * part),
        spend=np.where(panel.has_spend, spend, np.nan),
        exposure=exposure,
        value=filled_value(panel.value_per_kpi)[:, recent],
    )


def with_all_regions(values: Floats) -> Floats:
    """``[..., R, C]`` with the sum over regions put in front, ``[..., R + 1, C]``."""
    return np.concatenate([values.sum(axis=-2, keepdims=True), values], axis=-2)


def reported(panel: Panel) -> Bools:
    """``[R, W]``; True where a region has a KPI, any exposure or any spend."""
    spent = np.nan_to_num(panel.spend).any(axis=2)
    return panel.observed | panel.exposure.any(axis=2) | spent


def week_share(present: Bools) -> Floats:
    """``[R, T]`` of a week in the mean of its region; zero where it is gone or said nothing."""
    alive = present[:, -GONE_AFTER:].any(axis=1, keepdims=True)
    count = present.sum(axis=1, keepdims=True)
    return present * alive / np.maximum(count, 1)


def filled_value(value: Floats) -> Floats:
    """A value in every cell: its own, else the region's mean, else the mean, else 1."""
    known = ~np.isnan(value)
    if not known.any():
        return np.ones_like(value)
    count = known.sum(axis=1, keepdims=True)
    own = np.nansum(value, axis=1, keepdims=True) / np.maximum(count, 1)
    return np.where(known, value, np.where(count > 0, own, np.nanmean(value)))


def _over_weeks(multiplier: float | Floats) -> Floats:
    multiplier = np.asarray(multiplier, dtype=float)
    return multiplier[..., None, :] if multiplier.ndim >= 2 else multiplier
