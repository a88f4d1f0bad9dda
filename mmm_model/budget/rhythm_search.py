"""The best rhythm: how a channel's money is spread over the weeks of a horizon.

A rhythm is each week's spend over the mean week's, so its mean is one. Responses add up over
channels, so with a channel's money given its best rhythm is a problem of its own: projected
gradient steps from the best of several starts, since the problem is not concave.
"""

from __future__ import annotations

import numpy as np

from mmm_model.budget.future_plan import FuturePlan
from mmm_model.budget.mixed_plan import MixedPlan
from mmm_model.panel import Floats

_STEPS = 25
_SMALLEST_STEP = 1e-4
"""Change of a week's share, in mean weeks, below which the search ends."""
_LONGER, _SHORTER = 1.6, 0.3
"""Factors of the step after one that gained, and after one that did not."""
_HALVINGS = 60
"""Bisections for a rhythm's shift: 2^-60 of its range, the precision of a float."""


def best_rhythm(
    plan: FuturePlan | MixedPlan, multiplier: Floats, low: Floats, high: Floats
) -> Floats:
    """Climb to the best rhythm of every channel, each with its own step.

    Parameters
    ----------
    multiplier
        ``[R, C]`` of the plan's spend.
    low, high
        ``[H, C]`` bounds that allow a mean of one.

    Returns
    -------
    Floats
        ``[H, C]``, never worse than the plan's own rhythm brought within the bounds.
    """
    rhythm, value = _best_start(plan, multiplier, low, high)
    _, gradient = plan.by_rhythm(rhythm, multiplier)
    size = np.maximum(np.abs(gradient - gradient.mean(axis=0)).max(axis=0), 1e-300)
    step = 0.5 / size
    for _ in range(_STEPS):
        trial = onto_mean(rhythm + step * (gradient - gradient.mean(axis=0)), low, high)
        reached, slope = plan.by_rhythm(trial, multiplier)
        better = reached > value
        rhythm = np.where(better, trial, rhythm)
        gradient = np.where(better, slope, gradient)
        value = np.where(better, reached, value)
        step = np.where(better, _LONGER * step, _SHORTER * step)
        if (step * size < _SMALLEST_STEP).all():
            break
    return rhythm


def onto_mean(rhythm: Floats, low: Floats, high: Floats) -> Floats:
    """Nearest rhythm ``[H, C]`` within the bounds whose mean is one in every channel.

    That is the rhythm shifted by one number a channel and clipped, as the nearest point of a
    box on a plane is; the number is found by bisection.
    """
    down = (low - rhythm).min(axis=0)
    up = (high - rhythm).max(axis=0)
    for _ in range(_HALVINGS):
        middle = 0.5 * (down + up)
        short = np.clip(rhythm + middle, low, high).mean(axis=0) < 1.0
        down, up = np.where(short, middle, down), np.where(short, up, middle)
    return np.clip(rhythm + 0.5 * (down + up), low, high)


def _best_start(
    plan: FuturePlan | MixedPlan, multiplier: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Of the plan's own rhythm, an even one and bursts, the best of each channel."""
    rhythm = onto_mean(plan.rhythm, low, high)
    value, _ = plan.by_rhythm(rhythm, multiplier)
    for shape in [np.ones(len(plan.weeks)), *_pulses(len(plan.weeks)), *_bursts(len(plan.weeks))]:
        trial = onto_mean(np.broadcast_to(shape[:, None], rhythm.shape), low, high)
        reached, _ = plan.by_rhythm(trial, multiplier)
        rhythm = np.where(reached > value, trial, rhythm)
        value = np.maximum(reached, value)
    return rhythm, value


def _pulses(weeks: int) -> list[Floats]:
    """On and off in turns of one, two and four weeks, beginning on or off."""
    phases = [(np.arange(weeks) // length % 2).astype(float) for length in (1, 2, 4)]
    return [2.0 * on for phase in phases for on in (phase, 1.0 - phase)]


def _bursts(weeks: int) -> list[Floats]:
    """All in a quarter, a third or half of the weeks: the first, the middle or the last ones."""
    week = np.arange(weeks)
    return [
        ((week >= start) & (week < start + length)).astype(float) * weeks / length
        for length in {max(weeks // 4, 1), max(weeks // 3, 1), max(weeks // 2, 1)}
        for start in {0, (weeks - length) // 2, weeks - length}
    ]
