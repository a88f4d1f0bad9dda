"""Regions to test in, whose KPI the other regions foretell best.

Sets of regions are drawn in several sizes; of each size those are kept in which the lift that is
expected is largest beside its standard error. Weeks that choose a set are not those that judge it
alone: every set that is kept is put to tests of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.experiment.interrupted_series import most_probable_noise, whitened
from mmm_model.experiment.placebo_windows import PlaceboWindows, placebo_windows
from mmm_model.panel import Bools, Floats

SIZES = (0.1, 0.2, 0.35, 0.5)
"""Shares of the business that test regions have together."""

LEAST_REGIONS = 4
"""Fewest regions that can be matched: two with the test and two beside them."""

_DRAWS = 40
"""Sets of each size that are drawn."""

_TRIED = 3
"""Sets of each size that are put to tests of nothing."""


@dataclass(frozen=True)
class Match:
    """Regions of a test and those beside them.

    Parameters
    ----------
    inside, beside
        ``[R]`` True for regions of the test, and for those that it is held against.
    nothing
        Tests of nothing in the past.
    gain
        What the channel brings in the regions of the test, in the unit it was given in.
    """

    inside: Bools
    beside: Bools
    nothing: PlaceboWindows
    gain: float

    @property
    def worth(self) -> float:
        """Gain over the smallest lift that would be seen."""
        return self.gain / max(self.nothing.smallest, 1e-300)


def match(kpi: Floats, gain: Floats, usable: Bools, length: int, seed: int = 0) -> list[Match]:
    """Find sets of regions for a test, one of each of `SIZES` that can be had.

    Parameters
    ----------
    kpi
        ``[R, W]``, weeks in which all usable regions were observed.
    gain
        ``[R]`` what the channel brings a week, or the region's size; ≥ 0.
    usable
        ``[R]`` regions that may be in the test or beside it.
    length
        Weeks of the test.
    seed
        Of the draws.

    Returns
    -------
    list of Match
        By size; empty where no set is left.

    Raises
    ------
    ValueError
        If there are too few usable regions, or weeks.
    """
    places = np.flatnonzero(usable)
    if len(places) < LEAST_REGIONS:
        raise ValueError(
            f"{len(places)} regions can take part, and {LEAST_REGIONS} are needed to hold some "
            "against others"
        )
    least = length + 12
    if kpi.shape[1] < least:
        raise ValueError(f"{kpi.shape[1]} weeks of history are too few, {least} are needed")
    rng = np.random.default_rng(seed)
    found = (_best(kpi, gain, usable, sets, length) for sets in _sets(rng, places, gain))
    distinct: dict[bytes, Match] = {}
    for one in found:
        if one is not None:
            distinct.setdefault(one.inside.tobytes(), one)
    return list(distinct.values())


def _sets(rng: np.random.Generator, places: np.ndarray, gain: Floats) -> Iterator[list[Bools]]:
    """Sets of regions of about each size, the regions with most gain as likely as any."""
    whole = float(gain[places].sum())
    for size in SIZES:
        sets = {}
        for _ in range(_DRAWS):
            order = rng.permutation(places)
            share = gain[order].cumsum() / max(whole, 1e-300)
            count = int(np.searchsorted(share, size)) + 1
            if share[count - 1] > 1.5 * size and count > 1:
                count -= 1
            count = min(count, len(places) - 2)
            inside = np.zeros(len(gain), dtype=bool)
            inside[order[:count]] = True
            sets[inside.tobytes()] = inside
        near = [s for s in sets.values() if gain[s].sum() <= 1.5 * size * max(whole, 1e-300)]
        yield near


def _best(
    kpi: Floats, gain: Floats, usable: Bools, sets: Sequence[Bools], length: int
) -> Match | None:
    """The set of a size in which most would be seen."""
    if not sets:
        return None
    error = _errors(kpi, usable, sets, length)
    judged = sorted(
        ((float(gain[inside].sum()) / e, inside) for e, inside in zip(error, sets, strict=True)),
        key=lambda pair: -pair[0],
    )
    tried = []
    for _, inside in judged[:_TRIED]:
        beside = usable & ~inside
        nothing = placebo_windows(*series_of(kpi, inside, beside), np.ones(length))
        tried.append(Match(inside, beside, nothing, float(gain[inside].sum())))
    return max(tried, key=lambda one: one.worth, default=None)


def _errors(kpi: Floats, usable: Bools, sets: Sequence[Bools], length: int) -> list[float]:
    """Standard error of the lift of each set, were the test in the last weeks.

    The noise is that of the first set, near enough to rank them; those that are kept get their own.
    """
    weeks = kpi.shape[1]
    on = np.zeros(weeks)
    on[weeks - length :] = 1.0
    noise = most_probable_noise(*series_of(kpi, sets[0], usable & ~sets[0]))
    # A filter is linear: that of a set's KPI is the sum of its regions'.
    new = whitened(np.column_stack([on, np.ones(weeks), kpi.T]), (noise,))[0][0]
    by_region = new[:, 2:]
    found = []
    for inside in sets:
        y = by_region[:, inside].sum(axis=1)
        x = np.column_stack([new[:, :2], by_region[:, usable & ~inside].sum(axis=1)])
        inverse = np.linalg.inv(x.T @ x)
        left = y - x @ (inverse @ (x.T @ y))
        variance = float(left @ left) / (weeks - x.shape[1])
        found.append(max(float(np.sqrt(variance * inverse[0, 0])), 1e-300))
    return found


def series_of(kpi: Floats, inside: Bools, beside: Bools) -> tuple[Floats, Floats]:
    """KPI ``[W]`` of the test's regions, and ``[W, 2]`` what it is held against."""
    others = kpi[beside].sum(axis=0)
    return kpi[inside].sum(axis=0), np.column_stack([np.ones(kpi.shape[1]), others])
