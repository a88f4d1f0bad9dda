"""How a plan stands: what was spent and came against what was promised, and where it will end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mmm_model.budget.kept_plan import KeptPlan
from mmm_model.budget.planned_media import PlannedMedia, bought, recent_media, weeks_ahead
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.forecast_sums import sum_interval
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats, Panel

TRACK_COLUMNS = (
    "part", "region", "week", "channel", "planned_spend", "spend", "promised", "promised_lower",
    "promised_upper", "kpi", "lower", "upper",
)  # fmt: skip
WEEK, SO_FAR, TO_THE_END = "week", "so far", "to the end"
GAIN_COLUMNS = ("gain", "gain_lower", "gain_upper", "gain_probability")


@dataclass(frozen=True)
class Standing:
    """A plan in the light of a later refresh.

    Parameters
    ----------
    plan
        What was kept.
    effects
        The fit of now and its panel.

    Raises
    ------
    ValueError
        When a figure is asked for and the panel lacks a region or channel of the plan.
    """

    plan: KeptPlan
    effects: FittedEffects

    @property
    def panel(self) -> Panel:
        """The panel of now."""
        return self.effects.panel

    @cached_property
    def over(self) -> pd.DatetimeIndex:
        """Weeks of the plan that are over."""
        return self.plan.over(self.panel)

    @cached_property
    def unknown_cells(self) -> int:
        """Region-weeks of the plan that are over and have no KPI: the fit's own value counts."""
        return int((~self._cut(self.panel.observed)).sum())

    def track(self) -> pd.DataFrame:
        """`TRACK_COLUMNS`: by week, so far and to the end, by channel and region, and together.

        Returns
        -------
        DataFrame
            ``kpi`` of all channels is the KPI that came, and of part ``to the end`` what the fit of
            now forecasts, with an interval; of a channel it is what the channel contributed as
            the fit of now reads it. ``region``, ``week`` and ``channel`` are None where
            all are meant.
        """
        rows = [self._weekly(), self._by_week(), self._so_far()] if len(self.over) else []
        if self.plan.ends is None and self._left:
            rows.append(self._to_the_end())
        if not rows:
            return pd.DataFrame(columns=list(TRACK_COLUMNS))
        return pd.concat([part.reindex(columns=list(TRACK_COLUMNS)) for part in rows])

    def gains(self, spent: bool = False) -> dict[str, float]:
        """KPI over the plan before it in the weeks that are over, as the fit of now reads it.

        Parameters
        ----------
        spent
            Of what was spent; else of what was advised.

        Returns
        -------
        dict
            `GAIN_COLUMNS`, the last the share of draws in which it is more than nothing; NaN while
            no week is over.
        """
        if not len(self.over):
            return dict.fromkeys(GAIN_COLUMNS, np.nan)
        media = self._media_now if spent else self._media_with("exposure")
        gain = (media - self._media_with("before_exposure")).sum(axis=(1, 2, 3))
        lower, upper = effect_interval(gain)
        found = (gain.mean(), lower, upper, (gain > 0).mean())
        return dict(zip(GAIN_COLUMNS, map(float, found), strict=True))

    @cached_property
    def remaining(self) -> PlannedMedia:
        """What of the plan is still to come, after the panel, at recent cost."""
        ahead = weeks_ahead(self.panel, self.plan.weeks[-1])
        recent = recent_media(self.effects.model, self.panel, ahead)
        spend = np.full(recent.spend.shape, np.nan)
        spend[:, -self._left :] = self.plan.in_panel(self.panel, "spend")[:, -self._left :]
        return bought(recent, self.panel, spend)

    @property
    def _left(self) -> int:
        """Number of weeks of the plan that are to come."""
        return int((self.plan.weeks > self.panel.weeks[-1]).sum())

    @cached_property
    def _here(self) -> Any:
        return self.panel.weeks.get_indexer(self.over)

    @cached_property
    def _then(self) -> Any:
        return self.plan.weeks.get_indexer(self.over)

    def _cut(self, values: Any, weeks: Any = None) -> Any:
        """``[R', W, ...]`` of the panel in the weeks that are over, of the plan's regions."""
        rows, _ = self.plan.places(self.panel)
        return values[rows][:, self._here if weeks is None else weeks]

    @cached_property
    def _spent(self) -> Floats:
        """``[R, E, C]`` money that was spent on the plan's channels."""
        _, own = self.plan.places(self.panel)
        return np.asarray(self._cut(self.panel.spend)[:, :, own])

    @cached_property
    def _came(self) -> Floats:
        """``[R, E]`` KPI; the fit's own value where none is known."""
        expected = self.effects.components.prediction.mean(axis=0)
        panel = self.panel
        return np.asarray(self._cut(np.where(panel.observed, panel.kpi, expected)))

    @cached_property
    def _media_now(self) -> Floats:
        """``[M, R, E, C']`` of all channels as they ran."""
        rows, _ = self.plan.places(self.panel)
        return self.effects.components.media[:, rows][:, :, self._here]

    def _media_with(self, column: str) -> Floats:
        """``[M, R, E, C']`` had the plan's channels run as a column of the lines says."""
        rows, _ = self.plan.places(self.panel)
        kept = self.plan.in_panel(self.panel, column)[:, self._then]
        exposure = self.panel.exposure.copy()
        there = exposure[:, self._here]
        exposure[:, self._here] = np.where(np.isnan(kept), there, kept)
        changed = replace(self.panel, exposure=exposure)
        return self.effects.model.components(changed).media[:, rows][:, :, self._here]

    def _weekly(self) -> pd.DataFrame:
        """A row by region, week and channel, and one by region and week."""
        _, own = self.plan.places(self.panel)
        media = self._media_now[..., own]
        lower, upper = effect_interval(media)
        names = [list(self.plan.regions), self.over, list(self.plan.channels)]
        by_channel = _rows(
            ["region", "week", "channel"],
            names,
            planned_spend=self._promised("spend"),
            spend=self._spent,
            promised=self._promised("kpi"),
            promised_lower=self._promised("lower"),
            promised_upper=self._promised("upper"),
            kpi=media.mean(axis=0),
            lower=lower,
            upper=upper,
        )
        plan, then = self.plan, self._then
        known = self._cut(self.panel.observed)
        together = _rows(
            ["region", "week"],
            names[:2],
            planned_spend=plan.by_region("spend")[:, then],
            spend=np.nansum(self._spent, axis=2),
            promised=plan.by_region("kpi")[:, then],
            promised_lower=plan.by_region("lower")[:, then],
            promised_upper=plan.by_region("upper")[:, then],
            kpi=np.where(known, self._came, np.nan),
        )
        return pd.concat([by_channel, together]).assign(part=WEEK)

    def _by_week(self) -> pd.DataFrame:
        """A row by week, of all regions."""
        plan, then = self.plan, self._then
        return pd.DataFrame(
            {
                "part": WEEK,
                "week": self.over,
                "planned_spend": plan.by_week("spend")[then],
                "spend": np.nansum(self._spent, axis=(0, 2)),
                "promised": plan.by_week("kpi")[then],
                "promised_lower": plan.by_week("lower")[then],
                "promised_upper": plan.by_week("upper")[then],
                "kpi": self._came.sum(axis=0),
            }
        )

    def _so_far(self) -> pd.DataFrame:
        """The weeks that are over together: all channels, each channel, each region."""
        plan, then = self.plan, self._then
        _, own = plan.places(self.panel)
        media = self._media_now[..., own].sum(axis=(1, 2))
        lower, upper = effect_interval(media)
        to_date = {
            name: plan.by_week(f"{name}_to_date")[then[-1]] for name in ("kpi", "lower", "upper")
        }
        whole = pd.DataFrame(
            {
                "planned_spend": [np.nansum(self._promised("spend"))],
                "spend": [np.nansum(self._spent)],
                "promised": [to_date["kpi"]],
                "promised_lower": [to_date["lower"]],
                "promised_upper": [to_date["upper"]],
                "kpi": [self._came.sum()],
            }
        )
        by_channel = pd.DataFrame(
            {
                "channel": plan.channels,
                "planned_spend": _known_sum(self._promised("spend"), (0, 1)),
                "spend": _known_sum(self._spent, (0, 1)),
                "promised": self._promised("kpi").sum(axis=(0, 1)),
                "kpi": media.mean(axis=0),
                "lower": lower,
                "upper": upper,
            }
        )
        by_region = pd.DataFrame(
            {
                "region": plan.regions,
                "planned_spend": _known_sum(self._promised("spend"), (1, 2)),
                "spend": _known_sum(self._spent, (1, 2)),
                "promised": plan.by_region("kpi")[:, then].sum(axis=1),
                "kpi": self._came.sum(axis=1),
            }
        )
        return pd.concat([whole, by_channel, by_region]).assign(part=SO_FAR)

    def _to_the_end(self) -> pd.DataFrame:
        """The whole plan: what came, and what the fit of now expects of what is to come."""
        plan, left = self.plan, self._left
        rows, _ = plan.places(self.panel)
        members = self.effects.model.components(self.remaining.after(self.panel)).prediction
        members = members[:, :, len(self.panel.weeks) :]
        cells: Any = np.zeros(members.shape[1:])
        cells[rows, cells.shape[1] - left :] = 1.0
        ahead = sum_interval(self.effects.model.response, members, cells)
        came = float(self._came.sum()) if len(self.over) else 0.0
        spend = plan.by_channel("spend")
        spent = np.zeros(len(plan.channels))
        if len(self.over):
            spent = _known_sum(self._spent, (0, 1))
        still = _known_sum(spend[:, -left:], (0, 1))
        kpi, lower, upper = (came + end for end in ahead)
        whole = pd.DataFrame(
            {
                "planned_spend": [np.nansum(spend)],
                "spend": [np.nansum(spent) + np.nansum(still)],
                "promised": [plan.by_week("kpi_to_date")[-1]],
                "promised_lower": [plan.by_week("lower_to_date")[-1]],
                "promised_upper": [plan.by_week("upper_to_date")[-1]],
                "kpi": [kpi],
                "lower": [lower],
                "upper": [upper],
            }
        )
        by_channel = pd.DataFrame(
            {
                "channel": plan.channels,
                "planned_spend": _known_sum(spend, (0, 1)),
                "spend": spent + still,
                "promised": plan.by_channel("kpi").sum(axis=(0, 1)),
            }
        )
        return pd.concat([whole, by_channel]).assign(part=TO_THE_END)

    def _promised(self, column: str) -> Floats:
        """``[R, E, C]`` of the lines by channel, in the weeks that are over."""
        return self.plan.by_channel(column)[:, self._then]


def _rows(by: list[str], names: list[Any], **values: Floats) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(names, names=by)
    return pd.DataFrame(
        {n: value.ravel() for n, value in values.items()}, index=index
    ).reset_index()


def _known_sum(values: Floats, axes: tuple[int, int]) -> Floats:
    """Sum of what is known; NaN where nothing is."""
    nothing = np.isnan(values).all(axis=axes)
    return np.where(nothing, np.nan, np.nansum(values, axis=axes))
