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

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.allocation import Problem, Tabulated, allocate, with_total
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.plan import RecentPlan, recent_plan, with_all_regions
from mmm_model.response import MediaResponse, interval
from mmm_model.scenarios import BudgetSettings, Limits, limits

__all__ = [
    "Budget",
    "BudgetHeadline",
    "BudgetSettings",
    "budget_headline",
    "optimal_budgets",
    "recommend",
]

BUDGET_COLUMNS = (
    "scenario",
    "channel",
    "region",
    "current_spend",
    "optimal_spend",
    "current_response",
    "optimal_response",
    "lower",
    "upper",
)
_NODES = 33


@dataclass(frozen=True)
class Budget:
    """One scenario's recommendation, weekly means.

    Parameters
    ----------
    scenario
        Its name.
    channels, regions
        Lengths C and R; only channels whose spend is known.
    current_spend, spend
        ``[R, C]`` currency.
    current_response, response
        ``[M, R, C]`` KPI units.
    """

    scenario: str
    channels: tuple[str, ...]
    regions: tuple[str, ...]
    current_spend: Floats
    spend: Floats
    current_response: Floats
    response: Floats

    @property
    def gain(self) -> Floats:
        """``[M]`` weekly KPI gained over the recent plan."""
        return (self.response - self.current_response).sum(axis=(1, 2))

    @property
    def keeps_total(self) -> bool:
        """Whether the total is that of the recent plan."""
        return bool(np.isclose(self.spend.sum(), self.current_spend.sum(), rtol=1e-6))

    def frame(self) -> pd.DataFrame:
        """A row per channel for all regions together (region None) and for each region."""
        lower, upper = interval(with_all_regions(self.response))
        values = {
            "current_spend": with_all_regions(self.current_spend),
            "optimal_spend": with_all_regions(self.spend),
            "current_response": with_all_regions(self.current_response).mean(axis=0),
            "optimal_response": with_all_regions(self.response).mean(axis=0),
            "lower": lower,
            "upper": upper,
        }
        places = np.array([None, *self.regions], dtype=object)
        return pd.DataFrame(
            {
                "scenario": self.scenario,
                "channel": np.repeat(np.array(self.channels, dtype=object), len(places)),
                "region": np.tile(places, len(self.channels)),
                **{name: value.T.ravel() for name, value in values.items()},
            },
            columns=list(BUDGET_COLUMNS),
        )


@dataclass(frozen=True)
class BudgetHeadline:
    """What to move at today's total, per week.

    Parameters
    ----------
    scenario
        Where it is from.
    moved
        Spend that goes to another channel.
    moves
        Channel and change of its spend, largest first; channels that stay are left out.
    gain, gain_lower, gain_upper
        KPI units gained over the recent plan, with the 90 % interval over members.
    """

    scenario: str
    moved: float
    moves: tuple[tuple[str, float], ...]
    gain: float
    gain_lower: float
    gain_upper: float


def budget_headline(budgets: tuple[Budget, ...]) -> BudgetHeadline | None:
    """Sum up the first budget of today's total; None when there is none."""
    budget = next((b for b in budgets if b.keeps_total), None)
    if budget is None:
        return None
    change = (budget.spend - budget.current_spend).sum(axis=0)
    seen = 1e-9 * max(float(budget.current_spend.sum()), 1e-300)
    order = np.argsort(-np.abs(change), kind="stable")
    lower, upper = interval(budget.gain)
    return BudgetHeadline(
        scenario=budget.scenario,
        moved=float(np.clip(change, 0, None).sum()),
        moves=tuple((budget.channels[c], float(change[c])) for c in order if abs(change[c]) > seen),
        gain=float(budget.gain.mean()),
        gain_lower=float(lower),
        gain_upper=float(upper),
    )


