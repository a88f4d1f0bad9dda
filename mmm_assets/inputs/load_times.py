"""When loads were made, although a clock was wrong: their order is certain, a clock is not.

A load is later than every load of a lower number. Where the clock says otherwise it was wrong
once: ahead, so that all that came later seems to lie in its past, or set back. The readings that
contradict fewest others are believed (a longest non-decreasing subsequence; of two that are as
long, the one that ends with what the clock says now), and a load between them gets the time of
the believed one before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

_ONE_READING = timedelta(hours=1)
"""Loads of a refresh are one reading of the clock, however many files they are."""

_TICK = timedelta(microseconds=1)
"""Loads differ in time, so that a time names the loads up to it."""


def load_times(clocks: Sequence[datetime]) -> list[datetime]:
    """Times that increase with the loads, from what the clock said at each.

    Parameters
    ----------
    clocks
        In the order of the loads.
    """
    readings = _readings(clocks)
    believed = _believed([clocks[first] for first in readings])
    trusted = {
        load
        for number, first in enumerate(readings)
        if number in believed
        for load in range(first, (*readings, len(clocks))[number + 1])
    }
    times: list[datetime] = []
    now = clocks[min(trusted)] if trusted else datetime.min
    for load, clock in enumerate(clocks):
        now = max(now + _TICK if times else now, clock if load in trusted else now)
        times.append(now)
    return times


def correct_load_times(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Let ``raw.loads.loaded_at`` follow from the order of the loads and ``raw.loads.clock``.

    Returns
    -------
    list of str
        For a person: what the clock said and what counts, for each load that is given another
        time by this call.
    """
    rows = connection.execute(
        "SELECT load_id, role, coalesce(clock, loaded_at), loaded_at "
        "FROM raw.loads ORDER BY load_id"
    ).fetchall()
    times = load_times([clock for _, _, clock, _ in rows])
    said = []
    for (load, role, clock, before), time in zip(rows, times, strict=True):
        if time == before:
            continue
        connection.execute("UPDATE raw.loads SET loaded_at = ? WHERE load_id = ?", [time, load])
        if abs(time - clock) > _ONE_READING:
            said.append(
                f"load {load} of {role}: the clock said {clock:%Y-%m-%d %H:%M} UTC, which other "
                f"loads contradict; it counts as loaded at {time:%Y-%m-%d %H:%M}"
            )
    return said


def _readings(clocks: Sequence[datetime]) -> list[int]:
    """First load of each run of loads whose clocks are one reading."""
    return [
        load
        for load, clock in enumerate(clocks)
        if load == 0 or abs(clock - clocks[load - 1]) > _ONE_READING
    ]


def _believed(readings: Sequence[datetime]) -> set[int]:
    """Places of a longest non-decreasing subsequence, by patience sorting."""
    ends: list[int] = []  # of the subsequences of each length, the one with the smallest end
    before: list[int | None] = []
    for place, reading in enumerate(readings):
        length = bisect_right([readings[end] for end in ends], reading)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [place]
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found
