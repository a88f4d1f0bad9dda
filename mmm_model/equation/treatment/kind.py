"""What a kind of treatment is: how its column is read, and what is expected of its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Floats


@dataclass(frozen=True)
class TreatmentKind:
    """A kind of treatment; its effect is a coefficient times its column, over the region's KPI.

    Parameters
    ----------
    sign
        1 or -1: what theory says of the coefficient; 0: nothing.
    spread
        Standard deviation of the coefficient around nothing, before its sign is known; of a kind
        that is ``shrunk``, over the spread that is learned.
    shrunk
        Whether there are so many of the kind that their spread is learned from all of them.
    reference
        ``[R]`` of the values ``[R, W]`` of the fitted weeks: levels that effects are measured
        against.
    unit
        Of values ``[R, W]`` less their reference: what counts as one.
    column
        ``[R, W]`` of values ``[R, W]``, reference ``[R, 1]`` and unit; zero at the reference.
    """

    sign: int
    spread: float
    shrunk: bool
    reference: Callable[[Floats], Floats]
    unit: Callable[[Floats], float]
    column: Callable[[Floats, Floats, float], Floats]


def nothing(values: Floats) -> Floats:
    """``[R]`` zeros: a reference of none."""
    return np.zeros(len(values))


def one(values: Floats) -> float:
    """Values that have their unit already."""
    del values
    return 1.0


def over_unit(values: Floats, reference: Floats, unit: float) -> Floats:
    """Difference from the reference, in units."""
    return (values - reference) / unit
