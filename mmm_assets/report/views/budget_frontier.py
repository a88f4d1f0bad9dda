"""What larger and smaller totals would bring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import (
    BUDGETS,
    per_week,
    scenario_name,
    totals,
    totals_behind,
)
from mmm_assets.report.view import View


def views(refresh: Refresh) -> tuple[View, ...]:
    """The best response of each scenario's total."""
    rows = refresh.query(BUDGETS)
    if rows.empty:
        return ()
    return (_frontier(refresh, rows),)


def _frontier(refresh: Refresh, rows: pd.DataFrame) -> View:
    sums = totals(refresh, rows).sort_values("optimal_spend")
    now = sums.iloc[0]
    title = "Total budget against response"
    spread = sums["optimal_spend"].max() - sums["optimal_spend"].min()
    if len(sums) < 2 or spread < 0.01 * max(float(sums["optimal_spend"].max()), 1e-12):
        return View(
            "budgets-frontier",
            title,
            "All scenarios spend the same in total, so there is no frontier to draw.",
        )
    names = [scenario_name(s) for s in sums.index]
    low, high = sums.iloc[0], sums.iloc[-1]
    slope = (high["optimal_response"] - low["optimal_response"]) / (
        high["optimal_spend"] - low["optimal_spend"]
    )
    # A round amount that is no larger than the budgets themselves.
    step = min(1000.0, 10.0 ** np.floor(np.log10(high["optimal_spend"])))
    return View(
        "budgets-frontier",
        title,
        f"From {refresh.money(low['optimal_spend'])} to {refresh.money(high['optimal_spend'])} a "
        f"week, {words.number(step)} more bring {words.number(step * slope)} {refresh.kpi} on "
        "average.",
        fig.figure(
            [
                *fig.band(sums["optimal_spend"].to_numpy(), sums["lower"].to_numpy(),
                          sums["upper"].to_numpy(), "90 % interval", "@accent"),
                fig.line(
                    sums["optimal_spend"].to_numpy(), sums["optimal_response"].to_numpy(),
                    "Best split", "@accent", mode="lines+markers", text=names,
                    hovertemplate="%{text}<br>%{x:.3~s} brings %{y:.3~s}<extra></extra>",
                ),
                {
                    "type": "scatter", "mode": "markers", "name": "Today",
                    "x": [now["current_spend"]], "y": [now["current_response"]],
                    "marker": {"symbol": "diamond", "size": 12, "color": "@ink"},
                    "hovertemplate": "Today<br>%{x:.3~s} brings %{y:.3~s}<extra></extra>",
                },
            ],
            xaxis=fig.axis(per_week(refresh), showgrid=False),
            yaxis=fig.axis(f"{refresh.kpi_label} per week through media", rangemode="tozero"),
        ),
        **totals_behind(refresh, sums),
        height=fig.height_of(len(sums), 40, least=340),
    )  # fmt: skip
