"""A/A tests: what a design finds in past weeks in which nothing was tested.

The same regions are read over and over in the past, each time as if a test had just ended. What
is found there is error. It says how often a design finds something where nothing was, by how much
the standard error of one regression is too small, and, with a lift added to every window, how
often that lift would have been found: its power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.experiment.interrupted_series import (
    most_probable_noise,
    past_lifts,
    surely,
)
from mmm_model.panel import Floats

POWER = 0.8
"""Share of tests that shall find the smallest effect that a design is said to see."""

LEAST_BEFORE = 26
"""Periods before the first window: half a year, from which a regression is learned."""

_BELIEF = 10.0
"""Windows that the regression's own standard error weighs as much as, against those of the past.

A dozen windows tell a standard error to a fifth, no better than the regression does.
"""


@dataclass(frozen=True)
class PlaceboWindows:
    """S readings of past windows.

    Parameters
    ----------
    lifts
        ``[S]`` what was found, KPI units a period.
    errors
        ``[S]`` the regressions' standard errors.
    freedom
        ``[S]`` their degrees of freedom.
    apart
        How many of the windows do not overlap.
    """

    lifts: Floats
    errors: Floats
    freedom: Floats
    apart: float

    @property
    def inflation(self) -> float:
        """What a regression's standard error is multiplied by; 1 or more.

        The mean square of what was found, over what the regressions expected, drawn to one by
        `_BELIEF` windows.
        """
        if not len(self.lifts):
            return 1.0
        usual = self.freedom / np.maximum(self.freedom - 2.0, 1.0)
        excess = float(np.mean(np.square(self.lifts / self.errors) / usual))
        mixed = (_BELIEF + self.apart * excess) / (_BELIEF + self.apart)
        return float(np.sqrt(max(mixed, 1.0)))

    @property
    def reach(self) -> Floats:
        """``[S]`` distance from nought at which a window's reading counts as found."""
        quantiles = np.array([surely(freedom) for freedom in self.freedom])
        return quantiles * self.errors * self.inflation

    @property
    def false(self) -> float:
        """Share of the windows in which something was found; NaN without windows."""
        return self.power(0.0)

    def power(self, lift: float) -> float:
        """Share of the windows in which a lift of so many KPI units a period is found."""
        if not len(self.lifts):
            return float("nan")
        return float(np.mean(np.abs(self.lifts + lift) > self.reach))

    def expected_power(self, lifts: Floats) -> float:
        """Mean power over draws ``[M]`` of the lift: the chance that the test finds something."""
        found = np.abs(self.lifts[:, None] + lifts) > self.reach[:, None]
        return float(found.mean()) if found.size else float("nan")

    @property
    def smallest(self) -> float:
        """Smallest lift, KPI units a period, that `POWER` of the windows find; NaN without any."""
        if not len(self.lifts):
            return float("nan")
        # What each window needs to find a gain, and a loss; either sign is promised.
        gain, loss = self.reach - self.lifts, self.reach + self.lifts
        return float(max(np.quantile(gain, POWER), np.quantile(loss, POWER)))


def placebo_windows(series: Floats, beside: Floats, pattern: Floats) -> PlaceboWindows:
    """Read past windows of a series as if each were a test that has just ended.

    Parameters
    ----------
    series, beside
        As of `lift_of`, of T periods in which nothing was tested.
    pattern
        ``[L]`` how far the test is on in each of its periods.
    """
    length = len(pattern)
    first = min(LEAST_BEFORE, max(len(series) // 2 - length, beside.shape[1] + 2))
    ends = range(first + length, len(series) + 1)
    if not len(ends):
        return PlaceboWindows(np.zeros(0), np.zeros(0), np.zeros(0), 0.0)
    noise = most_probable_noise(series, beside)
    lifts, errors, freedom = past_lifts(series, beside, pattern, ends, noise)
    return PlaceboWindows(lifts, errors, freedom, apart=max(len(ends) / length, 1.0))
