"""Media that somebody means to buy in the weeks after a panel: money, and the exposure for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm_model.budget.future_plan import extend, future_plan
from mmm_model.budget.recommended_budget import in_cents
from mmm_model.budget.weekly_budget import WeeklyBudget
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import WEEK, Floats, Panel


@dataclass(frozen=True)
class PlannedMedia:
    """Media of the A weeks after a panel, of its regions and channels.

    Parameters
    ----------
    weeks
        The A Mondays.
    spend
        ``[R, A, C]`` money; NaN of a channel whose spend is unknown.
    exposure
        ``[R, A, C]`` what it buys.
    """

    weeks: pd.DatetimeIndex
    spend: Floats
    exposure: Floats

    def after(self, panel: Panel) -> Panel:
        """Append it to the panel, with controls and treatments as `extend` has them and no KPI."""
        longer = extend(panel, self.exposure)
        spend = longer.spend.copy()
        spend[:, len(panel.weeks) :] = self.spend
        return replace(longer, spend=spend)


def recent_media(model: FittedModel, panel: Panel, weeks: int) -> PlannedMedia:
    """The recent plan as it goes on for so many weeks, see `future_plan`."""
    plan = future_plan(model, panel, weeks)
    rhythm = plan.rhythm[None]
    return PlannedMedia(plan.weeks, plan.spend[:, None] * rhythm, plan.exposure[:, None] * rhythm)


def bought(recent: PlannedMedia, panel: Panel, spend: Floats) -> PlannedMedia:
    """What money buys at recent cost: in its region, else in all regions together.

    Parameters
    ----------
    recent
        As the recent plan goes on, for as many weeks.
    panel
        What costs are read off where the recent plan has no spend.
    spend
        ``[R, A, C]`` ≥ 0; NaN where the recent plan goes on.
    """
    money, units = recent.spend.sum(axis=1), recent.exposure.sum(axis=1)
    paid = np.nan_to_num(money) > 0
    own = np.divide(units, money, out=np.zeros_like(units), where=paid)
    total = np.nan_to_num(panel.spend).sum(axis=(0, 1))
    ever = np.divide(
        panel.exposure.sum(axis=(0, 1)), total, out=np.ones_like(total), where=total > 0
    )
    rate = np.where(paid & (units > 0), own, ever)
    given = ~np.isnan(spend)
    return PlannedMedia(
        recent.weeks,
        np.where(given, spend, recent.spend),
        np.where(given, np.nan_to_num(spend) * rate[:, None], recent.exposure),
    )


def of_weekly_budget(budget: WeeklyBudget, panel: Panel) -> Floats:
    """Spend ``[R, H, C]`` of a budget by week, in cents that add up; NaN where none is planned.

    All regions share a channel's rhythm.
    """
    known = [panel.channels.index(name) for name in budget.budget.channels]
    total = budget.budget.spend.sum(axis=0)
    rhythm = np.divide(
        budget.spend, total, out=np.zeros_like(budget.spend), where=total > 0
    )  # [H, C']
    money = budget.budget.spend[:, None] * rhythm[None]
    spend = np.full((len(panel.regions), len(budget.weeks), len(panel.channels)), np.nan)
    spend[:, :, known] = in_cents(money.ravel()).reshape(money.shape)
    return spend


def weeks_ahead(panel: Panel, last_week: pd.Timestamp) -> int:
    """Number of weeks from the end of a panel to a week after it."""
    return int((last_week - panel.weeks[-1]) / WEEK)
