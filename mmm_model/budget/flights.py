"""Flights: the weeks in which a channel is on air, each flight some weeks long."""

from __future__ import annotations

import numpy as np

from mmm_model.panel import Bools

_STEPS = 13
"""Lengths, gaps and offsets that are looked through; a longer horizon in wider steps."""


def schedules(horizon: int, weeks: int, signed: Bools) -> list[Bools]:
    """List ways to be on air in even flights that cover what is signed.

    Parameters
    ----------
    horizon
        H weeks.
    weeks
        Fewest weeks of a flight; the horizon where that is shorter.
    signed
        ``[H]`` True where the channel must be on air.

    Returns
    -------
    list of Bools
        ``[H]`` each, all different and each on air in some week.
    """
    weeks = min(weeks, horizon)
    found: dict[bytes, Bools] = {}
    t = np.arange(horizon)
    step = max(horizon // _STEPS, 1)
    for length in range(weeks, horizon + step, step):
        for gap in range(1, horizon + 1, step):
            for offset in range(0, length + gap, step):
                on = ((t - offset) % (length + gap)) < length
                on = _long_enough(on | signed, weeks)
                if on.any():
                    found[on.tobytes()] = on
    return list(found.values())


def _long_enough(on: Bools, weeks: int) -> Bools:
    """Lengthen flights that are too short, into the future first."""
    on = on.copy()
    start = 0
    while start < len(on):
        if not on[start]:
            start += 1
            continue
        end = _end(on, start)
        short = weeks - (end - start)
        if short > 0:
            later = min(end + short, len(on))
            on[end:later] = True
            on[max(start - (short - (later - end)), 0) : start] = True
            end = _end(on, later)
        start = end
    return on


def _end(on: Bools, start: int) -> int:
    """First week from ``start`` that is off air, or the horizon."""
    off = np.flatnonzero(~on[start:])
    return start + int(off[0]) if len(off) else len(on)
