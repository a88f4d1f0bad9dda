"""How to split the media budget over channels and regions.

The plan that is changed is the recent one; its spend in a channel and region is scaled,
its weeks keep their shares. What that brings is read off the model's own curves, for
every member of the ensemble. Direct effects only.

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

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.budget.budget import BUDGET_COLUMNS, SCENARIO_COLUMNS, Budget
from mmm_model.budget.goal_search import ratio_for
from mmm_model.budget.scenarios import (
    DEFAULT_SCENARIOS,
    GOALS,
    BudgetSettings,
    Limits,
    Scenario,
    limits,
)
from mmm_model.budget.splitter import Splitter
from mmm_model.effects.recent_plan import Plan, recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.panel import Floats, Panel

# Totals over the recent plan's among which a goal is looked for: as far as the curves go.
_TOTALS = tuple(np.geomspace(0.1, 3.0, 18))


def optimal_budgets(
    response: MediaResponse, panel: Panel, settings: BudgetSettings | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recommend a budget for every scenario.

    Parameters and errors as for `recommend`.

    Returns
    -------
    budgets, scenarios
        Rows of the tables ``optimal_budgets`` and ``budget_scenarios``; none when no channel's
        spend is known.
    """
    found = recommend(response, panel, settings)
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
    response: MediaResponse, panel: Panel, settings: BudgetSettings | None = None
) -> tuple[Budget, ...]:
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

    Returns
    -------
    tuple of Budget
        In the order of the scenarios; empty when no channel's spend is known.

    Raises
    ------
    ValueError
        If a bound is on a channel without known spend, a scenario's total lies outside what
        the bounds allow, or its goal is out of reach.
    """
    settings = settings or BudgetSettings()
    settings.check_channels(panel.channels, panel.has_spend)
    if not panel.has_spend.any():
        return ()
    plan = recent_plan(response, panel).only(panel.has_spend)
    channels = tuple(c for c, known in zip(panel.channels, panel.has_spend, strict=True) if known)
    return split(plan, channels, panel.regions, settings, bool((panel.value_per_kpi > 0).any()))


def split(
    plan: Plan,
    channels: tuple[str, ...],
    regions: tuple[str, ...],
    settings: BudgetSettings,
    worth: bool,
    needs: Mapping[str, float] | None = None,
) -> tuple[Budget, ...]:
    """Split every scenario's total over the cells of a plan.

    Parameters
    ----------
    plan
        Of R ``regions`` and C ``channels`` whose spend is known.
    worth
        Whether a value of the KPI is known.
    needs
        Channel → least money a week, whatever else is allowed.

    Raises
    ------
    ValueError
        As `recommend`.
    """
    spend = plan.spend.sum(axis=0)
    valued = plan.valued()
    if settings.change_cost and not worth:
        raise ValueError("change_cost is money, but no value of the KPI is known")

    def limit(scenario: Scenario) -> Limits:
        return limits(scenario, settings, channels, spend, needs)

    def allowed(scenario: Scenario) -> bool:
        try:
            return bool(limit(scenario))
        except ValueError:
            return False

    asked = settings.scenarios
    if asked is DEFAULT_SCENARIOS:  # nobody asked for a total that the bounds do not allow
        asked = tuple(s for s in asked if s.multiplier == 1.0 or allowed(s))
    totals = [_with_total(scenario, valued, plan, settings, limit, worth) for scenario in asked]
    bounds = [limit(scenario) for scenario in totals]
    search = Splitter(valued, bounds, settings)
    before, found = plan.weekly(), []
    for scenario, own in zip(asked, bounds, strict=True):
        multiplier = search.best(own)
        value, marginal = _returns(valued, multiplier)
        found.append(
            Budget(
                scenario=scenario,
                channels=channels,
                regions=regions,
                current_spend=plan.spend,
                spend=plan.spend * multiplier,
                current_response=before,
                response=plan.weekly(multiplier),
                value=value if worth else np.full_like(value, np.nan),
                marginal=marginal if worth else np.full_like(marginal, np.nan),
                binding=_binding(plan.spend, multiplier, own),
            )
        )
    return tuple(found)


def _with_total(
    scenario: Scenario,
    valued: Plan,
    plan: Plan,
    settings: BudgetSettings,
    limit: Callable[[Scenario], Limits],
    worth: bool,
) -> Scenario:
    """Return the scenario with the total that its goal needs, split over channels alone."""
    goal, aim = scenario.asked
    if goal not in GOALS:
        return scenario
    if goal != "kpi" and not worth:
        raise ValueError(
            f"scenario '{scenario.name}' asks for a return, but no value of the KPI is known"
        )
    spend = valued.spend.sum(axis=0)

    def limit_at(ratio: float) -> Limits | None:
        try:
            return limit(Scenario(scenario.name, multiplier=ratio))
        except ValueError:
            return None

    known = [own for ratio in _TOTALS if (own := limit_at(ratio)) is not None]
    search = Splitter(valued, known, replace(settings, by_region=False)) if known else None

    def reached(ratio: float) -> float | None:
        own = limit_at(ratio)
        if own is None or search is None:
            return None
        multiplier = search.best(own)
        value, marginal = _returns(valued, multiplier)
        by_channel = (valued.spend * multiplier).sum(axis=0)
        if goal == "kpi":
            return float(plan.weekly(multiplier).mean(axis=0).sum())
        if goal == "roi":
            return float(value.sum() / by_channel.sum())
        return float(np.nansum(marginal * by_channel) / by_channel.sum())

    ratio = ratio_for(aim, reached, _TOTALS, largest=goal != "kpi", name=scenario.name, goal=goal)
    return Scenario(scenario.name, total=ratio * float(spend.sum()))


def _returns(valued: Plan, multiplier: Floats) -> tuple[Floats, Floats]:
    """Value of each channel's spend and of one more unit of it, spread as it is; ``[C]``."""
    value = valued.weekly(multiplier).mean(axis=0).sum(axis=0)
    spend = (valued.spend * multiplier).sum(axis=0)
    rise = (valued.weekly_marginal(multiplier).mean(axis=0) * multiplier).sum(axis=0)
    return value, np.divide(rise, spend, out=np.full_like(rise, np.nan), where=spend > 0)


def _binding(current: Floats, multiplier: Floats, limit: Limits) -> tuple[str | None, ...]:
    """Say for each channel what keeps its spend where it is."""
    now, then = current.sum(axis=0), (current * multiplier).sum(axis=0)
    scale = limit.total / now.sum() if now.sum() > 0 else 1.0
    room = 1e-4 * max(limit.total, 1e-300)
    found: list[str | None] = []
    for c, (before, spend) in enumerate(zip(now, then, strict=True)):
        groups = [g for g in limit.groups if g.members[c]]
        inside = float(then[groups[0].members].sum()) if groups else 0.0
        if before <= 0:
            found.append(None)
        elif limit.upper[c] - limit.lower[c] <= 1e-9:
            found.append("pinned")
        elif spend >= before * limit.upper[c] - 1e-4 * before:
            found.append("most")
        elif spend <= before * limit.lower[c] + 1e-4 * before:
            found.append("least")
        elif groups and (inside >= groups[0].most - room or inside <= groups[0].least + room):
            found.append(f"group {groups[0].name}")
        else:
            stays = np.isclose(multiplier[:, c][current[:, c] > 0], scale, rtol=1e-6).all()
            found.append("uncertain" if stays else None)
    return tuple(found)
