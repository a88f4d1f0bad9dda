"""The form of a kind of scenario: its words, and the total that it asks for.

Nothing is imported but the standard library, so that a command line or a form can list the
kinds without loading the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol


class Outcome(Protocol):
    """The best budget of a total, as a mean week; value is in KPI units where it is unknown."""

    @property
    def spend(self) -> float:
        """Money."""

    @property
    def kpi(self) -> float:
        """KPI that media bring, KPI units."""

    @property
    def value(self) -> float:
        """Its value, money."""

    @property
    def roi(self) -> float:
        """Value over spend; NaN without spend."""

    @property
    def marginal_roi(self) -> float:
        """Value of one more unit of money, spread as the budget is; NaN without spend."""


class BudgetsByTotal(Protocol):
    """The best budget of every total, to look for the total that reaches an aim."""

    @property
    def recent_total(self) -> float:
        """Weekly spend of the recent plan."""

    def largest_total(self, aim: float, reached: Callable[[Outcome], float]) -> float:
        """Largest weekly total whose best budget reaches ``aim``; ``reached`` falls with it."""

    def smallest_total(self, aim: float, reached: Callable[[Outcome], float]) -> float:
        """Smallest weekly total whose best budget reaches ``aim``; ``reached`` rises with it."""


@dataclass(frozen=True)
class ScenarioKind(ABC):
    """One way to say how much is spent in total.

    Parameters
    ----------
    amount
        How much of it is asked for, ≥ 0; of one week where it adds up over weeks.
    """

    amount: float

    key: ClassVar[str]
    """Its name in the configuration, the launchpad, the mart and, as ``--key``, on the command
    line."""
    help: ClassVar[str]
    """Words for the amount, without capital and full stop."""
    also: ClassVar[tuple[str, ...]] = ()
    """Other names of its option on the command line, without dashes."""
    adds_up: ClassVar[bool] = False
    """Whether an amount of a horizon is the sum over its weeks."""
    needs_value: ClassVar[bool] = False
    """Whether it makes sense only where the value of a KPI unit is known."""

    @abstractmethod
    def weekly_total(self, budgets: BudgetsByTotal) -> float:
        """Total weekly spend that is asked for.

        Raises
        ------
        ValueError
            If no total within the bounds reaches it.
        """
