"""Limits of a week's spend over the mean week's: last year's weeks, contracts, flights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.budget.flights import schedules
from mmm_model.budget.future_plan import FuturePlan
from mmm_model.budget.recommended_budget import RecommendedBudget
from mmm_model.budget.rhythm_search import onto_mean
from mmm_model.budget.weekly_rules import WeeklyRules
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import PLAN_WEEKS


@dataclass(frozen=True)
class WeeklyLimits:
    """Bounds of the rhythm of every channel of a horizon.

    Parameters
    ----------
    rules
        Contracts and flights.
    signed
        ``[H, C]`` money of the contracts.
    least, most
        ``[C]`` smallest and largest national week of the last year, over the mean: beyond
        them the data end.
    """

    rules: WeeklyRules
    signed: Floats
    least: Floats
    most: Floats

    @classmethod
    def of(cls, panel: Panel, rules: WeeklyRules, signed: Floats) -> WeeklyLimits:
        """Read off the panel how far weeks were from the mean."""
        money = np.nan_to_num(panel.spend)[:, -PLAN_WEEKS:, panel.has_spend].sum(axis=0)
        mean = np.where(money.mean(axis=0) > 0, money.mean(axis=0), 1.0)
        return cls(rules, signed, money.min(axis=0) / mean, money.max(axis=0) / mean)

    def bounds(self, plan: FuturePlan, budget: RecommendedBudget) -> tuple[Floats, Floats]:
        """Bounds ``[H, C]`` of the rhythm of a budget; they allow a mean of one.

        Raises
        ------
        ValueError
            If no flight of a channel fits its budget.
        """
        mean = budget.spend.sum(axis=0)
        signed = np.where(mean > 0, self.signed / np.where(mean > 0, mean, 1.0), 0.0)
        low = np.broadcast_to(np.minimum(self.least, 1.0), signed.shape).copy()
        high = np.maximum(np.broadcast_to(np.maximum(self.most, 1.0), signed.shape), signed)
        for name, flight in self.rules.flights.items():
            c = budget.channels.index(name)
            if mean[c] > 0:
                least = flight.least / mean[c]
                on = _best_schedule(plan, budget, c, signed[:, c], flight.weeks, least)
                low[:, c], high[:, c] = _on_air(on, least, high[:, c])
        low = _signed_first(np.maximum(low, signed), signed)
        return low, np.maximum(high, low)


def _on_air(on: Bools, least: float, high: Floats) -> tuple[Floats, Floats]:
    """Bounds ``[H]`` of a channel that is on air in some weeks and off in the others."""
    low = np.where(on, least, 0.0)
    # Fewer weeks on air than last year's peaks allow for: they take what there is.
    high = np.where(on, max(high.max(), len(on) / on.sum()), 0.0)
    return low, np.maximum(high, low)


def _signed_first(low: Floats, signed: Floats) -> Floats:
    """Lower the least ``[H, C]`` of weeks until what is signed and a mean of one fit."""
    over = low.mean(axis=0) > 1.0
    spare = (1.0 - signed.mean(axis=0)) / np.maximum((low - signed).mean(axis=0), 1e-12)
    return np.where(over, signed + np.clip(spare, 0.0, 1.0) * (low - signed), low)


def _best_schedule(
    plan: FuturePlan, budget: RecommendedBudget, c: int, signed: Floats, weeks: int, least: float
) -> Bools:
    """Weeks on air that bring most, the channel's money spread evenly over them."""
    only = np.arange(len(budget.channels)) == c
    own, multiplier = plan.only(only).valued(), budget.multiplier[:, only]
    best, most = None, -np.inf
    for on in schedules(len(signed), weeks, signed > 0):
        low = np.maximum(signed, least * on)
        if low.mean() > 1.0 + 1e-9:
            continue
        high = np.maximum(np.where(on, float(len(on)), 0.0), low)
        even = np.where(on, len(on) / on.sum(), 0.0)
        rhythm = onto_mean(even[:, None], low[:, None], high[:, None])
        value = float(own.by_rhythm(rhythm, multiplier)[0][0])
        if value > most:
            best, most = on, value
    if best is None:
        raise ValueError(f"no flight of {budget.channels[c]} fits its budget and its contracts")
    return best
