"""Cost of a unit of exposure by quarter, and its drift."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.panel import Panel

COST_COLUMNS = ("channel", "quarter", "spend", "exposure", "cost_per_exposure", "drift")


def exposure_costs(panel: Panel) -> pd.DataFrame:
    """Cost per exposure by quarter, all regions together.

    Returns
    -------
    pandas.DataFrame
        A row per quarter of each channel that has spend and an exposure of its own. ``drift`` is
        the relative change since the quarter a year before, null where there was none.
    """
    quarter = panel.weeks.to_period("Q").to_timestamp()
    tables = []
    for c, channel in enumerate(panel.channels):
        spend, exposure = np.nan_to_num(panel.spend[..., c]), panel.exposure[..., c]
        if not panel.has_spend[c] or np.allclose(spend, exposure):
            continue
        by_week = pd.DataFrame({"spend": spend.sum(axis=0), "exposure": exposure.sum(axis=0)})
        found = by_week.groupby(quarter).sum()
        cost = found["spend"] / found["exposure"].where(found["exposure"] > 0)
        tables.append(
            found.assign(channel=channel, cost_per_exposure=cost, drift=cost / cost.shift(4) - 1)
            .rename_axis("quarter")
            .reset_index()
        )
    if not tables:
        return pd.DataFrame(columns=list(COST_COLUMNS))
    return pd.concat(tables, ignore_index=True)[list(COST_COLUMNS)]
