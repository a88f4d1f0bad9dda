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
from mmm_model.budget.mixed_plan import MixedPlan
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommend import recommend_within
from mmm_model.budget.recommended_budget import RecommendedBudget, beside, in_cents
from mmm_model.budget.rhythm_search import best_rhythm, onto_mean
from mmm_model.budget.weekly_limits import WeeklyLimits
from mmm_model.budget.weekly_rules import WeeklyRules
from mmm_model.effects.following import following
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.further_kpis import FurtherKpi
from mmm_model.panel import Floats, Panel

WEEKLY_COLUMNS = ("scenario", "channel", "week", "current_spend", "optimal_spend")
_TOWARDS_BEST = (1.0, 0.75, 0.5, 0.25, 0.1, 0.0)
"""Ways from the rhythm in which floors are kept to the best one, the farthest first."""
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
    others: Sequence[FurtherKpi] = (),
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
    others
        KPIs beside that of ``model``, fitted to the same media.

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
    further = [
        (one.name, future_plan(one.training.final, own, weeks), own)
        for one in others
        for own in [one.valued_on(panel)]
    ]
    priced = PricedPlan.of(ahead, panel, followed, further, settings.goals)
    plan = ahead.only(panel.has_spend)
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
    # What is kept is what the recent plan brings, in whatever rhythm its money is spent.
    priced = replace(priced, goals=replace(priced.goals, floors=priced.floors))
    chosen, mixed = plan, priced
    for _ in range(_TURNS):
        (budget,) = recommend_within(mixed, settings, needs)
        low, high = limits.bounds(chosen, budget)
        best = _best_rhythm(mixed, budget.multiplier, low, high)
        if priced.floors:
            best = _kept_rhythm(mixed, chosen, budget, onto_mean(chosen.rhythm, low, high), best)
        chosen = chosen.with_rhythm(best)
        mixed = _in_rhythm(priced, chosen)
    return WeeklyBudget(
        budget=replace(
            budget,
            current_response=plan.weekly(),
            response=mixed.followed.weekly(budget.levers),
            kpis=tuple(
                replace(now, current=then.current)
                for now, then in zip(
                    beside(mixed, budget.levers), beside(priced, budget.levers), strict=True
                )
            ),
        ),
        weeks=plan.weeks,
        current=plan.rhythm * plan.spend.sum(axis=0),
        spend=chosen.rhythm * budget.spend.sum(axis=0),
    )


def _in_rhythm(priced: PricedPlan, chosen: FuturePlan) -> PricedPlan:
    """The plan of every KPI in the rhythm of one."""
    others = tuple(
        replace(own, plan=own.plan.with_rhythm(chosen.rhythm))
        for own in priced.others
        if isinstance(own.plan, FuturePlan)
    )
    return replace(priced, plan=chosen, others=others)


def _kept_rhythm(
    priced: PricedPlan, chosen: FuturePlan, budget: RecommendedBudget, own: Floats, best: Floats
) -> Floats:
    """Of the rhythms between the one that the budget was made for and the best, the nearest to
    the best that keeps every floor.

    Raises
    ------
    ValueError
        If none does: contracts or flights force another rhythm.
    """
    for share in _TOWARDS_BEST:
        rhythm = share * best + (1.0 - share) * own
        there = _in_rhythm(priced, chosen.with_rhythm(rhythm))
        missed = [kpi for kpi in priced.floors if not there.keeps(kpi, budget.levers)]
        if not missed:
            return rhythm
    raise ValueError(
        f"scenario '{budget.scenario.name}': contracts and flights leave less than the floor of "
        f"{' and '.join(missed)}"
    )


def _best_rhythm(priced: PricedPlan, multiplier: Floats, low: Floats, high: Floats) -> Floats:
    """The best rhythm for the weights of the KPIs."""
    valued = priced.valued.plan
    assert isinstance(valued, FuturePlan | MixedPlan)
    return best_rhythm(valued, multiplier, low, high)


def frame(found: Sequence[WeeklyBudget]) -> pd.DataFrame:
    """Rows of the table ``weekly_budgets``."""
    if not found:
        return pd.DataFrame(columns=list(WEEKLY_COLUMNS))
    return pd.concat([budget.frame() for budget in found], ignore_index=True)
