"""Scenarios: the totals that are split, each with a name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mmm_model.budget.scenario_kinds import SCENARIO_KINDS, keys_in_words
from mmm_model.budget.scenario_kinds.kind import ScenarioKind
from mmm_model.budget.scenario_kinds.multiplier import Multiplier


@dataclass(frozen=True)
class Scenario:
    """A total to split: one that is given, or what a goal needs.

    Parameters
    ----------
    name
        How the scenario is called.
    asked
        How much is asked for, of which kind.

    Raises
    ------
    ValueError
        Unless the amount is finite and ≥ 0.
    """

    name: str
    asked: ScenarioKind

    def __post_init__(self) -> None:
        if not (math.isfinite(self.asked.amount) and self.asked.amount >= 0):
            raise ValueError(_one_of(self.name))

    @classmethod
    def of(cls, name: str, given: Mapping[str, float]) -> Scenario:
        """Make a scenario of one key of `SCENARIO_KINDS` and its amount.

        Raises
        ------
        ValueError
            Unless exactly one known key is given, with a finite amount ≥ 0.
        """
        if len(given) != 1 or not given.keys() <= SCENARIO_KINDS.keys():
            raise ValueError(_one_of(name))
        ((key, amount),) = given.items()
        return cls(name, SCENARIO_KINDS[key](amount))


def _one_of(name: str) -> str:
    return f"scenario '{name}' needs either {keys_in_words()}, one of them and of at least 0"


DEFAULT_SCENARIOS = (
    Scenario("same_budget", Multiplier(1.0)),
    Scenario("minus_30", Multiplier(0.7)),
    Scenario("minus_20", Multiplier(0.8)),
    Scenario("minus_10", Multiplier(0.9)),
    Scenario("plus_10", Multiplier(1.1)),
    Scenario("plus_20", Multiplier(1.2)),
    Scenario("plus_30", Multiplier(1.3)),
)
"""Today's total and what a plan is usually cut or raised by; those that the bounds rule out
are left out, as nobody asked for them."""
