"""A budget by channel, region and week: how the money of a horizon is spread over its weeks.

Responses add up over channels, so with a channel's money given its best rhythm is a problem
of its own. Rhythms and the split of the money are improved in turns: at a rhythm that is best,
more money in this rhythm is worth what more money in the best rhythm is (the envelope
theorem), so where the turns settle no first-order improvement is left. All regions share a
channel's rhythm. Unless a flight says otherwise, no week is below the least or above the
largest of the last year, where the data end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mmm_model.budget.budget import Budget, in_cents
from mmm_model.budget.future_plan import FuturePlan, future_plan
from mmm_model.budget.optimise import split
from mmm_model.budget.scenarios import BudgetSettings
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import PLAN_WEEKS

WEEKLY_COLUMNS = ("scenario", "channel", "week", "current_spend", "optimal_spend")
_TURNS = 2
_STEPS = 25
_HALVINGS = 60
_SMALLEST_STEP = 1e-4


@dataclass(frozen=True)
class Flight:
    """A channel that is either on air or not: fewest weeks in a row, least money in each.

    Raises
    ------
    ValueError
        Unless weeks ≥ 1 and least ≥ 0.
    """

    weeks: int = 1
    least: float = 0.0

    def __post_init__(self) -> None:
        if self.weeks < 1 or not 0 <= self.least < np.inf:
            raise ValueError(
                f"a flight of {self.weeks} weeks of at least {self.least}, allowed are 1 week or "
                "more and 0 or more"
            )


@dataclass(frozen=True)
class Contract:
    """Money of a channel that is signed for a week, all regions together."""

    channel: str
    week: pd.Timestamp
    spend: float


@dataclass(frozen=True)
class WeeklyRules:
    """What is fixed about single weeks.

    Parameters
    ----------
    contracts
        Spend that is signed; more may be added.
    flights
        Channel → its flights; such a channel has at least one in the horizon.
    """

    contracts: tuple[Contract, ...] = ()
    flights: Mapping[str, Flight] = field(default_factory=dict)


@dataclass(frozen=True)
class WeeklyBudget:
    """A budget and its weeks.

    Parameters
    ----------
    budget
        By channel and region, means of a week of the horizon.
    weeks
        The H Mondays.
    current, spend
        ``[H, C]`` all regions together.
    """

    budget: Budget
    weeks: pd.DatetimeIndex
    current: Floats
    spend: Floats

    def frame(self) -> pd.DataFrame:
        """A row per channel and week, in cents that add up to the total."""
        weeks, channels = self.spend.shape
        return pd.DataFrame(
            {
                "scenario": self.budget.scenario.name,
                "channel": np.repeat(np.array(self.budget.channels, dtype=object), weeks),
                "week": np.tile(self.weeks, channels),
                "current_spend": in_cents(self.current.T.ravel()),
                "optimal_spend": in_cents(self.spend.T.ravel()),
            },
            columns=list(WEEKLY_COLUMNS),
        )


def plan_weeks(
    model: FittedModel,
    panel: Panel,
    weeks: int,
    settings: BudgetSettings | None = None,
    rules: WeeklyRules | None = None,
) -> tuple[WeeklyBudget, ...]:
    """Recommend a budget of the next weeks for every scenario.

    Parameters
    ----------
    model, panel
        A model and the panel that it was fitted to.
    weeks
        H of the horizon.
    settings
        Totals are for a mean week; bounds count from the recent plan.
    rules
        Of single weeks.

    Returns
    -------
    tuple of WeeklyBudget
        Empty when no channel's spend is known.

    Raises
    ------
    ValueError
        If a rule names a channel or week that is not planned, or what is asked conflicts; the
        message names what does.
    """
    settings, rules = settings or BudgetSettings(), rules or WeeklyRules()
    settings.check_channels(panel.channels, panel.has_spend)
    if not panel.has_spend.any():
        return ()
    plan = future_plan(model, panel, weeks).only(panel.has_spend)
    channels = tuple(c for c, known in zip(panel.channels, panel.has_spend, strict=True) if known)
    worth = bool((panel.value_per_kpi > 0).any())
    signed = _signed(rules, channels, plan)
    needs = {
        name: n for name, n in zip(channels, _needs(rules, channels, signed), strict=True) if n
    }
    seen = _seen(panel, plan)
    current = plan.rhythm * plan.spend.sum(axis=0)
    found = []
    for scenario in settings.scenarios:
        own, chosen = replace(settings, scenarios=(scenario,)), plan
        for _ in range(_TURNS):
            (budget,) = split(chosen, channels, panel.regions, own, worth, needs)
            multiplier = _multiplier(budget)
            low, high = _week_bounds(chosen, budget, signed, seen, rules)
            rhythm = best_rhythm(chosen.valued(), multiplier, low, high)
            chosen = chosen.with_rhythm(rhythm)
        budget = replace(budget, current_response=plan.weekly(), response=chosen.weekly(multiplier))
        spend = rhythm * budget.spend.sum(axis=0)
        found.append(WeeklyBudget(budget, plan.weeks, current, spend))
    return tuple(found)


def frame(found: Sequence[WeeklyBudget]) -> pd.DataFrame:
    """Rows of the table ``weekly_budgets``."""
    if not found:
        return pd.DataFrame(columns=list(WEEKLY_COLUMNS))
    return pd.concat([budget.frame() for budget in found], ignore_index=True)


def best_rhythm(plan: FuturePlan, multiplier: Floats, low: Floats, high: Floats) -> Floats:
    """Climb to the best rhythm of every channel, each with its own step.

    Parameters
    ----------
    multiplier
        ``[R, C]`` of the plan's spend.
    low, high
        ``[H, C]`` bounds that allow a mean of one.

    Returns
    -------
    Floats
        ``[H, C]``, never worse than the plan's own rhythm brought within the bounds.
    """
    rhythm, value = _best_start(plan, multiplier, low, high)
    _, gradient = plan.by_rhythm(rhythm, multiplier)
    size = np.maximum(np.abs(gradient - gradient.mean(axis=0)).max(axis=0), 1e-300)
    step = 0.5 / size
    for _ in range(_STEPS):
        trial = onto_mean(rhythm + step * (gradient - gradient.mean(axis=0)), low, high)
        reached, slope = plan.by_rhythm(trial, multiplier)
        better = reached > value
        rhythm = np.where(better, trial, rhythm)
        gradient = np.where(better, slope, gradient)
        value = np.where(better, reached, value)
        step = np.where(better, 1.6 * step, 0.3 * step)
        if (step * size < _SMALLEST_STEP).all():
            break
    return rhythm


def onto_mean(rhythm: Floats, low: Floats, high: Floats) -> Floats:
    """Nearest rhythm ``[H, C]`` within the bounds whose mean is one in every channel."""
    down = (low - rhythm).min(axis=0)
    up = (high - rhythm).max(axis=0)
    for _ in range(_HALVINGS):
        middle = 0.5 * (down + up)
        short = np.clip(rhythm + middle, low, high).mean(axis=0) < 1.0
        down, up = np.where(short, middle, down), np.where(short, up, middle)
    return np.clip(rhythm + 0.5 * (down + up), low, high)


def _best_start(
    plan: FuturePlan, multiplier: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Of the plan's own rhythm, an even one and bursts, the best of each channel."""
    weeks = len(plan.weeks)
    rhythm = onto_mean(plan.rhythm, low, high)
    value, _ = plan.by_rhythm(rhythm, multiplier)
    every: list[Floats] = [np.ones(weeks)]
    for length in (1, 2, 4):
        phase = (np.arange(weeks) // length % 2).astype(float)
        every += [2.0 * phase, 2.0 * (1.0 - phase)]
    week = np.arange(weeks)
    for length in {max(weeks // 4, 1), max(weeks // 3, 1), max(weeks // 2, 1)}:
        for start in {0, (weeks - length) // 2, weeks - length}:
            on = (week >= start) & (week < start + length)
            every.append(on.astype(float) * weeks / length)
    for shape in every:
        trial = onto_mean(np.broadcast_to(shape[:, None], rhythm.shape), low, high)
        reached, _ = plan.by_rhythm(trial, multiplier)
        rhythm = np.where(reached > value, trial, rhythm)
        value = np.maximum(reached, value)
    return rhythm, value


def _multiplier(budget: Budget) -> Floats:
    now = budget.current_spend
    return np.divide(budget.spend, now, out=np.ones_like(now), where=now > 0)


def _signed(rules: WeeklyRules, channels: Sequence[str], plan: FuturePlan) -> Floats:
    """``[H, C]`` money that is signed."""
    signed = np.zeros((len(plan.weeks), len(channels)))
    named = [contract.channel for contract in rules.contracts] + list(rules.flights)
    paid = {c for c, money in zip(channels, plan.spend.sum(axis=0), strict=True) if money > 0}
    if unknown := sorted(set(named) - paid):
        raise ValueError(
            f"contracts or flights name {unknown}, which have no recent spend; known: "
            f"{sorted(paid)}"
        )
    for contract in rules.contracts:
        if contract.week not in plan.weeks:
            raise ValueError(
                f"a contract of {contract.channel} is for {contract.week.date()}; the weeks are "
                f"the Mondays from {plan.weeks[0].date()} to {plan.weeks[-1].date()}"
            )
        position = plan.weeks.searchsorted(contract.week)
        signed[position, channels.index(contract.channel)] += contract.spend
    return signed


def _needs(rules: WeeklyRules, channels: Sequence[str], signed: Floats) -> Floats:
    """``[C]`` money that a mean week needs at least."""
    need = signed.sum(axis=0)
    for name, flight in rules.flights.items():
        c = channels.index(name)
        least = min(
            np.maximum(signed[:, c], flight.least * on).sum()
            for on in _schedules(len(signed), flight.weeks, signed[:, c] > 0)
        )
        need[c] = max(need[c], least)
    return need / len(signed)


def _seen(panel: Panel, plan: FuturePlan) -> tuple[Floats, Floats]:
    """Least and largest national week of the last year, over the mean, each ``[C]``."""
    money = np.nan_to_num(panel.spend)[:, -PLAN_WEEKS:, panel.has_spend].sum(axis=0)
    mean = np.where(money.mean(axis=0) > 0, money.mean(axis=0), 1.0)
    return money.min(axis=0) / mean, money.max(axis=0) / mean


def _week_bounds(
    plan: FuturePlan,
    budget: Budget,
    signed: Floats,
    seen: tuple[Floats, Floats],
    rules: WeeklyRules,
) -> tuple[Floats, Floats]:
    """Bounds ``[H, C]`` of the rhythm; they allow a mean of one."""
    mean = budget.spend.sum(axis=0)
    ratio = np.where(mean > 0, signed / np.where(mean > 0, mean, 1.0), 0.0)
    low = np.broadcast_to(np.minimum(seen[0], 1.0), ratio.shape).copy()
    high = np.maximum(np.broadcast_to(np.maximum(seen[1], 1.0), ratio.shape), ratio)
    for name, flight in rules.flights.items():
        c = budget.channels.index(name)
        if mean[c] <= 0:
            continue
        least = flight.least / mean[c]
        on = _best_schedule(plan, budget, c, ratio[:, c], flight.weeks, least)
        low[:, c] = np.where(on, least, 0.0)
        # Fewer weeks on air than last year's peaks allow for: they take what there is.
        high[:, c] = np.where(on, max(high[:, c].max(), len(on) / on.sum()), 0.0)
        high[:, c] = np.maximum(high[:, c], low[:, c])
    low = np.maximum(low, ratio)
    # What is signed comes first: then the least of the other weeks gives way.
    over = low.mean(axis=0) > 1.0
    spare = np.maximum(
        (1.0 - ratio.mean(axis=0)) / np.maximum((low - ratio).mean(axis=0), 1e-12), 0
    )
    low = np.where(over, ratio + np.minimum(spare, 1.0) * (low - ratio), low)
    return low, np.maximum(high, low)


def _best_schedule(
    plan: FuturePlan, budget: Budget, c: int, ratio: Floats, weeks: int, least: float
) -> Bools:
    """Weeks on air that bring most, the channel's money spread evenly over them."""
    only = np.arange(len(budget.channels)) == c
    own, multiplier = plan.only(only).valued(), _multiplier(budget)[:, only]
    best, most = None, -np.inf
    for on in _schedules(len(ratio), weeks, ratio > 0):
        low = np.maximum(ratio, least * on)
        if low.mean() > 1.0 + 1e-9:
            continue
        high = np.where(on, float(len(on)), 0.0)
        even = np.where(on, len(on) / on.sum(), 0.0)[:, None]
        rhythm = onto_mean(even, low[:, None], np.maximum(high, low)[:, None])
        value = float(own.by_rhythm(rhythm, multiplier)[0][0])
        if value > most:
            best, most = on, value
    if best is None:
        raise ValueError(f"no flight of {budget.channels[c]} fits its budget and its contracts")
    return best


def _schedules(horizon: int, weeks: int, signed: Bools) -> list[Bools]:
    """Weeks on air in even flights of at least ``weeks`` weeks that cover what is signed."""
    weeks = min(weeks, horizon)
    found: dict[bytes, Bools] = {}
    t = np.arange(horizon)
    step = max(horizon // 13, 1)  # a long horizon is not looked through week by week
    for length in range(weeks, horizon + step, step):
        for gap in range(1, horizon + 1, step):
            for offset in range(0, length + gap, step):
                on = ((t - offset) % (length + gap)) < length
                on = _long_enough(on | signed, weeks)
                if on.any():
                    found[on.tobytes()] = on
    return list(found.values())


def _long_enough(on: Bools, weeks: int) -> Bools:
    """Lengthen flights that are too short, into the future first."""
    on = on.copy()
    start = 0
    while start < len(on):
        if not on[start]:
            start += 1
            continue
        end = start
        while end < len(on) and on[end]:
            end += 1
        short = weeks - (end - start)
        if short > 0:
            later = min(end + short, len(on))
            on[end:later] = True
            on[max(start - (short - (later - end)), 0) : start] = True
            end = later
            while end < len(on) and on[end]:
                end += 1
        start = end
    return on
