"""How to split the media budget over channels and regions.

The plan that is changed is the recent one; its spend in a channel and region is scaled,
its weeks keep their shares. What that brings is read off the model's own curves, for
every member of the ensemble. Direct effects only.

Caution
-------
By default money moves only where the gain exceeds its own uncertainty. Take the value of
the next unit of spend in a cell, minus that of the average unit of the plan, once per
member: its standard deviation, times ``caution``, is what a unit of change in that cell
has to gain before it is made. Then every recommended change gains, to first order, at
least ``caution`` standard deviations of its own gain (by the triangle inequality, whatever
the correlation between cells). The split over channels is decided first, with all regions
together, then the split over regions: uncertainty about single regions does not block what
is known about the channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmm_model.allocation import Problem, Tabulated, allocate, with_total
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.plan import RecentPlan, recent_plan
from mmm_model.response import MediaResponse, interval

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
_SAME_TOTAL = 1e-6


@dataclass(frozen=True)
class Scenario:
    """A total to split: a multiple of the recent plan's, or an amount a week.

    Raises
    ------
    ValueError
        Unless exactly one of ``multiplier`` and ``total`` is given, finite and ≥ 0.
    """

    name: str
    multiplier: float | None = None
    total: float | None = None

    def __post_init__(self) -> None:
        given = [v for v in (self.multiplier, self.total) if v is not None]
        if len(given) != 1 or not np.isfinite(given[0]) or given[0] < 0:
            raise ValueError(
                f"scenario '{self.name}' needs either a multiplier or a total of at least 0"
            )

    def weekly_total(self, current: float) -> float:
        """Total weekly spend, where the recent plan's is ``current``."""
        return self.total if self.total is not None else (self.multiplier or 0.0) * current


SAME_BUDGET = "same_budget"
DEFAULT_SCENARIOS = (
    Scenario(SAME_BUDGET, multiplier=1.0),
    Scenario("minus_20", multiplier=0.8),
    Scenario("minus_10", multiplier=0.9),
    Scenario("plus_10", multiplier=1.1),
    Scenario("plus_20", multiplier=1.2),
)


@dataclass(frozen=True)
class BudgetSettings:
    """What a recommended budget may do.

    Parameters
    ----------
    max_change
        Largest change of a channel's spend in a region, as a share of the recent plan
        scaled to the scenario's total; in [0, 1]. Being relative to the scaled plan, it
        cannot conflict with a total.
    bounds
        Channel → least and largest multiplier of the recent plan, whatever the total;
        replaces ``max_change`` there. (1, 1) pins a channel.
    scenarios
        Totals to split.
    by_region
        False keeps every channel's split over regions as it is.
    caution
        Standard deviations of its own uncertainty that a change must gain; 0 trusts the
        mean.

    Raises
    ------
    ValueError
        If a value is out of range or a scenario's name is used twice.
    """

    max_change: float = 0.3
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = DEFAULT_SCENARIOS
    by_region: bool = True
    caution: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.max_change <= 1:
            raise ValueError(f"max_change is {self.max_change}, allowed is 0 to 1")
        if not (np.isfinite(self.caution) and self.caution >= 0):
            raise ValueError(f"caution is {self.caution}, allowed is 0 or more")
        for channel, (low, high) in self.bounds.items():
            if not 0 <= low <= high < np.inf:
                raise ValueError(
                    f"bounds of '{channel}' are ({low}, {high}), allowed is 0 ≤ low ≤ high"
                )
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError(f"scenario names must differ, found {names}")


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
        return bool(np.isclose(self.spend.sum(), self.current_spend.sum(), rtol=_SAME_TOTAL))

    def frame(self) -> pd.DataFrame:
        """A row per channel for all regions together (region None) and for each region."""
        lower, upper = interval(_with_total(self.response))
        values = {
            "current_spend": _with_total(self.current_spend),
            "optimal_spend": _with_total(self.spend),
            "current_response": _with_total(self.current_response).mean(axis=0),
            "optimal_response": _with_total(self.response).mean(axis=0),
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


def optimal_budgets(
    response: MediaResponse, panel: Panel, settings: BudgetSettings | None = None
) -> pd.DataFrame:
    """Recommend a budget for every scenario, as the rows of ``mart.optimal_budgets``.

    Parameters and errors as for `recommend`. Without any known spend: no rows.
    """
    frames = [budget.frame() for budget in recommend(response, panel, settings)]
    if not frames:
        return pd.DataFrame(columns=list(BUDGET_COLUMNS))
    return pd.concat(frames, ignore_index=True)


def recommend(
    response: MediaResponse, panel: Panel, settings: BudgetSettings | None = None
) -> tuple[Budget, ...]:
    """Recommend a budget for every scenario.

    Maximises the expected value (KPI where no value is known) over the ensemble's mean,
    less the caution of the module's docstring; the total is spent exactly, bounds hold.
    A channel or region without recent spend stays without.

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
        If a bound names an unknown channel or one whose spend is unknown, or the bounds
        do not allow a scenario's total.
    """
    settings = settings or BudgetSettings()
    known = panel.has_spend
    _check_channels(settings, panel.channels, known)
    if not known.any() or not panel.regions:
        return ()
    plan = _only(recent_plan(response, panel), known)
    channels = tuple(np.array(panel.channels, dtype=object)[known])
    current = float(plan.spend.sum())
    totals = [scenario.weekly_total(current) for scenario in settings.scenarios]
    limits = [_limits(settings, channels, total / current if current else 1.0) for total in totals]
    for scenario, total, (lower, upper) in zip(settings.scenarios, totals, limits, strict=True):
        _check_total(scenario.name, total, plan.spend.sum(axis=0), lower, upper, channels, settings)
    search = _Search.over(plan.valued(), limits, settings)
    before = plan.weekly()
    budgets = []
    for scenario, total, (lower, upper) in zip(settings.scenarios, totals, limits, strict=True):
        multiplier = search.best(total, lower, upper)
        after = plan.weekly(multiplier)
        budgets.append(
            Budget(
                scenario=scenario.name,
                channels=channels,
                regions=panel.regions,
                current_spend=plan.spend,
                spend=plan.spend * multiplier,
                current_response=before,
                response=after,
            )
        )
    return tuple(budgets)
