"""What a budget may be: totals to split, how far spend may move, when that is impossible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mmm_model.panel import Bools, Floats

Term = tuple[str, float]
"""Who is bounded, and by how much money a week."""

FEASIBLE = 1e-9
"""Relative excess of a total over what the bounds allow that is taken for rounding."""


OBJECTIVES = ("expected", "lower_quantile")
GOALS = ("roi", "marginal_roi", "kpi")


@dataclass(frozen=True)
class Scenario:
    """A total to split: a multiple of the recent plan's, an amount a week, or what a goal needs.

    Parameters
    ----------
    name
        How the scenario is called.
    multiplier, total
        Weekly spend, over that of the recent plan or in money.
    roi
        The largest total whose value is still this many times the spend.
    marginal_roi
        The largest total at which another unit of money still returns this much.
    kpi
        The least total that brings so much KPI a week through media.

    Raises
    ------
    ValueError
        Unless exactly one of them is given, finite and ≥ 0.
    """

    name: str
    multiplier: float | None = None
    total: float | None = None
    roi: float | None = None
    marginal_roi: float | None = None
    kpi: float | None = None

    def __post_init__(self) -> None:
        given = [getattr(self, f) for f in ("multiplier", "total", *GOALS)]
        given = [value for value in given if value is not None]
        if len(given) != 1 or not np.isfinite(given[0]) or given[0] < 0:
            raise ValueError(
                f"scenario '{self.name}' needs either a multiplier, a total or a goal "
                f"({', '.join(GOALS)}), one of them and of at least 0"
            )

    @property
    def asked(self) -> tuple[str, float]:
        """Which of them is given, and its value."""
        return next(
            (field, float(value))
            for field in ("multiplier", "total", *GOALS)
            if (value := getattr(self, field)) is not None
        )

    def weekly_total(self, current: float) -> float:
        """Total weekly spend, where the recent plan's is ``current``; not for a goal."""
        return self.total if self.total is not None else (self.multiplier or 0.0) * current


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


DEFAULT_SCENARIOS = (
    Scenario("same_budget", multiplier=1.0),
    Scenario("minus_30", multiplier=0.7),
    Scenario("minus_20", multiplier=0.8),
    Scenario("minus_10", multiplier=0.9),
    Scenario("plus_10", multiplier=1.1),
    Scenario("plus_20", multiplier=1.2),
    Scenario("plus_30", multiplier=1.3),
)


