"""What to move in which region."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import (
    BUDGETS,
    scenario_name,
    scenarios,
)
from mmm_assets.report.view import Choice, View

_REGIONS = """
    SELECT scenario, region, channel, current_spend, optimal_spend,
           optimal_spend - current_spend AS change
    FROM mart.optimal_budgets WHERE refresh_week = $week AND region IS NOT NULL
    ORDER BY scenario, region, channel"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """The change of spend by region and channel."""
    rows = refresh.query(BUDGETS)
    if rows.empty:
        return ()
    return (_regions(refresh, rows),)


def _regions(refresh: Refresh, rows: pd.DataFrame) -> View:
    table = refresh.query(_REGIONS)
    title = "What to move by region"
    if table.empty or len(refresh.regions) < 2:
        return View(
            "budgets-regions",
            title,
            "Budgets were not split by region in this refresh."
            if len(refresh.regions) > 1
            else "There is one region, so nothing to split.",
        )
    order = [s for s in scenarios(rows) if s in set(table["scenario"])]
    wide = {
        s: table[table["scenario"] == s]
        .pivot_table(index="region", columns="channel", values="change", aggfunc="sum")
        .reindex(index=refresh.regions, columns=refresh.channels)
        for s in order
    }
    # The scale of ordinary cells, so that one extreme does not wash out the rest.
    largest = float(np.nanquantile(np.abs(wide[order[0]].to_numpy()), 0.98)) or 1.0
    choices = []
    for scenario in order:
        change = wide[scenario].sum(axis=1)
        reading = (
            f"{scenario_name(scenario)}: most is added in {change.idxmax()} "
            f"({refresh.money(change.max())} a week), least in {change.idxmin()} "
            f"({refresh.money(change.min())})."
        )
        traces = {0: {"z": wide[scenario].to_numpy()}}
        choices.append(Choice(scenario_name(scenario), traces, reading=reading))
    return View(
        "budgets-regions",
        title,
        choices[0].reading,
        fig.figure(
            [
                fig.heat(
                    [refresh.label(c) for c in refresh.channels],
                    [refresh.label(r) for r in refresh.regions],
                    wide[order[0]].to_numpy(),
                    "%{y}, %{x}: %{z:+.3s}",
                    colorscale="@diverging", zmin=-largest, zmax=largest,
                )
            ],
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=table,
        sql=refresh.shown(_REGIONS),
        selector="Scenario",
        choices=tuple(choices),
        note="Change of weekly spend; regions by size.",
        wide=True,
        height=fig.height_of(len(refresh.regions), 15, least=300, most=760),
    )  # fmt: skip
