"""Lift tests beside the model: what it said before it knew of them, and says now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.intervals import effect_interval


def lift_comparison(model: FittedModel, tests: Sequence[LiftTest]) -> pd.DataFrame:
    """Each lift test beside what the model said without any and says with them.

    Parameters
    ----------
    tests
        Those that the model was fitted with, in their order.

    Returns
    -------
    DataFrame
        ``channel, region, start_week, end_week, change, measured, standard_error, used_error,
        conflicts, weight`` and ``before`` and ``after`` with their intervals, KPI units a week.
    """
    found = model.lift or {name: np.zeros(0) for name in ("error", "conflicts")}
    frame = pd.DataFrame(
        {
            "channel": [test.channel for test in tests],
            "region": [test.region for test in tests],
            "start_week": [test.start for test in tests],
            "end_week": [test.end for test in tests],
            "change": [test.change for test in tests],
            "measured": [test.lift for test in tests],
            "standard_error": [test.standard_error for test in tests],
            "used_error": found["error"],
            "conflicts": found["conflicts"] > 0,
            "weight": [test.weight for test in tests],
        }
    )
    for when in ("before", "after"):
        members = found.get(when, np.zeros((1, 0)))
        lower, upper = effect_interval(members)
        frame = frame.assign(
            **{when: members.mean(axis=0), f"{when}_lower": lower, f"{when}_upper": upper}
        )
    return frame
