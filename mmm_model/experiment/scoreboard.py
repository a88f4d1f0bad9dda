"""Tests against what the model said before them."""

from __future__ import annotations

import numpy as np

from mmm_model.intervals import NORMAL_90
from mmm_model.panel import Bools, Floats


def agrees(
    measured: Floats, error: Floats, expected: Floats, lower: Floats, upper: Floats
) -> Bools:
    """Whether measured lifts are as near to the expected ones as nine in ten should be.

    Parameters
    ----------
    measured, error
        ``[N]`` with their standard errors, KPI a week.
    expected, lower, upper
        ``[N]`` with the ends of the model's 90 % interval.
    """
    doubt = (upper - lower) / (2 * NORMAL_90)
    reach = NORMAL_90 * np.sqrt(error**2 + doubt**2)
    return np.asarray(np.abs(measured - expected) <= reach)
