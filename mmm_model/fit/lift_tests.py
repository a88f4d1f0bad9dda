"""Lift tests as a person states them: what a change of spend brought in an experiment.

Their form in the model's scale is in `experiments`, what they do to a fit in `evidence`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mmm_model.panel import Panel

AND = "|"
"""Between the names of a test's regions."""


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
        Where; several are joined by `AND`. None: everywhere.
    start, end
        First and last week; the panel holds what was spent. Without them it is a steady
        state: spend had been at ``level`` for long and was raised for good.
    level
        Weekly spend before a change without weeks; None: its mean of the last year.
    in_exposure
        Whether ``change`` and ``level`` are exposure and not spend.
    weight
        What it counts, in (0, 1]: the variance that is believed is that of the error over this.

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
    weight: float = field(default=1.0, repr=False)

    @property
    def believed_error(self) -> float:
        """Standard error that a test of its weight is believed to have."""
        return self.standard_error / self.weight**0.5

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


def aged(tests: Sequence[LiftTest], today: pd.Timestamp, half_life: float | None) -> list[LiftTest]:
    """Let old tests count less: half as much each time that so many weeks have passed.

    What a channel brings moves, and nobody tells a test; the variance that is believed doubles
    with every half-life. Tests without weeks have no age.

    Parameters
    ----------
    today
        The newest week.
    half_life
        Weeks; None: no test ages.
    """
    if half_life is None:
        return list(tests)
    return [replace(test, weight=0.5 ** (age_in_weeks(test, today) / half_life)) for test in tests]


def age_in_weeks(test: LiftTest, today: pd.Timestamp) -> float:
    """Weeks from a test's last one to ``today``; 0 of a test without weeks."""
    return 0.0 if test.end is None else max((today - test.end).days / 7, 0.0)
