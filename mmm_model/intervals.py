"""90 % intervals: all arithmetic that makes one out of the members of an ensemble."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from mmm_model.panel import Floats

NORMAL_90 = 1.6448536269514722
"""Standard deviations on either side of the mean that hold 90 % of a normal distribution."""

_FORM_DOUBT = 0.15


def interval(members: Floats, doubt: float = 0.0) -> tuple[Floats, Floats]:
    """Ends of the 90 % interval over members, the first axis, from mean and deviation.

    Members are draws of what may be true, and few of them: Student's distribution of one more
    draw tells how far that may lie. Where all are ≥ 0, so is the interval. A single member has
    an interval of no width.

    Parameters
    ----------
    doubt
        Standard deviation, relative to the mean, that members do not show.
    """
    mean, count = members.mean(axis=0), len(members)
    if count < 2:
        return mean, mean
    variance = members.var(axis=0, ddof=1) + (doubt * mean) ** 2
    half = float(stdtrit(count - 1, 0.95)) * np.sqrt((1 + 1 / count) * variance)
    lower = np.where((members >= 0).all(axis=0), np.maximum(mean - half, 0.0), mean - half)
    return lower[()], mean + half  # a number where members are numbers


def effect_interval(members: Floats) -> tuple[Floats, Floats]:
    """As `interval`, of what media did, do or would do.

    All members share the form of the curves and of the level, and no form is the true one
    (model discrepancy: Kennedy and O'Hagan, 2001). How far it leads astray was read off
    simulated brands of other forms.
    """
    return interval(members, _FORM_DOUBT)