def optimal_budgets(
    response: MediaResponse, panel: Panel, settings: BudgetSettings | None = None
) -> pd.DataFrame:
    """Recommend a budget for every scenario, as rows of the table ``optimal_budgets``.

    Parameters and errors as for `recommend`. No rows when no channel's spend is known.
    """
    frames = [budget.frame() for budget in recommend(response, panel, settings)]
    if not frames:
        return pd.DataFrame(columns=list(BUDGET_COLUMNS))
    return pd.concat(frames, ignore_index=True)


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
        Its last `mmm_model.plan.PLAN_WEEKS` weeks are the plan that is changed.
    settings
        Default: `BudgetSettings()`.

    Returns
    -------
    tuple of Budget
        In the order of the scenarios; empty when no channel's spend is known.

    Raises
    ------
    ValueError
        If a bound is on a channel without known spend, or a scenario's total lies outside
        what the bounds allow.
    """
    settings = settings or BudgetSettings()
    settings.check_channels(panel.channels, panel.has_spend)
    if not panel.has_spend.any():
        return ()
    plan = recent_plan(response, panel).only(panel.has_spend)
    channels = tuple(c for c, known in zip(panel.channels, panel.has_spend, strict=True) if known)
    spend = plan.spend.sum(axis=0)
    bounds = [limits(scenario, settings, channels, spend) for scenario in settings.scenarios]
    search = _Search(plan.valued(), bounds, settings)
    multipliers = [search.best(limit) for limit in bounds]
    before = plan.weekly()
    return tuple(
        Budget(
            scenario=scenario.name,
            channels=channels,
            regions=panel.regions,
            current_spend=plan.spend,
            spend=plan.spend * multiplier,
            current_response=before,
            response=plan.weekly(multiplier),
        )
        for scenario, multiplier in zip(settings.scenarios, multipliers, strict=True)
    )


class _Search:
    """Finds the best multipliers of a plan; its curves are tabulated once for all scenarios."""

    def __init__(self, plan: RecentPlan, bounds: list[Limits], settings: BudgetSettings) -> None:
        self.plan = plan
        self.settings = settings
        self.paid: Bools = plan.spend > 0
        low = np.min([limit.lower for limit in bounds], axis=0)
        high = np.max([limit.upper for limit in bounds], axis=0)
        # Denser near zero, where a curve bends most.
        roots = np.linspace(np.sqrt(low), np.sqrt(np.maximum(high, low + 1e-3)), _NODES, axis=1)
        self.nodes: Floats = roots**2  # [C, G]
        every = [np.broadcast_to(node, plan.spend.shape) for node in self.nodes.T]
        value = np.stack([plan.weekly(u).mean(axis=0) for u in every], axis=-1)
        slope = np.stack([plan.weekly_marginal(u).mean(axis=0) for u in every], axis=-1)
        # At zero a curve may rise infinitely steeply; three times the chord keeps it monotone.
        chord = np.diff(value, axis=-1)[..., 0] / (self.nodes[:, 1] - self.nodes[:, 0])
        slope[..., 0] = np.minimum(slope[..., 0], 3.0 * chord)
        self.value: Floats = value * self.paid[..., None]  # [R, C, G]
        self.slope: Floats = slope * self.paid[..., None]

    def best(self, limit: Limits) -> Floats:
        """Multipliers ``[R, C]`` of the best budget; 1 where there is no spend to scale."""
        spend = self.plan.spend
        cost = spend.sum(axis=0)
        use = cost > 0
        if not use.any():
            return np.ones_like(spend)
        start = np.clip(limit.total / cost.sum(), limit.lower, limit.upper)
        start = with_total(start, cost, limit.total, limit.lower, limit.upper)
        problem = Problem(
            curves=Tabulated(
                self.nodes[use], self.value.sum(axis=0)[use], self.slope.sum(axis=0)[use]
            ),
            cost=cost[use],
            lower=limit.lower[use],
            upper=limit.upper[use],
            start=start[use],
            hesitation=self._hesitation(start)[use],
        )
        by_channel = np.ones(len(cost))
        by_channel[use] = allocate(problem)
        multiplier = np.where(self.paid, by_channel, 1.0)
        if self.settings.by_region and len(spend) > 1:
            multiplier[self.paid] = allocate(self._by_region(limit, multiplier))
        return multiplier

    def _by_region(self, limit: Limits, start: Floats) -> Problem:
        channel = np.nonzero(self.paid)[1]
        return Problem(
            curves=Tabulated(self.nodes[channel], self.value[self.paid], self.slope[self.paid]),
            cost=self.plan.spend[self.paid],
            lower=limit.lower[channel],
            upper=limit.upper[channel],
            start=start[self.paid],
            hesitation=self._hesitation(start)[self.paid],
        )

    def _hesitation(self, multiplier: Floats) -> Floats:
        """Gain that a unit of change must bring: ``[C]`` for ``[C]``, ``[R, C]`` for ``[R, C]``."""
        spend = self.plan.spend
        marginal = self.plan.weekly_marginal(np.broadcast_to(multiplier, spend.shape)) * self.paid
        if len(marginal) == 1:  # one member knows no uncertainty
            return np.zeros_like(multiplier)
        average = marginal.sum(axis=(1, 2)) / spend.sum()
        if multiplier.ndim == 1:
            spend, marginal = spend.sum(axis=0), marginal.sum(axis=1)
        else:
            average = average[:, None]
        excess = marginal - average[:, None] * spend
        return self.settings.caution * excess.std(axis=0, ddof=1)
