"""Settings of a recommendation: how far spend may move, what must be gained by a move."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mmm_model.budget.goals import Goals
from mmm_model.budget.scenarios import DEFAULT_SCENARIOS, Scenario
from mmm_model.panel import Bools

OBJECTIVES = ("expected", "lower_quantile")


@dataclass(frozen=True)
class Group:
    """Channels whose spend together is bounded, as multiples of what they spend now.

    Raises
    ------
    ValueError
        If there is no channel, or not 0 ≤ least ≤ most.
    """

    channels: tuple[str, ...]
    least: float = 0.0
    most: float = np.inf

    def __post_init__(self) -> None:
        if not self.channels or not 0 <= self.least <= self.most:
            raise ValueError(
                f"a group of {list(self.channels)} from {self.least} to {self.most}: it needs "
                "channels and 0 ≤ least ≤ most"
            )


@dataclass(frozen=True)
class BudgetSettings:
    """How far a recommended budget may move money, and what a move must gain.

    Parameters
    ----------
    max_change
        Largest change of a channel's spend in a region, as a share of the recent plan
        scaled to the scenario's total; in [0, 1]. Being relative to the scaled plan, it
        can never conflict with the total.
    bounds
        Channel → least and largest multiplier of the recent plan, whatever the total;
        replaces ``max_change`` there. (1, 1) pins a channel.
    groups
        Name → channels whose spend together is bounded; a channel is in one group at most.
    scenarios
        Totals to split.
    by_region
        False keeps every channel's split over regions as it is.
    caution
        Standard deviations of its own uncertainty that a change must gain; 0 trusts the
        mean.
    objective
        ``"expected"`` response over the ensemble, or the ``"lower_quantile"`` of its gain, see
        `mmm_model.intervals.lower_quantile`.
    change_cost
        Money that moving a unit of money costs; it must be gained besides.
    follow
        Channels whose spend moves with that of their drivers, where the model knows any.
    goals
        What is made large and what must not fall, where there are several KPIs.

    Raises
    ------
    ValueError
        If a value is out of range or a scenario's name is used twice.
    """

    max_change: float = 0.3
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = DEFAULT_SCENARIOS
    by_region: bool = True
    caution: float = 0.1
    objective: Literal["expected", "lower_quantile"] = "expected"
    change_cost: float = 0.0
    follow: frozenset[str] = frozenset()
    goals: Goals = field(default_factory=Goals)

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_names()

    def _check_numbers(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ValueError(
                f"objective is '{self.objective}', allowed are {', '.join(OBJECTIVES)}"
            )
        if not 0 <= self.change_cost < np.inf:
            raise ValueError(f"change_cost is {self.change_cost}, allowed is 0 or more")
        if not 0 <= self.max_change <= 1:
            raise ValueError(f"max_change is {self.max_change}, allowed is 0 to 1")
        if not (np.isfinite(self.caution) and self.caution >= 0):
            raise ValueError(f"caution is {self.caution}, allowed is 0 or more")
        for channel, (low, high) in self.bounds.items():
            if not 0 <= low <= high < np.inf:
                raise ValueError(
                    f"bounds of '{channel}' are ({low}, {high}), allowed is 0 ≤ low ≤ high"
                )

    def _check_names(self) -> None:
        grouped = [channel for group in self.groups.values() for channel in group.channels]
        if twice := sorted({c for c in grouped if grouped.count(c) > 1}):
            raise ValueError(f"{twice} are in more than one group of channels")
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError(f"scenario names must differ, found {names}")

    def check_channels(self, channels: tuple[str, ...], has_spend: Bools) -> None:
        """Raise ValueError if a bound is on a channel that has no budget."""
        named = set(self.bounds).union(*(group.channels for group in self.groups.values()))
        if unknown := sorted(named - set(channels)):
            raise ValueError(f"bounds name unknown channels {unknown}; known: {list(channels)}")
        priced = {c for c, known in zip(channels, has_spend, strict=True) if known}
        if unpriced := sorted(named - priced):
            raise ValueError(f"bounds are set for {unpriced}, whose spend is unknown")

    def check_following(self, following: Iterable[str], needs: Collection[str]) -> None:
        """Raise ValueError if a rule is on a channel that follows others.

        Parameters
        ----------
        needs
            Channels with contracts or flights.
        """
        grouped = {c for group in self.groups.values() for c in group.channels}
        if ruled := sorted(set(following) & (set(self.bounds) | grouped | set(needs))):
            raise ValueError(
                f"{', '.join(ruled)} cannot follow other channels and have a bound, a group, a "
                "contract or a flight of its own; leave out one or the other"
            )