@dataclass(frozen=True)
class BudgetSettings:
    """What a recommended budget may do.

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
        ``"expected"`` response over the ensemble, or the ``"lower_quantile"`` of its gain: the
        mean less 1.64 standard deviations, which 5 % of a normal distribution are below.
    change_cost
        Money that moving a unit of money costs; it must be gained besides.

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
    caution: float = 0.5
    objective: Literal["expected", "lower_quantile"] = "expected"
    change_cost: float = 0.0

    def __post_init__(self) -> None:
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


@dataclass(frozen=True)
class GroupLimit:
    """Bounds of a group in money a week; ``members`` is True in ``[C]`` for its channels."""

    name: str
    members: Bools
    least: float
    most: float


@dataclass(frozen=True)
class Limits:
    """A scenario's total and how far each channel's plan may be scaled.

    Parameters
    ----------
    total
        Weekly spend.
    lower, upper
        ``[C]`` multipliers of the recent plan.
    groups
        Bounds of channels together.
    """

    total: float
    lower: Floats
    upper: Floats
    groups: tuple[GroupLimit, ...] = ()


def limits(
    scenario: Scenario,
    settings: BudgetSettings,
    channels: tuple[str, ...],
    spend: Floats,
    needs: Mapping[str, float] | None = None,
) -> Limits:
    """Bounds of a scenario that has a total.

    Parameters
    ----------
    channels, spend
        C names and ``[C]`` weekly spend of the recent plan.
    needs
        Channel → least money a week, by contracts and flights.

    Raises
    ------
    ValueError
        If a need conflicts with its channel's bound, a group's bounds with those of its
        channels, or all bounds with the total. Those that are named are a smallest set that
        conflicts: without any one of them, the others could be met.
    """
    current = float(spend.sum())
    total = scenario.weekly_total(current)
    ratio = total / current if current > 0 else 1.0
    around = (ratio * (1 - settings.max_change), ratio * (1 + settings.max_change))
    bounds = np.array([settings.bounds.get(channel, around) for channel in channels])
    lower, upper = bounds[:, 0], bounds[:, 1]
    room = FEASIBLE * max(total, current)
    for c, channel in enumerate(channels):
        need = (needs or {}).get(channel, 0.0)
        if need > spend[c] * upper[c] + room:
            raise ValueError(
                f"scenario '{scenario.name}': contracts and flights of {channel} need "
                f"{need:,.2f} a week, but {channel} ≤ {spend[c] * upper[c]:,.2f}; widen its bound"
            )
        if need > 0:
            lower[c] = max(lower[c], min(need / spend[c], upper[c]))
    groups = tuple(_group_limit(name, g, channels, spend) for name, g in settings.groups.items())
    for group in groups:
        own = [(c, s) for c, s, m in zip(channels, spend, group.members, strict=True) if m]
        low, high = lower[group.members], upper[group.members]
        at_least, at_most = _terms(own, low), _terms(own, high)
        if spend[group.members] @ low > group.most + room:
            at_least = _smallest(at_least, group.most + room)
            raise ValueError(
                f"scenario '{scenario.name}': group '{group.name}' may spend at most "
                f"{group.most:,.2f} a week, but {_words(at_least, '≥')}; widen one of them"
            )
        if spend[group.members] @ high < group.least - room:
            raise ValueError(
                f"scenario '{scenario.name}': group '{group.name}' must spend at least "
                f"{group.least:,.2f} a week, but {_words(at_most, '≤')}; widen one of them"
            )
    least, floor = _reach(channels, spend, lower, groups, "≥")
    most, ceiling = _reach(channels, spend, upper, groups, "≤")
    if least - room <= total <= most + room:
        return Limits(total, lower, upper, groups)
    if current <= 0:
        raise ValueError(
            f"scenario '{scenario.name}' wants {total:,.2f} a week, but no channel has recent "
            "spend to scale"
        )
    if total < least:
        side, reached, words = "least", least, _words(_smallest(floor, total + room), "≥")
    else:
        side, reached, words = "most", most, _words(ceiling, "≤")
    raise ValueError(
        f"scenario '{scenario.name}' wants {total:,.2f} a week, but the bounds allow at {side} "
        f"{reached:,.2f}: {words}; widen one of them or change the total"
    )


def _group_limit(name: str, group: Group, channels: tuple[str, ...], spend: Floats) -> GroupLimit:
    members = np.array([channel in group.channels for channel in channels])
    now = float(spend[members].sum())
    most = np.inf if np.isinf(group.most) else group.most * now
    return GroupLimit(name, members, group.least * now, most)


def _reach(
    channels: tuple[str, ...],
    spend: Floats,
    reach: Floats,
    groups: tuple[GroupLimit, ...],
    sign: str,
) -> tuple[float, list[Term]]:
    """Total that the bounds of one side allow, and the bounds that add up to it."""
    own = spend * reach
    alone, total, terms = np.ones(len(spend), dtype=bool), 0.0, []
    for group in groups:
        inside = float(own[group.members].sum())
        tight = group.least > inside if sign == "≥" else group.most < inside
        if tight:
            bound = group.least if sign == "≥" else group.most
            total += bound
            terms.append((f"group '{group.name}'", bound))
            alone &= ~group.members
    pairs = [(c, s) for c, s, a in zip(channels, spend, alone, strict=True) if a]
    return total + float(own[alone].sum()), [*_terms(pairs, reach[alone]), *terms]


def _terms(pairs: list[tuple[str, float]], reach: Floats) -> list[Term]:
    """Bounds of channels that are paid for, in money."""
    return [
        (channel, float(multiple * paid))
        for (channel, paid), multiple in zip(pairs, reach, strict=True)
        if paid > 0
    ]


def _smallest(terms: list[Term], allowed: float) -> list[Term]:
    """Drop lower bounds, smallest first, while those left still add up to more than allowed."""
    kept = list(terms)
    for term in sorted(terms, key=lambda term: term[1]):
        if sum(amount for _, amount in kept) - term[1] > allowed:
            kept.remove(term)
    return kept


def _words(terms: list[Term], sign: str) -> str:
    return ", ".join(f"{name} {sign} {amount:,.2f}" for name, amount in terms)
