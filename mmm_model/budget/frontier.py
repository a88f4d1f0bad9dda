"""What one goal costs the other: the best budgets of the recent total, from one KPI to the other.

Each point is best for some weights of the two KPIs, under the rules of every recommendation. A
point that another one beats in both is left out, so that more of one KPI is less of the other.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.goal_allocator import GoalAllocator
from mmm_model.budget.limits import limits
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats

FRONTIER_COLUMNS = (
    "kpi",
    "point",
    "weight",
    "main_response",
    "main_lower",
    "main_upper",
    "response",
    "lower",
    "upper",
)
_WEIGHTS = np.linspace(0.0, 1.0, 7)
"""Of the other KPI, as a share: what the recent plan brings of both counts the same at one half."""


def frontier(priced: PricedPlan, settings: BudgetSettings) -> pd.DataFrame:
    """Trade each further KPI against the main one.

    Returns
    -------
    DataFrame
        `FRONTIER_COLUMNS`, mean weeks: a row of point 0 for the recent plan, then the points from
        the best for the main KPI to the best for the other; none without further KPIs.
    """
    main, rows = priced.goals.main, []
    if priced.others and priced.paid:
        total = float(priced.spend.sum())
        limit = limits("same total", total, settings, priced.channels, priced.spend)
        allocator = GoalAllocator(priced, [limit], settings)
        worth = {
            kpi: float(plan.valued().weekly().mean(axis=0).sum())
            for kpi, plan in priced.kpis.items()
        }
        for other in priced.others:
            levers: list[Floats | None] = [None]
            for share in _WEIGHTS:
                weights = dict.fromkeys(priced.kpis, 0.0)
                weights[main] = (1.0 - share) / max(worth[main], 1e-300)
                weights[other.name] = share / max(worth[other.name], 1e-300)
                levers.append(allocator.best(limit, weights))
            rows += _points(priced, other.name, levers)
    return pd.DataFrame(rows, columns=list(FRONTIER_COLUMNS))


def _points(priced: PricedPlan, kpi: str, levers: list[Floats | None]) -> list[tuple[object, ...]]:
    """Rows of the recent plan and of the budgets that no other one beats in both KPIs."""
    both = [(priced.brings(priced.goals.main, own), priced.brings(kpi, own)) for own in levers]
    mean = np.array([[one.mean() for one in each] for each in both])
    found: list[tuple[object, ...]] = []
    for place, each in enumerate(both):
        better = (mean[1:] >= mean[place]).all(axis=1) & (mean[1:] > mean[place]).any(axis=1)
        twice = place > 1 and (mean[1:place] == mean[place]).all(axis=1).any()
        if place and (better.any() or twice):
            continue
        weight = np.nan if place == 0 else float(_WEIGHTS[place - 1])
        ends = [(float(one.mean()), *map(float, effect_interval(one))) for one in each]
        found.append((kpi, len(found), weight, *ends[0], *ends[1]))
    return found
