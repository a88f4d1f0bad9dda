"""The campaigns of a refresh's panel, as the arrays that their split reads."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

from mmm_assets.inputs.panel_table import create_panel_tables

if TYPE_CHECKING:
    from mmm_model.campaigns import Campaigns
    from mmm_model.panel import Panel

_CAMPAIGNS = """
    SELECT channel, campaign, region, week, coalesce(spend, 0) AS spend,
           coalesce(CASE WHEN reads = 'exposure' THEN exposure ELSE spend END, 0) AS exposure
    FROM staging.panel_campaigns JOIN staging.panel_channels USING (refresh_week, channel)
    WHERE refresh_week = $week AND reads IS NOT NULL
    ORDER BY position, campaign, region, week
"""


def read_campaigns(
    connection: duckdb.DuckDBPyConnection, refresh_week: date, panel: Panel
) -> Campaigns | None:
    """Read the campaigns of a panel; None where none are named."""
    from mmm_model.campaigns import Campaigns

    create_panel_tables(connection)
    rows = connection.execute(_CAMPAIGNS, {"week": refresh_week}).df()
    if rows.empty:
        return None
    names = pd.MultiIndex.from_frame(rows[["channel", "campaign"]])
    known = names.unique()
    cells = (
        pd.Index(panel.regions).get_indexer(pd.Index(rows["region"])),
        panel.weeks.get_indexer(pd.DatetimeIndex(rows["week"])),
        known.get_indexer(names),
    )
    arrays = []
    for column in ("exposure", "spend"):
        values = np.zeros((len(panel.regions), len(panel.weeks), len(known)))
        values[cells] = rows[column].to_numpy(float)
        arrays.append(values)
    return Campaigns(tuple(known.get_level_values(0)), tuple(known.get_level_values(1)), *arrays)
