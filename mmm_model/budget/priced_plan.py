"""The part of a plan in which money can be moved: channels whose spend is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.effects.following import Following
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
    following
        Which channels follow which.
    """

    plan: Plan
    channels: tuple[str, ...]
    regions: tuple[str, ...]
    knows_value: bool
    following: Following = field(default_factory=Following)

    @classmethod
    def of(cls, plan: Plan, panel: Panel, following: Following | None = None) -> PricedPlan:
        """Leave out the channels of the panel whose spend is unknown."""
        known = panel.has_spend
        return cls(
            plan=plan.only(known),
            channels=tuple(c for c, k in zip(panel.channels, known, strict=True) if k),
            regions=panel.regions,
            knows_value=bool((panel.value_per_kpi > 0).any()),
            following=following.only(known) if following else Following(),
        )

    @cached_property
    def followed(self) -> FollowedPlan:
        """The plan, scaled by what is decided."""
        return FollowedPlan(self.plan, self.following)

    @cached_property
    def valued(self) -> FollowedPlan:
        """The same with its response in value."""
        return self.followed.valued()

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

    def scaled(self, levers: Floats) -> ScaledPlan:
        """Return what the plan does at levers ``[R, C]``."""
        return ScaledPlan(self, levers)


@dataclass(frozen=True)
class ScaledPlan:
    """A plan whose spend is scaled; a figure is worked out when it is first read.

    It is a `mmm_model.budget.scenario_kinds.kind.Outcome`.

    Parameters
    ----------
    levers
        ``[R, C]``.
    """

    priced: PricedPlan
    levers: Floats

    @cached_property
    def spend_by_cell(self) -> Floats:
        """``[R, C]`` weekly spend."""
        return self.priced.followed.spend_at(self.levers)

    @cached_property
    def spend_by_channel(self) -> Floats:
        """``[C]`` weekly spend."""
        return self.spend_by_cell.sum(axis=0)

    @cached_property
    def value_by_channel(self) -> Floats:
        """``[C]`` what the channel's spend brings a week, money."""
        return self.priced.valued.weekly(self.levers).mean(axis=0).sum(axis=0)

    @cached_property
    def marginal_by_channel(self) -> Floats:
        """``[C]`` value of one more unit of spend, spread as it is; NaN without spend.

        What follows a channel brings its own and costs its own. Of a channel that follows:
        what a unit more than follows brings.
        """
        plan, levers = self.priced.valued, self.levers
        rise = (plan.weekly_marginal(levers).mean(axis=0) * levers).sum(axis=0)
        return _over(rise, (plan.weekly_cost(levers) * levers).sum(axis=0))

    @property
    def _scale(self) -> Floats:
        """``[R, C]`` expected multiplier of each channel's spend."""
        return self.priced.following.multiplier(self.levers).mean(axis=0)

    @property
    def spend(self) -> float:
        """Weekly spend."""
        return float(self.spend_by_channel.sum())

    @cached_property
    def kpi(self) -> float:
        """KPI that media bring a week, mean over members."""
        return float(self.priced.followed.weekly(self.levers).mean(axis=0).sum())

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
        marginal = self.marginal_by_channel
        if self.priced.following:  # the spend of what follows is in the plan that is spread
            slope = self.priced.valued.plan.weekly_marginal(self._scale).mean(axis=0)
            marginal = _over((slope * self._scale).sum(axis=0), self.spend_by_channel)
        rise = float(np.nansum(marginal * self.spend_by_channel))
        return rise / self.spend if self.spend > 0 else math.nan


def _over(value: Floats, spend: Floats) -> Floats:
    return np.divide(value, spend, out=np.full_like(value, np.nan), where=spend > 0)
