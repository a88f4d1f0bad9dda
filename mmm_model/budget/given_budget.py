"""A budget that somebody gives, priced: nothing is optimised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.goals import Goals
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.budget.recommend import priced_plan
from mmm_model.budget.recommended_budget import RecommendedBudget
from mmm_model.budget.scenario_kinds.total import Total
from mmm_model.budget.scenarios import Scenario
from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.further_kpis import FurtherKpi
from mmm_model.panel import Bools, Floats, Panel


@dataclass(frozen=True)
class GivenSpend:
    """Money that a channel gets in a mean week.

    Parameters
    ----------
    region
        None: all regions together, in the proportions of the recent plan.

    Raises
    ------
    ValueError
        Unless the money is finite and ≥ 0.
    """

    channel: str
    spend: float
    region: str | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.spend) and self.spend >= 0):
            raise ValueError(f"spend of {self} is {self.spend}, allowed is 0 or more")

    def __str__(self) -> str:
        """The channel, and its region where one is named."""
        return f"'{self.channel}'" + (f" in '{self.region}'" if self.region is not None else "")


def given_budget(
    response: MediaResponse,
    panel: Panel,
    given: Sequence[GivenSpend],
    others: Sequence[FurtherKpi] = (),
    main: str = "KPI",
) -> RecommendedBudget:
    """Price a budget; what is not given stays as in the recent plan.

    Parameters
    ----------
    response
        Of a model on ``panel``.
    panel
        Its last `mmm_model.settings.PLAN_WEEKS` weeks are the plan that is changed.
    others, main
        KPIs beside that of ``response``, and its name.

    Raises
    ------
    ValueError
        If a channel or region is unknown, a channel's spend is, or one is given twice; and if
        money is given where none was spent, as there is no plan to scale.
    """
    unpriced = set(panel.channels) - {
        c for c, known in zip(panel.channels, panel.has_spend, strict=True) if known
    }
    for one in given:
        if one.channel in unpriced:
            raise ValueError(f"spend is given for '{one.channel}', whose spend is unknown so far")
    priced = priced_plan(response, panel, BudgetSettings(goals=Goals(main)), others=others)
    multiplier = np.ones_like(priced.plan.spend)
    taken = np.zeros(multiplier.shape, dtype=bool)
    for one in given:
        cells = _cells(priced, one)
        if (taken & cells).any():
            raise ValueError(f"spend of {one} is given twice")
        taken |= cells
        multiplier[cells] = _scale(priced.plan.spend, cells, one)
    total = float((priced.plan.spend * multiplier).sum())
    free: tuple[str | None, ...] = (None,) * len(priced.channels)
    return RecommendedBudget.of(Scenario("given", Total(total)), priced, multiplier, free)


def _cells(priced: PricedPlan, one: GivenSpend) -> Bools:
    """``[R, C]``: what the money is for."""
    if one.channel not in priced.channels:
        raise ValueError(f"no channel '{one.channel}'; there are {', '.join(priced.channels)}")
    if one.region is not None and one.region not in priced.regions:
        raise ValueError(f"no region '{one.region}'; there are {', '.join(priced.regions)}")
    channel = np.array([name == one.channel for name in priced.channels])
    region = np.array([one.region in (None, name) for name in priced.regions])
    return region[:, None] & channel


def _scale(spend: Floats, cells: Bools, one: GivenSpend) -> float:
    """What the recent plan of the cells is multiplied by."""
    now = float(spend[cells].sum())
    if now > 0:
        return one.spend / now
    if one.spend > 0:
        raise ValueError(
            f"{one} has no spend in the last year, so there is no plan to scale: leave it out"
        )
    return 1.0
