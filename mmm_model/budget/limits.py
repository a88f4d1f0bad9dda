"""Limits of a scenario: its total, bounds of channels and groups, and which of them conflict."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.budget.budget_settings import BudgetSettings, Group
from mmm_model.panel import Bools, Floats

Amounts = dict[str, float]
"""Who is bounded → by how much money a week."""

FEASIBLE = 1e-9
"""Relative excess of a total over what the bounds allow that is taken for rounding."""


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
    scenario: str,
    total: float,
    settings: BudgetSettings,
    channels: Sequence[str],
    spend: Floats,
    needs: Mapping[str, float] | None = None,
) -> Limits:
    """Bounds within which the total of a scenario is split.

    Parameters
    ----------
    scenario
        Its name, for the error.
    total
        Its weekly spend.
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
    needed = np.array([(needs or {}).get(channel, 0.0) for channel in channels])
    lower, upper = _bounds(settings, channels, spend, total)
    found = Limits(
        total,
        _raised(lower, upper, spend, needed),
        upper,
        tuple(_group_limit(name, g, channels, spend) for name, g in settings.groups.items()),
    )
    if said := _conflict(found, channels, spend, needed):
        raise ValueError(f"scenario '{scenario}'{said}")
    return found


def _bounds(
    settings: BudgetSettings, channels: Sequence[str], spend: Floats, total: float
) -> tuple[Floats, Floats]:
    """Multipliers ``[C]`` of each channel: its own, or ``max_change`` around the scaled plan."""
    current = float(spend.sum())
    ratio = total / current if current > 0 else 1.0
    around = (ratio * (1 - settings.max_change), ratio * (1 + settings.max_change))
    bounds = np.array([settings.bounds.get(channel, around) for channel in channels])
    return bounds[:, 0], bounds[:, 1]


def _raised(lower: Floats, upper: Floats, spend: Floats, needed: Floats) -> Floats:
    """Lower bounds ``[C]`` that pay for what is needed, as far as the upper ones allow."""
    enough = np.divide(needed, spend, out=np.zeros_like(needed), where=(needed > 0) & (spend > 0))
    return np.maximum(lower, np.minimum(enough, upper))


def _group_limit(name: str, group: Group, channels: Sequence[str], spend: Floats) -> GroupLimit:
    """Multiples of the group's recent spend as money."""
    members = np.array([channel in group.channels for channel in channels])
    now = float(spend[members].sum())
    most = np.inf if np.isinf(group.most) else group.most * now
    return GroupLimit(name, members, group.least * now, most)


def _conflict(limits: Limits, channels: Sequence[str], spend: Floats, needed: Floats) -> str | None:
    """Say which bounds cannot hold together; None where all of them can."""
    floors = _in_money(channels, spend, limits.lower)
    ceilings = _in_money(channels, spend, limits.upper)
    needs = {name: need for name, need in zip(channels, needed.tolist(), strict=True) if need > 0}
    members = {g.name: np.array(channels, object)[g.members].tolist() for g in limits.groups}
    rounding = FEASIBLE * max(limits.total, float(spend.sum()))
    return (
        _need_conflict(needs, ceilings, rounding)
        or _group_conflict(limits.groups, members, floors, ceilings, rounding)
        or _total_conflict(
            limits.total,
            _reach(floors, members, {g.name: g.least for g in limits.groups}, operator.gt),
            _reach(ceilings, members, {g.name: g.most for g in limits.groups}, operator.lt),
            rounding,
        )
    )


def _in_money(channels: Sequence[str], spend: Floats, multiplier: Floats) -> Amounts:
    """Bounds of the channels that are paid for."""
    return {
        name: float(paid * multiple)
        for name, paid, multiple in zip(channels, spend, multiplier, strict=True)
        if paid > 0
    }


def _need_conflict(needs: Amounts, ceilings: Amounts, rounding: float) -> str | None:
    """Contracts and flights of a channel that its upper bound does not allow."""
    for name, need in needs.items():
        most = ceilings.get(name, 0.0)
        if need > most + rounding:
            return (
                f": contracts and flights of {name} need {need:,.2f} a week, but "
                f"{name} ≤ {most:,.2f}; widen its bound"
            )
    return None


def _group_conflict(
    groups: Iterable[GroupLimit],
    members: Mapping[str, Sequence[str]],
    floors: Amounts,
    ceilings: Amounts,
    rounding: float,
) -> str | None:
    """A group whose bounds those of its own channels do not allow."""
    for group in groups:
        least, most = _only(floors, members[group.name]), _only(ceilings, members[group.name])
        if sum(least.values()) > group.most + rounding:
            least = _smallest_above(least, group.most + rounding)
            return (
                f": group '{group.name}' may spend at most {group.most:,.2f} a week, but "
                f"{_listed(least, '≥')}; widen one of them"
            )
        if sum(most.values()) < group.least - rounding:
            return (
                f": group '{group.name}' must spend at least {group.least:,.2f} a week, but "
                f"{_listed(most, '≤')}; widen one of them"
            )
    return None


def _total_conflict(
    total: float, floors: Amounts, ceilings: Amounts, rounding: float
) -> str | None:
    """A total that all bounds together do not allow."""
    least, most = sum(floors.values()), sum(ceilings.values())
    if least - rounding <= total <= most + rounding:
        return None
    if not ceilings:
        return f" wants {total:,.2f} a week, but no channel has recent spend to scale"
    if total < least:
        binding = _listed(_smallest_above(floors, total + rounding), "≥")
        allowed = f"at least {least:,.2f}: {binding}"
    else:
        allowed = f"at most {most:,.2f}: {_listed(ceilings, '≤')}"
    return (
        f" wants {total:,.2f} a week, but the bounds allow {allowed}; widen one of them or change "
        "the total"
    )


def _reach(
    bounds: Amounts,
    members: Mapping[str, Sequence[str]],
    groups: Amounts,
    tighter: Callable[[float, float], bool],
) -> Amounts:
    """Bounds of one side that add up to the total it allows.

    A group's bound stands for those of its channels where it is tighter than their sum.
    """
    reach = dict(bounds)
    for name, bound in groups.items():
        inside = _only(bounds, members[name])
        if tighter(bound, sum(inside.values())):
            reach = {who: amount for who, amount in reach.items() if who not in inside}
            reach[f"group '{name}'"] = bound
    return reach


def _only(bounds: Amounts, names: Sequence[str]) -> Amounts:
    return {name: bounds[name] for name in names if name in bounds}


def _smallest_above(bounds: Amounts, allowed: float) -> Amounts:
    """Drop bounds, smallest first, while those left still add up to more than allowed."""
    kept = dict(bounds)
    for name in sorted(bounds, key=bounds.__getitem__):
        if sum(kept.values()) - bounds[name] > allowed:
            del kept[name]
    return kept


def _listed(bounds: Amounts, sign: str) -> str:
    return ", ".join(f"{name} {sign} {amount:,.2f}" for name, amount in bounds.items())
