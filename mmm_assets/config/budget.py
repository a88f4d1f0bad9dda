"""The section ``budget`` of the configuration: what a recommended budget may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mmm_assets.config.channel_kinds import is_search
from mmm_assets.config.tables import Name, Section
from mmm_model.budget.scenario_kinds import SCENARIO_KINDS

if TYPE_CHECKING:
    from mmm_model.budget.budget_settings import BudgetSettings
    from mmm_model.budget.goals import Goals
    from mmm_model.budget.scenarios import Scenario
    from mmm_model.budget.weekly_rules import WeeklyRules

    Goal = str
else:
    # What a scenario may be asked for by other than its total: that has sections of its own.
    Goal = Literal[tuple(key for key in SCENARIO_KINDS if key not in ("multiplier", "total"))]

Share = Annotated[float, Field(ge=0)]
Floor = Literal["keep"] | Share
"""Units of a KPI that media must bring a week; 'keep': as many as the recent plan."""


class GroupSection(Section):
    """Channels whose spend together is bounded, as a multiple of what they spend now."""

    channels: list[Name] = Field(min_length=1, description="channels of one group at most")
    least: Share = Field(default=0.0, description="least spend of all together")
    most: Share | None = Field(default=None, description="most spend of all together")

    @model_validator(mode="after")
    def _in_order(self) -> GroupSection:
        if self.most is not None and self.most < self.least:
            raise ValueError(f"most is {self.most}, less than least {self.least}")
        return self


class FlightSection(Section):
    """A channel that is either on air or not."""

    weeks: int = Field(default=1, ge=1, description="fewest weeks in a row")
    least: Share = Field(default=0.0, description="least money in each")


class ContractSection(Section):
    """Money that is signed for weeks of a channel."""

    channel: Name = Field(description="channel whose spend is signed")
    first_week: date = Field(description="first day of the first week")
    last_week: date = Field(description="any day of the last week")
    spend: Share = Field(description="money a week")

    @model_validator(mode="after")
    def _in_order(self) -> ContractSection:
        if self.last_week < self.first_week:
            raise ValueError(f"last_week {self.last_week} is before {self.first_week}")
        return self


class BudgetSection(Section):
    """Scenarios, bounds and rules of recommended budgets."""

    max_change: float = Field(
        default=0.3, ge=0, le=1, description="largest change of a channel's spend in a region"
    )
    bounds: dict[Name, tuple[Share, Share]] = Field(
        default={}, description="channel → [least, most] as a multiple of its recent spend"
    )
    scenarios: dict[Name, Share] = Field(
        default={}, description="name → total as a multiple of the recent one; default: 0.7 to 1.3"
    )
    totals: dict[Name, Share] = Field(default={}, description="name → total in money a week")
    goals: dict[Name, dict[Goal, Share]] = Field(
        default={}, description="name → what the total must reach, e.g. {roi: 3}"
    )
    groups: dict[Name, GroupSection] = Field(
        default={}, description="name → channels whose spend together is bounded"
    )
    caution: float = Field(
        default=0.1, ge=0, description="standard deviations of itself that a move must gain"
    )
    objective: Literal["expected", "lower_quantile"] = Field(
        default="expected", description="what is made large: the mean or the safe end of the gain"
    )
    change_cost: float = Field(
        default=0.0, ge=0, description="money that moving a unit of money costs"
    )
    horizon: int = Field(default=13, ge=1, le=104, description="weeks ahead that are planned")
    flights: dict[Name, FlightSection] = Field(
        default={}, description="channel → its flights, for budgets by week"
    )
    signed: list[ContractSection] = Field(
        default=[], description="spend that is signed, for budgets by week"
    )
    by_region: bool = Field(default=True, description="false: each channel's split stays")
    follow: dict[Name, bool] = Field(
        default={},
        description="channel → true: what others create of it moves with their spend; false: all "
        "of it is decided. Default: search follows, unless it has a bound, a group, a contract "
        "or a flight",
    )

    weights: dict[Name, Share] = Field(
        default={},
        description="KPI → weight of its value in what is made large; unsaid: 1 of the main KPI, "
        "0 of further ones",
    )
    floors: dict[Name, Floor] = Field(
        default={},
        description="KPI → units a week that media must bring at least; keep: as many as the "
        "recent plan",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, serialised: SerializerFunctionWrapHandler) -> Any:
        # A project with one KPI has the fingerprint that it always had.
        written = serialised(self)
        for key in ("weights", "floors"):
            if not written.get(key):
                written.pop(key, None)
        return written

    @property
    def channels(self) -> set[str]:
        """The channels that are named."""
        return self.ruled | set(self.follow)

    @property
    def ruled(self) -> set[str]:
        """The channels with a bound, a group, a contract or a flight."""
        ruled = set(self.bounds) | set(self.flights) | {own.channel for own in self.signed}
        return ruled.union(*(group.channels for group in self.groups.values()))

    @model_validator(mode="after")
    def _decided_or_following(self) -> BudgetSection:
        if both := sorted(self.ruled & {name for name, follows in self.follow.items() if follows}):
            raise ValueError(
                f"{', '.join(both)} cannot follow other channels and have a bound, a group, a "
                "contract or a flight of its own; leave out one or the other"
            )
        return self

    def following(
        self,
        channels: Collection[str],
        asked: Mapping[str, bool] | None = None,
        ruled: Collection[str] = (),
    ) -> frozenset[str]:
        """Channels that follow those that drive them, if any do.

        Parameters
        ----------
        channels
            Channels of the panel.
        asked
            What a question says of its own.
        ruled
            Channels on which the question has a rule.
        """
        chosen = {**self.follow, **(asked or {})}
        decided = self.ruled.union(ruled)
        return frozenset(
            name for name in channels if chosen.get(name, is_search(name) and name not in decided)
        )

    def kpi_goals(
        self,
        main: str,
        weights: Mapping[str, float] | None = None,
        floors: Mapping[str, Floor] | None = None,
    ) -> Goals:
        """What is made large and what must not fall.

        Parameters
        ----------
        main
            Name of the main KPI.
        weights, floors
            What a question says of its own.
        """
        from mmm_model.budget.goals import Goals

        kept = {**self.floors, **(floors or {})}
        return Goals(
            main,
            {**self.weights, **(weights or {})},
            {name: None if floor == "keep" else floor for name, floor in kept.items()},
        )

    def settings(self, channels: Collection[str] | None = None) -> BudgetSettings:
        """Settings of the recommendation, for the main KPI alone.

        Parameters
        ----------
        channels
            Channels of the panel: what is said of others is left out.
        """
        from mmm_model.budget.budget_settings import BudgetSettings, Group
        from mmm_model.budget.scenarios import DEFAULT_SCENARIOS

        def known(name: str) -> bool:
            return channels is None or name in channels

        groups = {
            name: Group(
                tuple(filter(known, group.channels)),
                group.least,
                float("inf") if group.most is None else group.most,
            )
            for name, group in self.groups.items()
            if any(map(known, group.channels))
        }
        return BudgetSettings(
            max_change=self.max_change,
            bounds={name: bounds for name, bounds in self.bounds.items() if known(name)},
            groups=groups,
            caution=self.caution,
            objective=self.objective,
            change_cost=self.change_cost,
            scenarios=self._scenarios() or DEFAULT_SCENARIOS,
            by_region=self.by_region,
            follow=self.following(channels or ()),
        )

    def _scenarios(self) -> tuple[Scenario, ...]:
        """Totals that are asked for; none where the usual ones are."""
        from mmm_model.budget.scenarios import Scenario

        return (
            *(Scenario.of(name, {"multiplier": share}) for name, share in self.scenarios.items()),
            *(Scenario.of(name, {"total": money}) for name, money in self.totals.items()),
            *(Scenario.of(name, goal) for name, goal in self.goals.items()),
        )

    def weekly_rules(self, channels: Collection[str], last_week: date) -> WeeklyRules:
        """Contracts and flights of the weeks of the horizon.

        Parameters
        ----------
        channels
            Channels of the panel.
        last_week
            Monday of its last week; the horizon follows.
        """
        import pandas as pd

        from mmm_model.budget.weekly_rules import Contract, Flight, WeeklyRules

        ahead = [last_week + timedelta(weeks=n) for n in range(1, self.horizon + 1)]
        return WeeklyRules(
            contracts=tuple(
                Contract(own.channel, pd.Timestamp(monday), own.spend)
                for own in self.signed
                for monday in ahead
                if own.channel in channels
                and own.first_week < monday + timedelta(weeks=1)
                and own.last_week >= monday
            ),
            flights={
                name: Flight(own.weeks, own.least)
                for name, own in self.flights.items()
                if name in channels
            },
        )
