"""What the next unit of money would bring in each channel, and what keeps it from moving."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.planning.words import held_by
from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import (
    BUDGETS,
    HELD,
    of_scenario,
    scenario_name,
    scenarios,
)
from mmm_assets.report.view import Choice, View


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view; none in a refresh without marginal returns."""
    rows = refresh.query(BUDGETS)
    table = refresh.query(HELD)
    if rows.empty or table["marginal_roi"].isna().all():
        return ()
    table["held_by"] = [
        held_by(b if isinstance(b, str) else None, float(shadow), refresh.context.currency)
        for b, shadow in zip(table["binding"], table["shadow_price"].astype(float), strict=True)
    ]
    order = scenarios(rows)
    choices = [Choice(scenario_name(s), {0: _bars(refresh, table, s)}) for s in order]
    first = of_scenario(table, order[0], refresh).dropna(subset=["marginal_roi"])
    sign = numbers.currency_sign(refresh.context.currency)
    return (
        View(
            "budgets-held",
            "What the next euro would bring" if sign == "€" else "What the next unit would bring",
            f"{choices[0].label}: {_reading(refresh, first)}",
            fig.figure(
                [
                    {
                        "type": "bar",
                        "orientation": "h",
                        "textposition": "none",
                        "hovertemplate": "%{y}: %{x:,.3~r}<br>%{text}<extra></extra>",
                        **choices[0].traces[0],
                    }
                ],
                **fig.ranked("Marginal ROI at the recommended spend", len(first)),
            ),
            table=table,
            sql=refresh.shown(HELD),
            worked_out=True,
            selector="Scenario",
            choices=tuple(choices),
            note="Where no bound and no doubt holds a channel, these are equal.",
            height=fig.height_of(len(first), 38),
        ),
    )


def _bars(refresh: Refresh, table: pd.DataFrame, scenario: str) -> dict[str, Any]:
    """Marginal returns of one scenario, best first."""
    part = of_scenario(table, scenario, refresh).dropna(subset=["marginal_roi"])
    part = part.sort_values("marginal_roi", ascending=False)
    return {
        "y": [refresh.label(c) for c in part["channel"]],
        "x": part["marginal_roi"].to_numpy(),
        "text": [escape.label(r) for r in part["held_by"]],
        "marker": {"color": [refresh.colour(c) for c in part["channel"]]},
    }


def _reading(refresh: Refresh, rows: pd.DataFrame) -> str:
    """The best channel that something holds, else the best."""
    kept = rows[rows["held_by"] != ""].sort_values("marginal_roi", ascending=False)
    best = kept.iloc[0] if len(kept) else rows.sort_values("marginal_roi").iloc[-1]
    why = f" and is held by this: {best['held_by']}" if best["held_by"] else ""
    return (
        f"one more {refresh.context.currency} in {best['channel']} "
        f"returns {words.number(best['marginal_roi'])}{why}."
    )
