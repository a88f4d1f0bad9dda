"""What a budget is for where a brand has several KPIs: a weighted sum, or one under floors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Goals:
    """What is made large, and what must not fall.

    Parameters
    ----------
    main
        Name of the main KPI.
    weights
        KPI → weight of its value in what is made large; unsaid, 1 of the main one and 0 of others.
    floors
        KPI → units a week that media must bring at least; None: as many as the recent plan.

    Raises
    ------
    ValueError
        If a weight or a floor is negative, or no KPI has a weight.
    """

    main: str = "KPI"
    weights: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if not 0 <= weight < np.inf:
                raise ValueError(f"the weight of '{name}' is {weight}, allowed is 0 or more")
        for name, floor in self.floors.items():
            if floor is not None and not 0 <= floor < np.inf:
                raise ValueError(f"the floor of '{name}' is {floor}, allowed is 0 or more")
        if self.weights and not any({self.main: 1.0, **self.weights}.values()):
            raise ValueError("the weights of all KPIs are 0: one must be above")

    def weight(self, name: str) -> float:
        """Weight of a KPI's value."""
        return self.weights.get(name, 1.0 if name == self.main else 0.0)

    @property
    def are_usual(self) -> bool:
        """Whether the main KPI alone is made large, and nothing has a floor."""
        own = self.weight(self.main)
        return (
            not self.floors
            and own == 1
            and not any(self.weight(name) for name in self.weights if name != self.main)
        )

    def check(self, valued: Mapping[str, bool]) -> None:
        """Raise ValueError if a goal is of an unknown KPI, or adds up what has no value.

        Parameters
        ----------
        valued
            Every KPI → whether the value of a unit is known.
        """
        named: Collection[str] = {*self.weights, *self.floors}
        if unknown := sorted(set(named) - set(valued)):
            raise ValueError(f"no KPI {', '.join(unknown)}; there are {', '.join(valued)}")
        weighed = [name for name in valued if self.weight(name)]
        if len(weighed) > 1 and (bare := [name for name in weighed if not valued[name]]):
            raise ValueError(
                f"{' and '.join(weighed)} cannot be added up: no value of a unit of "
                f"{', '.join(bare)} is known. Give value_per_kpi, or a floor in place of a weight"
            )
