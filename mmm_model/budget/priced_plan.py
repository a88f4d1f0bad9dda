"""The part of a plan in which money can be moved: channels whose spend is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmm_model.effects.recent_plan import Plan
from mmm_model.panel import Floats, Panel


@dataclass(frozen=True)
class PricedPlan:
    """A plan of channels with spend, and what it returns.

    Parameters
    ----------
    plan
        Of R ``regions`` and C ``channels``; every spend is known.
    knows_value
        Whether a value of the KPI is known; without one, returns are in KPI units.
    """

    plan: Plan
    channels: tuple[str, ...]
    regions: tuple[str, ...]
    knows_value: bool

    @classmethod
    def of(cls, plan: Plan, panel: Panel) -> PricedPlan:
        """Leave out the channels of the panel whose spend is unknown."""
        known = panel.has_spend
        return cls(
            plan=plan.only(known),
            channels=tuple(c for c, k in zip(panel.channels, known, strict=True) if k),
            regions=panel.regions,
            knows_value=bool((panel.value_per_kpi > 0).any()),
        )

    @cached_property
    def valued(self) -> Plan:
        """The plan with its response in value."""
        return self.plan.valued()

    @cached_property
    def spend(self) -> Floats:
        """``[C]`` weekly spend, all regions together."""
        return self.plan.spend.sum(axis=0)

    @property
    def paid(self) -> set[str]:
        """Channels with spend in the plan."""
        return {c for c, money in zip(self.channels, self.spend, strict=True) if money > 0}

    @cached_property
    def recent_response(self) -> Floats:
        """``[M, R, C]`` what the plan brings as it is, KPI units a week."""
        return self.plan.weekly()

    def scaled(self, multiplier: Floats) -> ScaledPlan:
        """Return what the plan does when its spend is multiplied by ``[R, C]``."""
        return ScaledPlan(self, multiplier)


@dataclass(frozen=True)
class ScaledPlan:
    """A plan whose spend is multiplied; a figure is worked out when it is first read.

    It is a `mmm_model.budget.scenario_kinds.kind.Outcome`.

    Parameters
    ----------
    multiplier
        ``[R, C]``.
    """

    priced: PricedPlan
    multiplier: Floats

    @cached_property
    def spend_by_channel(self) -> Floats:
        """``[C]`` weekly spend."""
        return (self.priced.plan.spend * self.multiplier).sum(axis=0)

    @cached_property
    def value_by_channel(self) -> Floats:
        """``[C]`` what the channel's spend brings a week, money."""
        return self.priced.valued.weekly(self.multiplier).mean(axis=0).sum(axis=0)

    @cached_property
    def marginal_by_channel(self) -> Floats:
        """``[C]`` value of one more unit of spend, spread as it is; NaN without spend."""
        slope = self.priced.valued.weekly_marginal(self.multiplier).mean(axis=0)
        return _over((slope * self.multiplier).sum(axis=0), self.spend_by_channel)

    @property
    def spend(self) -> float:
        """Weekly spend."""
        return float(self.spend_by_channel.sum())

    @cached_property
    def kpi(self) -> float:
        """KPI that media bring a week, mean over members."""
        return float(self.priced.plan.weekly(self.multiplier).mean(axis=0).sum())

    @property
    def value(self) -> float:
        """Value that media bring a week."""
        return float(self.value_by_channel.sum())

    @property
    def roi(self) -> float:
        """Value over spend; NaN without spend."""
        return self.value / self.spend if self.spend > 0 else math.nan

    @property
    def marginal_roi(self) -> float:
        """Value of one more unit of money, spread as the plan is; NaN without spend."""
        rise = float(np.nansum(self.marginal_by_channel * self.spend_by_channel))
        return rise / self.spend if self.spend > 0 else math.nan


def _over(value: Floats, spend: Floats) -> Floats:
    return np.divide(value, spend, out=np.full_like(value, np.nan), where=spend > 0)
