"""Rows of a test: what was measured, what it is held against, and what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

COLUMNS = ("test", "measure", "channel", "value", "lower", "upper", "threshold", "verdict")
GOOD, DOUBTFUL, UNJUDGED = "good", "doubtful", "none"


@dataclass(frozen=True)
class Found:
    """One measure of one test.

    Parameters
    ----------
    test, measure
        Names.
    value
        What was measured; its unit is the measure's.
    channel
        None where it is of the whole fit.
    lower, upper
        Interval that belongs to the measure; NaN where there is none.
    threshold
        What the verdict is held against; NaN where there is none.
    verdict
        `GOOD`, `DOUBTFUL`, or `UNJUDGED` for a figure that is only told.
    """

    test: str
    measure: str
    value: float
    channel: str | None = None
    lower: float = np.nan
    upper: float = np.nan
    threshold: float = np.nan
    verdict: str = UNJUDGED

    @classmethod
    def at_most(
        cls, test: str, measure: str, value: float, most: float, channel: str | None = None
    ) -> Found:
        """Judge a measure that should be small; one that is unknown is not judged."""
        verdict = UNJUDGED if np.isnan(value) else GOOD if value <= most else DOUBTFUL
        return cls(test, measure, value, channel, threshold=most, verdict=verdict)

    @classmethod
    def at_least(
        cls, test: str, measure: str, value: float, least: float, channel: str | None = None
    ) -> Found:
        """Judge a measure that should be large; one that is unknown is not judged."""
        verdict = UNJUDGED if np.isnan(value) else GOOD if value >= least else DOUBTFUL
        return cls(test, measure, value, channel, threshold=least, verdict=verdict)

    def unjudged(self) -> Found:
        """Return the same as a figure that is only told."""
        return replace(self, verdict=UNJUDGED)


def table(found: Iterable[Found]) -> pd.DataFrame:
    """Return the rows as a table with `COLUMNS`."""
    rows = pd.DataFrame([asdict(one) for one in found], columns=list(COLUMNS))
    return rows.replace([np.inf, -np.inf], np.nan)
