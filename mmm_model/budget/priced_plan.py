"""The part of a plan in which money can be moved: channels whose spend is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.budget.goals import Goals
from mmm_model.budget.mixed_plan import MixedPlan
from mmm_model.effects.following import Following
from mmm_model.effects.recent_plan import Plan
from mmm_model.panel import Floats, Panel

_SHORT = 1e-6
"""Share of a floor by which a budget may miss it: what arithmetic leaves."""


@dataclass(frozen=True)
class OtherPlan:
    """The same plan as it brings another KPI.

    Parameters
    ----------
    name
        Of the KPI.
    plan
        Of the same regions and channels.
    knows_value
        Whether a value of this KPI is known.
    """

    name: str
    plan: Plan
    knows_value: bool


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
    others
        What it brings of further KPIs.
    goals
        What of these is made large; what must not fall.
    """

    plan: Plan
    channels: tuple[str, ...]
    regions: tuple[str, ...]
    knows_value: bool
    following: Following = field(default_factory=Following)
    others: tuple[OtherPlan, ...] = ()
    goals: Goals = field(default_factory=Goals)

    @classmethod
    def of(
        cls,
        plan: Plan,
        panel: Panel,
        following: Following | None = None,
        others: Sequence[tuple[str, Plan, Panel]] = (),
        goals: Goals | None = None,
    ) -> PricedPlan:
        """Leave out the channels of the panel whose spend is unknown.

        Parameters
        ----------
        others
            Name, plan and panel of each further KPI.

        Raises
        ------
        ValueError
            If a goal is of an unknown KPI, or adds up what has no value.
        """
        known = panel.has_spend
        priced = cls(
            plan=plan.only(known),
            channels=tuple(c for c, k in zip(panel.channels, known, strict=True) if k),
            regions=panel.regions,
            knows_value=_is_valued(panel),
            following=following.only(known) if following else Following(),
            others=tuple(
                OtherPlan(name, own.only(known), _is_valued(its)) for name, own, its in others
            ),
            goals=goals or Goals(),
        )
        valued = {own.name: own.knows_value for own in priced.others}
        priced.goals.check({priced.goals.main: priced.knows_value, **valued})
        return priced

    @cached_property
    def followed(self) -> FollowedPlan:
        """The plan, scaled by what is decided."""
        return FollowedPlan(self.plan, self.following)

    @cached_property
    def valued(self) -> FollowedPlan:
        """The same with its response in value: of all KPIs by their weights."""
        return self.mixed({name: self.goals.weight(name) for name in self.kpis})

    @property
    def kpis(self) -> dict[str, Plan]:
        """KPI → the plan as it brings this one, the main KPI first."""
        return {self.goals.main: self.plan} | {own.name: own.plan for own in self.others}

    def mixed(self, weights: Mapping[str, float]) -> FollowedPlan:
        """The plan with what it brings in value, weighed by KPI; in units where none is known."""
        if weights == {self.goals.main: 1.0} | dict.fromkeys((o.name for o in self.others), 0.0):
            return self.followed.valued()
        plans = tuple(plan.valued() for plan in self.kpis.values())
        mixed = MixedPlan(plans, tuple(weights[name] for name in self.kpis))
        return FollowedPlan(mixed, self.following)

    def brings(self, kpi: str, levers: Floats | None = None) -> Floats:
        """``[M]`` units of a KPI that media bring a week at levers; None: as the plan is."""
        plan = FollowedPlan(self.kpis[kpi], self.following)
        found = self.kpis[kpi].weekly() if levers is None else plan.weekly(levers)
        return np.asarray(found.sum(axis=(1, 2)))

    @cached_property
    def floors(self) -> dict[str, float]:
        """KPI → units a week that media must bring."""
        return {
            name: float(self.brings(name).mean()) if floor is None else floor
            for name, floor in self.goals.floors.items()
        }

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

    def keeps(self, kpi: str, levers: Floats) -> bool:
        """Whether levers keep the floor of a KPI."""
        floor = self.floors[kpi]
        return float(self.brings(kpi, levers).mean()) >= floor * (1.0 - _SHORT)

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


def _is_valued(panel: Panel) -> bool:
    return bool((panel.value_per_kpi > 0).any())


def _over(value: Floats, spend: Floats) -> Floats:
    return np.divide(value, spend, out=np.full_like(value, np.nan), where=spend > 0)
