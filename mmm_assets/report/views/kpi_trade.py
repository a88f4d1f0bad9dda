"""What one KPI costs the other: the best budgets of the same money, from one to the other."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_FRONTIER = """
    SELECT kpi, point, weight, main_response, main_lower, main_upper, response, lower, upper
    FROM mart.kpi_frontier WHERE refresh_week = $week ORDER BY kpi, point"""
_RECOMMENDED = """
    SELECT k.kpi, k.optimal_response AS response, m.optimal_response AS main_response
    FROM mart.kpi_budget_scenarios AS k
    JOIN (FROM mart.kpi_budget_scenarios WHERE is_main) AS m USING (refresh_week, scenario)
    JOIN mart.budget_scenarios AS s USING (refresh_week, scenario)
    WHERE refresh_week = $week AND NOT k.is_main
      AND abs(s.optimal_spend - s.current_spend) < 1e-6 * s.current_spend"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """A view for each further KPI; nothing where there is one KPI."""
    rows, recommended = refresh.query(_FRONTIER), refresh.query(_RECOMMENDED)
    return tuple(
        _trade(refresh, place, str(kpi), part, recommended[recommended["kpi"] == kpi])
        for place, (kpi, part) in enumerate(rows.groupby("kpi", sort=False))
    )


def _trade(
    refresh: Refresh, place: int, kpi: str, part: pd.DataFrame, recommended: pd.DataFrame
) -> View:
    now, best = part.iloc[0], part.iloc[1:]
    title, label = f"What {kpi} cost in {refresh.kpi}", escape.label(kpi)
    first, last = best.iloc[0], best.iloc[-1]
    more = last["response"] - first["response"]
    fewer = first["main_response"] - last["main_response"]
    if len(best) < 2 or more <= 1e-9 * abs(last["response"]):
        said = f"The best budget for {refresh.kpi} is the best for {kpi}, too: nothing is traded."
        return View(f"kpis-trade-{place}", title, said)
    marks = [("Today", now, "diamond", "@ink")]
    marks += [("Recommended", row, "circle", "@good") for _, row in recommended.head(1).iterrows()]
    hover = f"%{{y:.3~s}} {refresh.kpi_label}<br>%{{x:.3~s}} {label}<extra></extra>"
    return View(
        f"kpis-trade-{place}",
        title,
        f"The same money can bring {words.number(more)} more {kpi} a week and "
        f"{words.number(fewer)} fewer {refresh.kpi} than the best budget for {refresh.kpi} alone: "
        f"one more costs {words.number(fewer / more)} {refresh.kpi} on average.",
        fig.figure(
            [
                fig.line(
                    best["response"].tolist(), best["main_response"].tolist(), "Best budgets",
                    "@accent", mode="lines+markers", hovertemplate=hover,
                ),
                *(
                    {
                        "type": "scatter", "mode": "markers", "name": name,
                        "x": [row["response"]], "y": [row["main_response"]],
                        "marker": {"symbol": symbol, "size": 12, "color": colour},
                        "hovertemplate": f"{name}<br>{hover}",
                    }
                    for name, row, symbol, colour in marks
                ),
            ],
            xaxis=fig.axis(f"{label} per week through media"),
            yaxis=fig.axis(f"{refresh.kpi_label} per week through media"),
        ),
        table=part,
        sql=refresh.shown(_FRONTIER),
        note="Each point is the best split of today's money for some weights of the two, within "
        "the bounds of every recommendation. Ends of intervals are in the table.",
        height=360,
    )  # fmt: skip
