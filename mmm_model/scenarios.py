"""What a budget may be: totals to split, how far spend may move, when that is impossible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mmm_model.panel import Bools, Floats

FEASIBLE = 1e-9
"""Relative excess of a total over what the bounds allow that is taken for rounding."""


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
                f"scenario '{self.name}' needs either a multiplier or a total, of at least 0"
            )

    def weekly_total(self, current: float) -> float:
        """Total weekly spend, where the recent plan's is ``current``."""
        return self.total if self.total is not None else (self.multiplier or 0.0) * current


DEFAULT_SCENARIOS = (
    Scenario("same_budget", multiplier=1.0),
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
        can never conflict with the total.
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

    def check_channels(self, channels: tuple[str, ...], has_spend: Bools) -> None:
        """Raise ValueError if a bound is on a channel that has no budget."""
        if unknown := sorted(set(self.bounds) - set(channels)):
            raise ValueError(f"bounds name unknown channels {unknown}; known: {list(channels)}")
        priced = {c for c, known in zip(channels, has_spend, strict=True) if known}
        if unpriced := sorted(set(self.bounds) - priced):
            raise ValueError(f"bounds are set for {unpriced}, whose spend is unknown")


@dataclass(frozen=True)
class Limits:
    """A scenario's total and how far each channel's plan may be scaled.

    Parameters
    ----------
    total
        Weekly spend.
    lower, upper
        ``[C]`` multipliers of the recent plan.
    """

    total: float
    lower: Floats
    upper: Floats


def limits(
    scenario: Scenario, settings: BudgetSettings, channels: tuple[str, ...], spend: Floats
) -> Limits:
    """Bounds of a scenario.

    Parameters
    ----------
    channels, spend
        C names and ``[C]`` weekly spend of the recent plan.

    Raises
    ------
    ValueError
        If the bounds do not allow the total. All bounds of that side conflict together:
        relaxing any one of them far enough would do, so all are named.
    """
    current = float(spend.sum())
    total = scenario.weekly_total(current)
    ratio = total / current if current > 0 else 1.0
    around = (ratio * (1 - settings.max_change), ratio * (1 + settings.max_change))
    bounds = np.array([settings.bounds.get(channel, around) for channel in channels])
    lower, upper = bounds[:, 0], bounds[:, 1]
    least, most = float(spend @ lower), float(spend @ upper)
    room = FEASIBLE * max(total, current)
    if least - room <= total <= most + room:
        return Limits(total, lower, upper)
    if current <= 0:
        raise ValueError(
            f"scenario '{scenario.name}' wants {total:,.2f} a week, but no channel has recent "
            "spend to scale"
        )
    side, sign, reach = ("least", "≥", lower) if total < least else ("most", "≤", upper)
    terms = [
        f"{channel} {sign} {amount:,.2f}"
        for channel, amount, paid in zip(channels, reach * spend, spend > 0, strict=True)
        if paid
    ]
    raise ValueError(
        f"scenario '{scenario.name}' wants {total:,.2f} a week, but the bounds allow at {side} "
        f"{(least if side == 'least' else most):,.2f}: {', '.join(terms)}; "
        "widen one of them or change the total"
    )
