"""A change of numbers between two states, split by what differs between the states.

Causes are applied one after the other, in a fixed order and once more in the reverse order. A cause
is given what both orders say of it; what depends on the order is nobody's alone and is shown as the
interaction. For two causes that is the usual decomposition into main effects and their interaction
(each cause gets the smaller of its two effects where they agree in sign, nothing where they do
not). In each row the parts add up to the change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

INTERACTION = "interaction"
"""What depends on the order in which causes are applied."""

State = frozenset[str]
"""Causes that are applied; none is the state before, all are the state now."""


def states(causes: Sequence[str], first: int = 0) -> tuple[list[State], list[State]]:
    """List the states of both orders, from none of the causes to all of them.

    Parameters
    ----------
    causes
        In the order in which they are applied.
    first
        How many of them come first in both orders, because they cannot come later.
    """
    backward = [*causes[:first], *reversed(causes[first:])]
    ahead, back = (
        [frozenset(order[:count]) for count in range(len(order) + 1)]
        for order in (list(causes), backward)
    )
    return ahead, back


def split_change(
    causes: Sequence[str], value: Callable[[State], pd.Series], first: int = 0
) -> pd.DataFrame:
    """Split the change of each number by cause.

    Parameters
    ----------
    causes, first
        As in `states`.
    value
        The numbers in a state, under one index; called once per state.

    Returns
    -------
    DataFrame
        One row per number, one column per cause and `INTERACTION`; NaN for a number that is not
        known in every state.
    """
    ahead, back = states(causes, first)
    known = {state: value(state) for state in dict.fromkeys([*ahead, *back])}
    steps = [_steps(path, known) for path in (ahead, back)]
    parts = {cause: _agreed(steps[0][cause], steps[1][cause]) for cause in causes}
    found = pd.DataFrame(parts)
    total = known[ahead[-1]] - known[ahead[0]]
    return found.assign(**{INTERACTION: total - found.sum(axis=1, skipna=False)})


def _steps(path: list[State], known: dict[State, pd.Series]) -> dict[str, pd.Series]:
    """Change of the numbers at each step of a path, by the cause that is applied there."""
    return {
        next(iter(after - before)): known[after] - known[before] for before, after in pairwise(path)
    }


def _agreed(one: pd.Series, other: pd.Series) -> pd.Series:
    """The smaller of two effects of one sign; nothing where the signs differ."""
    both = np.minimum(one.abs(), other.abs()) * np.sign(one)
    return both.where((one * other > 0) | one.isna() | other.isna(), 0.0)
