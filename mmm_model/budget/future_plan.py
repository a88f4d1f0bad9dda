"""The weeks ahead: a plan that is not spent yet, with what is assumed about everything else.

The recent plan goes on: each region spends on a channel what it spent in the mean week of
the last year, in the rhythm of the same weeks a year ago; it buys exposure at the recent
cost. Days of the calendar are where they will be, other treatments and controls those of the same
weeks a year ago, values of the KPI the recent mean.
What was spent before carries over into the first weeks; what is spent in the last ones
carries on after the horizon and counts, on top of the recent plan that goes on there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm_model.effects.recent_plan import (
    RecentPlan,
    filled_value,
    recent_plan,
    reported,
)
from mmm_model.equation.saturation.curve import SaturationCurve
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import PLAN_WEEKS

_YEAR = 52
_BY_CHANNEL = ("spend", "exposure", "rhythm", "carried", "size", "weight")


@dataclass(frozen=True)
class FuturePlan:
    """A plan of the next H weeks, and what it brings in them and the T − H weeks after.

    Its spend may be scaled by channel and region, and its rhythm may be changed. Responses
    are means over the H weeks, in KPI units, above what other weeks' spend brings anyway.

    Parameters
    ----------
    weeks
        The H Mondays.
    spend, exposure
        ``[R, C]`` mean a week.
    rhythm
        ``[H, C]`` each week's spend over the mean; mean one in every channel.
    carried
        ``[M, R, T, C]`` adstocked exposure of the weeks before and after the horizon.
    size
        ``[R, C]`` adstocked exposure of a mean week's spend, in the scale of ``carried``;
        ``[M, R, C]`` where channels have a frequency.
    kernel
        ``[M, C, L]`` adstock.
    weight, curve
        As in `mmm_model.equation.media_response.MediaResponse`, T weeks.
    value
        ``[R]`` of a KPI unit.
    """

    weeks: pd.DatetimeIndex
    spend: Floats
    exposure: Floats
    rhythm: Floats
    carried: Floats
    size: Floats
    kernel: Floats
    weight: Floats
    curve: SaturationCurve
    value: Floats

    def weekly(self, multiplier: float | Floats = 1.0) -> Floats:
        """Response ``[M, R, C]`` when spend is multiplied; ``multiplier`` fits ``[M, R, C]``."""
        return self.by_week(multiplier).sum(axis=2) / len(self.weeks)

    def by_week(self, multiplier: float | Floats = 1.0) -> Floats:
        """What `weekly` is the mean of: response ``[M, R, T, C]`` of H weeks and those after."""
        bought = self._bought() * self._each(multiplier)
        gained = self._share(self.carried + bought) - self._share(self.carried)
        gained *= self.weight
        return gained

    def weekly_marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Its derivative with respect to the multiplier, ``[M, R, C]``."""
        bought = self._bought()
        slope = self._slope(self.carried + bought * np.maximum(self._each(multiplier), 1e-9))
        slope *= bought
        return slope.sum(axis=2) / len(self.weeks)

    def by_rhythm(self, rhythm: Floats, multiplier: Floats) -> tuple[Floats, Floats]:
        """Expected response of another rhythm, and its gradient.

        Parameters
        ----------
        rhythm
            ``[H, C]``.
        multiplier
            ``[R, C]``.

        Returns
        -------
        response
            ``[C]``, mean over members, sum over regions.
        gradient
            ``[H, C]``.
        """
        scale = self.size * multiplier
        spread = self._toeplitz()  # [M, C, T, H]
        adstocked = np.einsum("mcth,hc->mtc", spread, rhythm)[:, None] * scale[..., None, :]
        level = self.carried + adstocked
        share = self._share(level)
        members, horizon = len(level), len(self.weeks)
        response = (self.weight * share).sum(axis=(0, 1, 2)) / (members * horizon)
        steep = self._slope(level) * scale[..., None, :]
        by_week = steep.sum(axis=1)  # [M, T, C]
        gradient = np.einsum("mtc,mcth->hc", by_week, spread) / (members * horizon)
        return response, gradient

    def with_rhythm(self, rhythm: Floats) -> FuturePlan:
        """Return the plan with the same spend in another rhythm."""
        return replace(self, rhythm=rhythm)

    def valued(self) -> FuturePlan:
        """Return the plan with its response in value instead of KPI units."""
        return replace(self, weight=self.weight * self.value[None, :, None, None])

    def only(self, channels: Bools) -> FuturePlan:
        """Return the plan of the channels that are True in ``[C]``."""
        own = {name: getattr(self, name)[..., channels] for name in _BY_CHANNEL}
        curve, kernel = self.curve.only(channels), self.kernel[:, channels]
        return replace(self, **own, curve=curve, kernel=kernel)

    def _toeplitz(self) -> Floats:
        """``[M, C, T, H]`` share of a week's spend that works in each week."""
        lag = np.arange(self.carried.shape[2])[:, None] - np.arange(len(self.weeks))
        inside = (lag >= 0) & (lag < self.kernel.shape[-1])
        return self.kernel[..., np.where(inside, lag, 0)] * inside

    def _bought(self) -> Floats:
        own = np.einsum("mcth,hc->mtc", self._toeplitz(), self.rhythm)
        return own[:, None] * self.size[..., None, :]

    @staticmethod
    def _each(multiplier: float | Floats) -> Floats:
        multiplier = np.asarray(multiplier, dtype=float)
        return multiplier[..., None, :] if multiplier.ndim >= 2 else multiplier

    def _share(self, level: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return self.curve.share(np.log(level))

    def _slope(self, level: Floats) -> Floats:
        """Derivative of the response with respect to the adstocked exposure."""
        with np.errstate(divide="ignore"):
            steepness = self.curve.steepness(np.log(level))
        return self.weight * steepness / np.maximum(level, 1e-9)


def future_plan(model: FittedModel, panel: Panel, weeks: int) -> FuturePlan:
    """Plan the weeks after a panel as the recent ones were.

    Parameters
    ----------
    model
        Fitted to ``panel``.
    weeks
        H ≥ 1.

    Raises
    ------
    ValueError
        If ``weeks`` is below 1 or the panel is not the model's.
    """
    if weeks < 1:
        raise ValueError(f"a horizon has at least 1 week, not {weeks}")
    kernel = model.adstock_kernel()
    after = kernel.shape[-1] - 1
    recent = recent_plan(model.media_response(panel), panel)
    rhythm = _rhythm(panel, weeks)
    bought = np.zeros((len(panel.regions), weeks + after, len(panel.channels)))
    bought[:] = recent.exposure[:, None]
    bought[:, :weeks] *= rhythm
    extended = extend(panel, bought)
    first = len(panel.weeks)
    alone = extended.exposure.copy()
    alone[:, first : first + weeks] = 0.0
    response = model.media_response(extended)  # effectiveness as with the plan
    carried = model.media_response(extended, alone).adstocked[:, :, first:]
    size = recent.exposure / model.scaling.exposure_size
    if (worth := model.worth_of_frequency(extended)) is not None:
        size = size * worth[:, :, first]
    return FuturePlan(
        weeks=extended.weeks[first : first + weeks],
        spend=recent.spend,
        exposure=recent.exposure,
        rhythm=rhythm,
        carried=carried,
        size=size,
        kernel=kernel,
        weight=response.weight[:, :, first:],
        curve=response.curve,
        value=_recent_value(recent, panel),
    )


def extend(panel: Panel, exposure: Floats) -> Panel:
    """Append weeks ``[R, T, C]`` without a KPI.

    Treatments are what is known of them ahead, else, as controls are, those of a year ago.
    """
    regions, ahead, _ = exposure.shape
    weeks = pd.date_range(panel.weeks[0], periods=len(panel.weeks) + ahead, freq="7D")
    source = _a_year_ago(len(panel.weeks), ahead)
    control, treatment = (
        past[:, source]
        if len(panel.weeks) >= _YEAR
        else np.repeat(past.mean(axis=1, keepdims=True), ahead, axis=1)
        for past in (panel.control, panel.treatment)
    )
    if panel.ahead is not None:
        known = panel.ahead[:, :ahead]
        treatment = treatment.copy()
        treatment[:, : known.shape[1]] = np.where(
            np.isnan(known), treatment[:, : known.shape[1]], known
        )
    unknown = np.full((regions, ahead), np.nan)

    def longer(past: Floats, more: Floats) -> Floats:
        return np.concatenate([past, more], axis=1)

    return replace(
        panel,
        weeks=weeks,
        kpi=longer(panel.kpi, np.zeros((regions, ahead))),
        observed=np.concatenate([panel.observed, np.zeros((regions, ahead), dtype=bool)], axis=1),
        exposure=longer(panel.exposure, exposure),
        spend=longer(panel.spend, np.full(exposure.shape, np.nan)),
        control=longer(panel.control, control),
        value_per_kpi=longer(panel.value_per_kpi, unknown),
        frequency=_same_frequency(panel, ahead),
        treatment=longer(panel.treatment, treatment),
        ahead=None if panel.ahead is None else panel.ahead[:, ahead:],
    )


def _same_frequency(panel: Panel, ahead: int) -> Floats | None:
    """``[R, W + T, C]``: people are reached as often as they recently were."""
    if panel.frequency is None:
        return None
    reach = panel.exposure[:, -PLAN_WEEKS:].sum(axis=1)
    contacts = panel.contacts[:, -PLAN_WEEKS:].sum(axis=1)
    recent = np.where(reach > 0, contacts / np.where(reach > 0, reach, 1.0), 1.0)
    recent = np.where(panel.by_frequency, recent, np.nan)[:, None]
    return np.concatenate([panel.frequency, np.repeat(recent, ahead, axis=1)], axis=1)


def _a_year_ago(weeks: int, ahead: int) -> NDArray[np.intp]:
    """Positions of the weeks a year before those that follow, again and again if need be."""
    back = min(_YEAR, weeks)
    return weeks - back + np.arange(ahead) % back


def _rhythm(panel: Panel, weeks: int) -> Floats:
    """``[H, C]`` national spend of the same weeks a year ago over its mean; flat if none."""
    money = np.where(panel.has_spend, np.nan_to_num(panel.spend), panel.exposure).sum(axis=0)
    if len(money) < _YEAR:
        return np.ones((weeks, money.shape[1]))
    then = money[_a_year_ago(len(money), weeks)]
    mean = then.mean(axis=0)
    return np.where(mean > 0, then / np.where(mean > 0, mean, 1.0), 1.0)


def _recent_value(plan: RecentPlan, panel: Panel) -> Floats:
    seen = reported(panel)[:, -PLAN_WEEKS:]
    count = np.maximum(seen.sum(axis=1), 1)
    value = filled_value(panel.value_per_kpi)[:, -PLAN_WEEKS:]
    mean = (value * seen).sum(axis=1) / count
    return np.where(seen.any(axis=1), mean, plan.value.mean(axis=1))
