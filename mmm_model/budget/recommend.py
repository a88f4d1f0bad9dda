"""Recommend how to split the media budget over channels and regions.

The plan that is changed is the recent one; its spend in a channel and region is scaled,
its weeks keep their shares. What that brings is read off the model's own curves, for
every member of the ensemble. A channel that is said to follow its drivers gets a budget
for the part that is its own: what they create of it is spent besides, and counts for them.

By default money moves only where the gain exceeds its own uncertainty. Take the value of
the next unit of spend in a cell, minus that of the average unit of the plan, once per
member: its standard deviation, times ``caution``, is what a unit of change in that cell
has to gain before it is made. Every recommended change then gains, to first order, at
least ``caution`` standard deviations of its own gain (by the triangle inequality, whatever
the correlation between cells). The split over channels is decided first, all regions
together, and the split over regions after it, so that doubts about single regions do not
block what is known about the channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mmm_model.budget.allocator import Allocator
from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.goal_allocator import GoalAllocator
from mmm_model.budget.goal_seek import GoalSeek
from mmm_model.budget.limits import Limits, limits
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommended_budget import (
    BUDGET_COLUMNS,
    SCENARIO_COLUMNS,
    RecommendedBudget,
)
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import DEFAULT_SCENARIOS, Scenario
from mmm_model.effects.following import Following
from mmm_model.effects.recent_plan import recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.further_kpis import FurtherKpi
from mmm_model.panel import Floats, Panel

_AT_BOUND = 1e-4
"""Distance to a bound, over the spend that it bounds, at which it is said to bind."""


def optimal_budgets(
    response: MediaResponse,
    panel: Panel,
    settings: BudgetSettings | None = None,
    following: Following | None = None,
    others: Sequence[FurtherKpi] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recommend a budget for every scenario.

    Parameters and errors as for `recommend`.

    Returns
    -------
    budgets, scenarios
        Rows of the tables ``optimal_budgets`` and ``budget_scenarios``; none when no channel's
        spend is known.
    """
    return frames(recommend(response, panel, settings, following, others))


