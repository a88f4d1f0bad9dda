"""Adstock curves: the share of a channel's effect that comes some weeks after exposure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.intervals import interval


def adstock_curves(model: FittedModel) -> pd.DataFrame:
    """Lay out the kernels: ``channel, lag_weeks, weight, lower, upper``; weights add up to one."""
    kernel = model.adstock_kernel()  # [M, C, L]
    lower, upper = interval(kernel)
    lags = kernel.shape[-1]
    return pd.DataFrame(
        {
            "channel": np.repeat(np.array(model.channels, dtype=object), lags),
            "lag_weeks": np.tile(np.arange(lags), len(model.channels)),
            "weight": kernel.mean(axis=0).ravel(),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
        }
    )
