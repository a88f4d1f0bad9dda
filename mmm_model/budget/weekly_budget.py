"""A budget by channel, region and week: how the money of a horizon is spread over its weeks.

Rhythms and the split of the money are improved in turns: at a rhythm that is best, more money
in this rhythm is worth what more money in the best rhythm is (the envelope theorem), so where
the turns settle no first-order improvement is left. All regions share a channel's rhythm.
Unless a flight says otherwise, no week is below the least or above the largest of the last
year, where the data end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.future_plan import FuturePlan, future_plan
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommend import recommend_within
from mmm_model.budget.recommended_budget import RecommendedBudget, in_cents
from mmm_model.budget.rhythm_search import best_rhythm
from mmm_model.budget.weekly_limits import WeeklyLimits
from mmm_model.budget.weekly_rules import WeeklyRules
from mmm_model.effects.following import following
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Floats, Panel

WEEKLY_COLUMNS = ("scenario", "channel", "week", "current_spend", "optimal_spend")
_TURNS = 2
"""Times that the split and the rhythms are improved, one after the other."""


@dataclass(frozen=True)
class WeeklyBudget:
    """A budget and its weeks.

    Parameters
    ----------
    budget
        By channel and region, means of a week of the horizon.
    weeks
        The H Mondays.
    current, spend
        ``[H, C]`` all regions together.
    """

    budget: RecommendedBudget
    weeks: pd.DatetimeIndex
    current: Floats
    spend: Floats

    def frame(self) -> pd.DataFrame:
        """A row per channel and week, in cents that add up to the total."""
        weeks, channels = self.spend.shape
        return pd.DataFrame(
            {
                "scenario": self.budget.scenario.name,
                "channel": np.repeat(np.array(self.budget.channels, dtype=object), weeks),
                "week": np.tile(self.weeks, channels),
                "current_spend": in_cents(self.current.T.ravel()),
                "optimal_spend": in_cents(self.spend.T.ravel()),
            },
            columns=list(WEEKLY_COLUMNS),
        )


def plan_weeks(
    model: FittedModel,
    panel: Panel,
    weeks: int,
    settings: BudgetSettings | None = None,
    rules: WeeklyRules | None = None,
) -> tuple[WeeklyBudget, ...]:
    """Recommend a budget of the next weeks for every scenario.

    Parameters
    ----------
    model, panel
        A model and the panel that it was fitted to.
    weeks
        H of the horizon.
    settings
        Totals are for a mean week; bounds count from the recent plan.
    rules
        Of single weeks.

    Returns
    -------
    tuple of WeeklyBudget
        Empty when no channel's spend is known.

    Raises
    ------
    ValueError
        If a rule names a channel or week that is not planned, or what is asked conflicts; the
        message names what does.
    """
    settings, rules = settings or BudgetSettings(), rules or WeeklyRules()
    settings.check_channels(panel.channels, panel.has_spend)
    if not panel.has_spend.any():
        return ()
    ahead = future_plan(model, panel, weeks)
    followed = following(model, panel, settings.follow)
    priced, plan = PricedPlan.of(ahead, panel, followed), ahead.only(panel.has_spend)
    rules.check_channels(priced.paid)
    signed = rules.signed(priced.channels, plan.weeks)
    needs, limits = rules.needs(priced.channels, signed), WeeklyLimits.of(panel, rules, signed)
    return tuple(
        _spread(priced, plan, replace(settings, scenarios=(scenario,)), needs, limits)
        for scenario in settings.scenarios
    )


def in_recent_weeks(
    model: FittedModel, panel: Panel, weeks: int, budget: RecommendedBudget
) -> WeeklyBudget:
    """Spread a budget that is settled over the next weeks, in the rhythm of the recent plan.

    Parameters
    ----------
    model, panel, weeks
        As in `plan_weeks`.
    budget
        Of the recent plan of ``model``, by mean weeks; its money stays.
    """
    plan = future_plan(model, panel, weeks).only(panel.has_spend)
    return WeeklyBudget(
        budget=replace(
            budget, current_response=plan.weekly(), response=plan.weekly(budget.multiplier)
        ),
        weeks=plan.weeks,
        current=plan.rhythm * plan.spend.sum(axis=0),
        spend=plan.rhythm * budget.spend.sum(axis=0),
    )


def _spread(
    priced: PricedPlan,
    plan: FuturePlan,
    settings: BudgetSettings,
    needs: Mapping[str, float],
    limits: WeeklyLimits,
) -> WeeklyBudget:
    """Split and spread the total of the one scenario of the settings."""
    chosen = plan
    for _ in range(_TURNS):
        (budget,) = recommend_within(replace(priced, plan=chosen), settings, needs)
        low, high = limits.bounds(chosen, budget)
        chosen = chosen.with_rhythm(best_rhythm(chosen.valued(), budget.multiplier, low, high))
    return WeeklyBudget(
        budget=replace(
            budget,
            current_response=plan.weekly(),
            response=replace(priced, plan=chosen).followed.weekly(budget.levers),
        ),
        weeks=plan.weeks,
        current=plan.rhythm * plan.spend.sum(axis=0),
        spend=chosen.rhythm * budget.spend.sum(axis=0),
    )


def frame(found: Sequence[WeeklyBudget]) -> pd.DataFrame:
    """Rows of the table ``weekly_budgets``."""
    if not found:
        return pd.DataFrame(columns=list(WEEKLY_COLUMNS))
    return pd.concat([budget.frame() for budget in found], ignore_index=True)
