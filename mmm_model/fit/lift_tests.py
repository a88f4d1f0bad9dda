"""Lift tests as a person states them: what a change of spend brought in an experiment.

Their form in the model's scale is in `experiments`, what they do to a fit in `evidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.panel import Panel


@dataclass(frozen=True)
class LiftTest:
    """One experiment.

    Parameters
    ----------
    channel
        What was changed.
    change
        Weekly spend above what it would have been, all regions of the test together;
        negative where it was cut.
    lift
        Weekly KPI gained by it, mean over the test's weeks.
    standard_error
        Of the lift, > 0.
    region
        Where; None: everywhere.
    start, end
        First and last week; the panel holds what was spent. Without them it is a steady
        state: spend had been at ``level`` for long and was raised for good.
    level
        Weekly spend before a change without weeks; None: its mean of the last year.
    in_exposure
        Whether ``change`` and ``level`` are exposure and not spend.

    Raises
    ------
    ValueError
        If a number is not finite, the error not positive or a week without its partner.
    """

    channel: str
    change: float
    lift: float
    standard_error: float
    region: str | None = None
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    level: float | None = None
    in_exposure: bool = False

    def __post_init__(self) -> None:
        numbers = (self.change, self.lift, self.standard_error, self.level or 0.0)
        if not np.isfinite(numbers).all() or self.standard_error <= 0 or self.change == 0:
            raise ValueError(
                f"lift test of {self.channel}: change {self.change}, lift {self.lift}, standard "
                f"error {self.standard_error}; allowed are numbers, the change not 0, the error > 0"
            )
        if (self.start is None) != (self.end is None) or (
            self.start is not None and self.end is not None and self.start > self.end
        ):
            raise ValueError(f"lift test of {self.channel}: from {self.start} to {self.end}")


def within(tests: Sequence[LiftTest], panel: Panel, weeks: int) -> list[LiftTest]:
    """Tests that were over in the first ``weeks`` weeks of a panel; those without weeks are."""
    last = panel.weeks[weeks - 1]
    return [test for test in tests if test.end is None or test.end <= last]
