"""What the recommended budgets would bring: by channel, and in total."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import (
    BUDGETS,
    of_scenario,
    scenario_name,
    scenarios,
    totals,
    totals_behind,
)
from mmm_assets.report.view import Choice, View


def views(refresh: Refresh) -> tuple[View, ...]:
    """Response by channel and gain by scenario."""
    rows = refresh.query(BUDGETS)
    if rows.empty:
        return ()
    return _response(refresh, rows), _gain(refresh, rows)


def _response(refresh: Refresh, rows: pd.DataFrame) -> View:
    sums = totals(refresh, rows)
    choices = []
    for scenario in scenarios(rows):
        would, now = (float(sums[f"{when}_response"][scenario]) for when in ("optimal", "current"))
        name = scenario_name(scenario)
        reading = (
            f"{name}: {words.number(would)} {refresh.kpi} a week "
            f"through media instead of {words.number(now)}."
        )
        bars = _bars(refresh, of_scenario(rows, scenario, refresh))
        choices.append(Choice(name, bars, reading=reading))
    return View(
        "budgets-response",
        "What it would bring, by channel",
        choices[0].reading,
        fig.figure(
            [
                fig.bars([], [], [], name="Recommended") | choices[0].traces[0],
                fig.bars([], [], "@quiet", name="Current")
                | choices[0].traces[1]
                | {"hovertemplate": "%{y}: current %{x:.3~s}<extra></extra>"},
            ],
            **fig.ranked(f"{refresh.kpi_label} per week", len(refresh.channels))
            | {"barmode": "group"},
        ),
        table=rows,
        sql=refresh.shown(BUDGETS),
        selector="Scenario",
        choices=tuple(choices),
        note="Coloured: at the recommended spend, with its 90 % interval. Grey: now.",
        height=fig.height_of(len(refresh.channels), 38),
    )


def _bars(refresh: Refresh, part: pd.DataFrame) -> dict[int, dict[str, Any]]:
    """Recommended with its interval, and current."""
    names = [refresh.label(c) for c in part["channel"]]
    value = part["optimal_response"]
    bounds = fig.error(
        value.tolist(), part["lower"].fillna(value).tolist(), part["upper"].fillna(value).tolist()
    )
    colours = [refresh.colour(c) for c in part["channel"]]
    return {
        0: {"y": names, "x": value.to_numpy(), "error_x": bounds, "marker": {"color": colours}},
        1: {"y": names, "x": part["current_response"].to_numpy()},
    }


def _gain(refresh: Refresh, rows: pd.DataFrame) -> View:
    sums = totals(refresh, rows)
    colours = ["@good/0.85" if value >= 0 else "@bad/0.85" for value in sums["gain"]]
    first = sums.iloc[0]
    known = sums["gain_lower"].notna().all()
    ends = (
        f" (90 % interval {words.number(first['gain_lower'])} to "
        f"{words.number(first['gain_upper'])})"
        if known
        else ""
    )
    bounds = fig.error(
        sums["gain"].tolist(), sums["gain_lower"].tolist(), sums["gain_upper"].tolist()
    )
    return View(
        "budgets-gain",
        "Gain by scenario",
        f"{scenario_name(sums.index[0])}: {words.percent(first['gain_share'], signed=True)} of "
        f"what media bring today, {words.number(first['gain'])} {refresh.kpi} a week{ends}.",
        fig.figure(
            [
                fig.bars(
                    [scenario_name(s) for s in sums.index], sums["gain"].to_numpy(), colours,
                    customdata=sums["gain_share"].to_numpy(),
                )
                | {"hovertemplate": "%{y}: %{x:+.3s} (%{customdata:+.3~p})<extra></extra>"}
                | ({"error_x": bounds} if known else {})
            ],
            **fig.ranked(f"{refresh.kpi_label} per week, against today", len(sums)),
        ),
        **totals_behind(refresh, sums),
        note="The interval is that of the gain: what today's plan and the recommended one share "
        "is not in it.",
        height=fig.height_of(len(sums), 40),
    )  # fmt: skip
