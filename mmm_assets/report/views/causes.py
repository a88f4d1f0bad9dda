"""Why numbers changed since the refresh before: a waterfall of causes, channel by channel."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report.change_words import (
    CHANGES,
    NAMES,
    RESTATED_WEEKS,
    change_sentence,
    restated_months,
)
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

_ID, _TITLE = "summary-causes", "Why it changed"
_MOST = 25


def views(refresh: Refresh) -> tuple[View, ...]:
    """The waterfall of each channel's ROI, contribution and budget."""
    table = refresh.query(CHANGES)
    if table.empty:
        return ()
    restated = restated_months(refresh.query(RESTATED_WEEKS))
    parts = _parts(refresh, table)
    choices = tuple(
        Choice(name, {0: _bars(part)}, reading=change_sentence(part, restated))
        for name, part in parts.items()
    )
    first = next(iter(parts.values()))
    return (
        View(
            _ID,
            _TITLE,
            change_sentence(first, restated),
            fig.figure(
                [{"type": "waterfall", "connector": {"line": {"color": "@muted", "width": 1}},
                  "increasing": {"marker": {"color": "@good"}},
                  "decreasing": {"marker": {"color": "@bad"}},
                  "totals": {"marker": {"color": "@accent"}},
                  "hovertemplate": "%{x}: %{delta:.3~s}<extra></extra>", **_bars(first)}],
                xaxis=fig.names_axis(showgrid=False),
                yaxis=fig.axis(rangemode="tozero"),
                showlegend=False,
            ),
            table=table,
            sql=refresh.shown(CHANGES),
            selector="Number",
            choices=choices,
            note="By refits between the two refreshes, causes applied one after the other and in "
            "reverse; what depends on the order is their interaction.",
            wide=True,
            height=380,
        ),
    )  # fmt: skip


def _parts(refresh: Refresh, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of each number under its name, the largest channels first."""
    found = {}
    groups = dict(iter(table.groupby(["channel", "quantity"], sort=False)))
    for quantity, named in NAMES.items():
        for channel in refresh.channels[:_MOST]:
            if (channel, quantity) in groups:
                found[f"{named} of {channel}"] = groups[channel, quantity]
    return found


def _bars(part: pd.DataFrame) -> dict[str, Any]:
    moved = (part["to_value"] - part["from_value"]).tolist()
    return {
        "x": ["before", *(str(cause) for cause in part["cause"]), "now"],
        "y": [float(part["from_value"].iloc[0]), *moved, float(part["to_value"].iloc[-1])],
        "measure": ["absolute", *["relative"] * len(moved), "total"],
    }
