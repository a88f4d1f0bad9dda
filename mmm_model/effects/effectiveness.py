"""Effectiveness: what a unit of exposure was worth in each week, against its own mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.equation.media_response import MediaResponse
from mmm_model.intervals import interval
from mmm_model.panel import Panel


def effectiveness(response: MediaResponse, panel: Panel) -> pd.DataFrame:
    """Follow a unit's worth over the weeks: ``channel, week, effectiveness, lower, upper``.

    Regions count by what they could earn of the channel; one is the channel's mean over weeks.
    """
    worth = response.weight.sum(axis=1)  # [M, W, C]
    mean = worth.mean(axis=1, keepdims=True)
    index = np.divide(worth, mean, out=np.ones_like(worth), where=mean > 0)
    lower, upper = interval(index)
    weeks = panel.weeks.to_numpy()
    return pd.DataFrame(
        {
            "channel": np.repeat(np.array(panel.channels, dtype=object), len(weeks)),
            "week": np.tile(weeks, len(panel.channels)),
            "effectiveness": index.mean(axis=0).T.ravel(),
            "lower": lower.T.ravel(),
            "upper": upper.T.ravel(),
        }
    )
