"""90 % intervals: all arithmetic that makes one out of the members of an ensemble."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from mmm_model.panel import Floats

NORMAL_90 = 1.6448536269514722
"""Standard deviations on either side of the mean that hold 90 % of a normal distribution."""

_FORM_DOUBT = 0.15
"""Standard deviation of an effect over its mean, dimensionless, that comes from the form of
the curves being wrong: read off simulated brands whose curves are of other forms. Draws of a
posterior average over forms and have a doubt of their own."""

ENOUGH_DRAWS = 20
"""Members whose own quantiles are used; with fewer, 5 % of them are less than one."""


def interval(members: Floats, doubt: float = 0.0) -> tuple[Floats, Floats]:
    """Ends of the 90 % interval over members, the first axis.

    Members are draws of what may be true. Of many, the interval is from their 5 % to their 95 %
    quantile. Of few, Student's distribution of one more draw tells how far that may lie,
    ``mean ± t · sqrt(1 + 1/M) · deviation`` with M − 1 degrees of freedom (Geisser, 1993,
    *Predictive inference*); where all are ≥ 0, so is the interval. A single member has an
    interval of no width.

    Parameters
    ----------
    members
        ``[M, ...]`` in any unit.
    doubt
        Standard deviation, relative to the mean, that few members do not show.

    Returns
    -------
    lower, upper
        ``[...]`` in the unit of the members.
    """
    count = len(members)
    if count >= ENOUGH_DRAWS:
        lower, upper = np.quantile(members, (0.05, 0.95), axis=0)
        return lower[()], upper[()]
    mean = members.mean(axis=0)
    if count < 2:
        return mean, mean
    variance = members.var(axis=0, ddof=1) + (doubt * mean) ** 2
    half = float(stdtrit(count - 1, 0.95)) * np.sqrt((1 + 1 / count) * variance)
    lower = np.where((members >= 0).all(axis=0), np.maximum(mean - half, 0.0), mean - half)
    return lower[()], mean + half  # a number where members are numbers


def point(members: Floats) -> Floats:
    """Return the one number to believe of members, the first axis: the median of many.

    A ratio's draws are skewed, and its mean is drawn to the largest. Contributions are means all
    the same, so that they add up.
    """
    if len(members) >= ENOUGH_DRAWS:
        return np.asarray(np.median(members, axis=0))
    return np.asarray(members.mean(axis=0))


def summarised(name: str, members: Floats) -> dict[str, float]:
    """Return `point` and ends of `interval` of draws ``[M]``: ``name, name_lower, name_upper``."""
    lower, upper = interval(members)
    return {
        name: float(point(members)),
        f"{name}_lower": float(lower),
        f"{name}_upper": float(upper),
    }


def effect_interval(members: Floats) -> tuple[Floats, Floats]:
    """As `interval`, of what media did, do or would do.

    All members share the form of the curves and of the level, and no form is the true one
    (model discrepancy: Kennedy and O'Hagan, 2001). How far it leads astray was read off
    simulated brands of other forms.
    """
    return interval(members, _FORM_DOUBT)


@dataclass(frozen=True)
class FewMembers:
    """How `effect_interval` spreads few members, for who draws it elsewhere.

    Parameters
    ----------
    factor
        Half of the interval over ``sqrt(variance + (doubt · mean)²)``.
    doubt
        Standard deviation, relative to the mean, that few members do not show.
    """

    factor: float
    doubt: float

    @classmethod
    def of(cls, count: int) -> FewMembers | None:
        """Of so many members; None of many, whose own quantiles are used."""
        if count >= ENOUGH_DRAWS:
            return None
        if count < 2:
            return cls(0.0, 0.0)
        return cls(float(stdtrit(count - 1, 0.95)) * np.sqrt(1 + 1 / count), _FORM_DOUBT)


def measured_interval(value: Floats, standard_error: Floats) -> tuple[Floats, Floats]:
    """Ends of the 90 % interval of a measurement whose error is normal, same shapes and unit."""
    half = NORMAL_90 * standard_error
    return value - half, value + half


def forecast_interval(
    members: Floats, noise: Floats, surprise: Floats
) -> tuple[Floats, Floats, Floats]:
    """Expected value and the interval in which 90 % of the observations should lie.

    The disagreement of the members is normal; the noise is not, its tails are as heavy as
    those of what was observed.

    Parameters
    ----------
    members
        ``[M, ...]`` expected values.
    noise
        ``[...]`` variance of an observation around its expected value.
    surprise
        ``[...]`` or broadcastable, standard deviations of the noise that hold 90 % of it; takes
        the place of `NORMAL_90`.

    Returns
    -------
    mean, lower, upper
        ``[...]``.
    """
    mean = members.mean(axis=0)
    spread = members.var(axis=0, ddof=1) if len(members) > 1 else np.zeros_like(mean)
    half = np.sqrt(NORMAL_90**2 * spread + surprise**2 * noise)
    return mean, mean - half, mean + half


def lower_quantile(members: Floats) -> tuple[float, Floats]:
    """5 % quantile of a normal distribution with the mean and deviation of the members.

    Returns
    -------
    quantile
        ``mean − z · deviation``; the mean of a single member.
    gradient
        ``[M]`` with respect to the members, ``1/M − z (x − mean) / ((M − 1) deviation)``: what
        each weighs in the quantile. ``1/M`` where all are equal.
    """
    count, mean = len(members), float(members.mean())
    even = np.full(count, 1.0 / count)
    deviation = float(members.std(ddof=1)) if count > 1 else 0.0
    if deviation <= 0:
        return mean, even
    pull = NORMAL_90 * (members - mean) / ((count - 1) * deviation)
    return mean - NORMAL_90 * deviation, even - pull
