"""Rules of single weeks: contracts that are signed, flights that are on or off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmm_model.budget.flights import schedules
from mmm_model.panel import Floats


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
    """Contracts and flights, which every budget by week keeps.

    Parameters
    ----------
    contracts
        Spend that is signed; more may be added.
    flights
        Channel → its flights; such a channel has at least one in the horizon.
    """

    contracts: tuple[Contract, ...] = ()
    flights: Mapping[str, Flight] = field(default_factory=dict)

    def check_channels(self, paid: set[str]) -> None:
        """Raise ValueError if a rule is on a channel without recent spend."""
        named = {contract.channel for contract in self.contracts} | set(self.flights)
        if unknown := sorted(named - paid):
            raise ValueError(
                f"contracts or flights name {unknown}, which have no recent spend; known: "
                f"{sorted(paid)}"
            )

    def signed(self, channels: Sequence[str], weeks: pd.DatetimeIndex) -> Floats:
        """Money ``[H, C]`` that is signed for the weeks of a horizon.

        Raises
        ------
        ValueError
            If a contract is for a week outside the horizon.
        """
        money = np.zeros((len(weeks), len(channels)))
        for contract in self.contracts:
            if contract.week not in weeks:
                raise ValueError(
                    f"a contract of {contract.channel} is for {contract.week.date()}; the weeks "
                    f"are the Mondays from {weeks[0].date()} to {weeks[-1].date()}"
                )
            position = weeks.searchsorted(contract.week), channels.index(contract.channel)
            money[position] += contract.spend
        return money

    def needs(self, channels: Sequence[str], signed: Floats) -> dict[str, float]:
        """Channel → money that a mean week needs at least, where it needs any.

        Parameters
        ----------
        signed
            ``[H, C]`` from `WeeklyRules.signed`.
        """
        need = signed.sum(axis=0)
        for name, flight in self.flights.items():
            c = channels.index(name)
            cheapest = min(
                np.maximum(signed[:, c], flight.least * on).sum()
                for on in schedules(len(signed), flight.weeks, signed[:, c] > 0)
            )
            need[c] = max(need[c], cheapest)
        each = zip(channels, need / len(signed), strict=True)
        return {name: amount for name, amount in each if amount}
