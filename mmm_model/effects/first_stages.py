"""First stages: how well instruments move a channel, how much of its reading is an error."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.readings import Reading
from mmm_model.panel import Panel

FIRST_STAGE_COLUMNS = (
    "channel", "instruments", "f_statistic", "weak", "noise_share", "noise_share_lower",
    "noise_share_upper", "correction",
)  # fmt: skip

WEAK = 10.0
"""F statistic below which an instrument is weak: Staiger & Stock (1997), "Instrumental Variables
Regression with Weak Instruments"."""


def first_stages(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """List the channels whose exposure the response reads corrected.

    Returns
    -------
    DataFrame
        ``channel, instruments`` separated by commas, ``f_statistic`` of these and whether they
        are ``weak``; null without any. ``noise_share`` with its 90 % interval: share of what the
        first stage leaves open that is taken for an error of reading. ``correction``: root mean
        squared difference of the corrected exposure and the recorded one, over its mean.
    """
    rows = [
        {
            "channel": one.channel,
            "instruments": ", ".join(one.instruments) or None,
            "f_statistic": one.f_statistic,
            "weak": one.f_statistic < WEAK if one.instruments else None,
            **_noise_share(one),
            "correction": _correction(one, panel),
        }
        for one in model.response.readings
    ]
    return pd.DataFrame(rows, columns=list(FIRST_STAGE_COLUMNS))


def _noise_share(reading: Reading) -> dict[str, float]:
    share = reading.noise_share  # ten equally likely values: the ends leave 5 % outside each
    return {
        "noise_share": float(share.mean()),
        "noise_share_lower": float(share.min()),
        "noise_share_upper": float(share.max()),
    }


def _correction(reading: Reading, panel: Panel) -> float:
    exposure = panel.exposure[..., panel.channels.index(reading.channel)]
    size = exposure.mean(axis=1, keepdims=True)
    moved = (reading.factor - 1.0) * exposure / np.where(size > 0, size, 1.0)
    return float(np.sqrt((moved**2).mean()))