def frames(found: Sequence[RecommendedBudget]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the tables ``optimal_budgets`` and ``budget_scenarios``."""
    if not found:
        return (
            pd.DataFrame(columns=list(BUDGET_COLUMNS)),
            pd.DataFrame(columns=list(SCENARIO_COLUMNS)),
        )
    return (
        pd.concat([budget.frame() for budget in found], ignore_index=True),
        pd.DataFrame([budget.totals() for budget in found]),
    )


def recommend(
    response: MediaResponse,
    panel: Panel,
    settings: BudgetSettings | None = None,
    following: Following | None = None,
    others: Sequence[FurtherKpi] = (),
) -> tuple[RecommendedBudget, ...]:
    """Recommend a budget for every scenario.

    Maximises the expected value (KPI where no value is known) over the ensemble, less the
    caution described above; the total is spent exactly and bounds hold. A channel without
    recent spend in a region stays without.

    Parameters
    ----------
    response
        Of a model on ``panel``.
    panel
        Its last `mmm_model.settings.PLAN_WEEKS` weeks are the plan that is changed.
    settings
        Default: `BudgetSettings()`.
    following
        Which channels follow which; default: every budget is given.
    others
        KPIs beside that of ``response``, fitted to the same media.

    Returns
    -------
    tuple of RecommendedBudget
        In the order of the scenarios; empty when no channel's spend is known.

    Raises
    ------
    ValueError
        If a bound is on a channel without known spend or on one that follows others, a
        scenario's total lies outside what the bounds allow, or its goal or a floor of a KPI is out
        of reach.
    """
    settings = settings or BudgetSettings()
    settings.check_channels(panel.channels, panel.has_spend)
    if not panel.has_spend.any():
        return ()
    return recommend_within(priced_plan(response, panel, settings, following, others), settings)


def priced_plan(
    response: MediaResponse,
    panel: Panel,
    settings: BudgetSettings,
    following: Following | None = None,
    others: Sequence[FurtherKpi] = (),
) -> PricedPlan:
    """Price the recent plan for the goals of the settings; parameters as for `recommend`."""
    further = [
        (one.name, recent_plan(one.response, own), own)
        for one in others
        for own in [one.valued_on(panel)]
    ]
    plan = recent_plan(response, panel)
    return PricedPlan.of(plan, panel, following, further, settings.goals)


def recommend_within(
    priced: PricedPlan, settings: BudgetSettings, needs: Mapping[str, float] | None = None
) -> tuple[RecommendedBudget, ...]:
    """Split every scenario's total over the channels and regions of a plan.

    Parameters
    ----------
    needs
        Channel → least money a week, whatever else is allowed.

    Raises
    ------
    ValueError
        As `recommend`.
    """
    if settings.change_cost and not priced.knows_value:
        raise ValueError("change_cost is money, but no value of the KPI is known")

    follows = np.array(priced.channels, dtype=object)[priced.following.follows]
    settings.check_following(follows, needs or {})

    def limits_of(scenario: Scenario, total: float) -> Limits:
        return limits(scenario.name, total, settings, priced.channels, priced.spend, needs)

    def total_of(scenario: Scenario) -> float:
        if scenario.asked.needs_value and not priced.knows_value:
            raise ValueError(
                f"scenario '{scenario.name}' asks for a return, but no value of the KPI is known"
            )
        seek = GoalSeek(scenario, priced, settings, lambda total: limits_of(scenario, total))
        return scenario.asked.weekly_total(seek)

    bounds = {}
    for scenario in settings.scenarios:
        try:
            bounds[scenario] = limits_of(scenario, total_of(scenario))
        except ValueError:
            if _somebody_asked(scenario, settings):
                raise
    allocator = Allocator(priced.valued, list(bounds.values()), settings)
    floored = GoalAllocator(priced, list(bounds.values()), settings) if priced.floors else None
    found = []
    for scenario, limit in bounds.items():
        levers = allocator.best(limit)
        try:
            if floored is not None:
                levers = floored.under_floors(scenario.name, limit, levers)
        except ValueError:
            if _somebody_asked(scenario, settings):
                raise
            continue
        found.append(_budget(scenario, priced, limit, levers))
    return tuple(found)


def _somebody_asked(scenario: Scenario, settings: BudgetSettings) -> bool:
    """Whether a total was chosen; of the default ones, those that cannot be are left out."""
    return settings.scenarios is not DEFAULT_SCENARIOS or scenario.asked == Multiplier(1.0)


def _budget(
    scenario: Scenario, priced: PricedPlan, limit: Limits, levers: Floats
) -> RecommendedBudget:
    binding = tuple(_binding(priced, levers, limit, c) for c in range(len(priced.channels)))
    return RecommendedBudget.of(scenario, priced, levers, binding)


def _binding(priced: PricedPlan, levers: Floats, limit: Limits, c: int) -> str | None:
    """Say what keeps a channel's spend where it is, see `RecommendedBudget`."""
    current = priced.plan.spend
    now, then = current.sum(axis=0), (current * levers).sum(axis=0)
    before, spend, room = now[c], then[c], _AT_BOUND * now[c]
    if before <= 0:
        return None
    if drivers := priced.following.drivers_of(c):
        return f"follows {', '.join(drivers)}"
    if limit.upper[c] - limit.lower[c] <= 1e-9:
        return "pinned"
    if spend >= before * limit.upper[c] - room:
        return "most"
    if spend <= before * limit.lower[c] + room:
        return "least"
    room = _AT_BOUND * max(limit.total, 1e-300)
    for group in limit.groups:
        inside = float(then[group.members].sum())
        if group.members[c] and not group.least + room < inside < group.most - room:
            return f"group {group.name}"
    scaled = limit.total / now.sum()
    stays = np.isclose(levers[:, c][current[:, c] > 0], scaled, rtol=1e-6).all()
    return "uncertain" if stays else None
