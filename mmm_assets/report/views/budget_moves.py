"""What to spend where: current against recommended, and what to move."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import (
    BUDGETS,
    HELD,
    NO_BUDGETS,
    moves,
    of_scenario,
    per_week,
    scenario_name,
    scenarios,
    shift_bars,
)
from mmm_assets.report.view import Choice, View


def views(refresh: Refresh) -> tuple[View, ...]:
    """Spend now and recommended by channel; says so where there is none."""
    rows = refresh.query(BUDGETS)
    if rows.empty:
        return (View("budgets-channels", "Current and recommended spend", NO_BUDGETS),)
    return _channels(refresh, rows), _shift(refresh, rows)


def _channels(refresh: Refresh, rows: pd.DataFrame) -> View:
    order = scenarios(rows)
    choices = []
    for scenario in order:
        part = of_scenario(rows, scenario, refresh)
        names = [refresh.label(c) for c in part["channel"]]
        colours = [refresh.colour(c) for c in part["channel"]]
        choices.append(
            Choice(
                scenario_name(scenario),
                {
                    0: {
                        "y": names,
                        "x": part["optimal_spend"].to_numpy(),
                        "marker": {"color": colours},
                    },
                    1: {"y": names, "x": part["current_spend"].to_numpy()},
                },
                reading=f"{scenario_name(scenario)}: {moves(part)}.",
            )
        )  # fmt: skip
    part = of_scenario(rows, order[0], refresh)
    return View(
        "budgets-channels",
        "Current and recommended spend",
        choices[0].reading,
        fig.figure(
            [
                fig.bars([], [], [], name="Recommended")
                | choices[0].traces[0]
                | {"hovertemplate": "%{y}: recommended %{x:.3~s}<extra></extra>"},
                fig.bars([], [], "@quiet", name="Current")
                | choices[0].traces[1]
                | {"hovertemplate": "%{y}: current %{x:.3~s}<extra></extra>"},
            ],
            **fig.ranked(per_week(refresh), len(part)) | {"barmode": "group"},
        ),
        table=rows,
        sql=refresh.shown(BUDGETS),
        selector="Scenario",
        choices=tuple(choices),
        note="Coloured: recommended. Grey: current, the mean of the recent weeks."
        + _followers(refresh),
        height=fig.height_of(len(part), 38),
    )


def _followers(refresh: Refresh) -> str:
    """Say which channels follow others."""
    held = refresh.query(HELD)
    held = held[held["binding"].fillna("").str.startswith("follows ")].drop_duplicates("channel")
    said = [
        f" {refresh.label(channel)} {binding}: what they spend brings people to it, and what that "
        "costs moves with their budgets; the rest of its spend is decided."
        for channel, binding in zip(held["channel"], held["binding"], strict=True)
    ]
    return "".join(said)


def _shift(refresh: Refresh, rows: pd.DataFrame) -> View:
    choices = []
    for scenario in scenarios(rows):
        part = of_scenario(rows, scenario, refresh)
        change, now = part["optimal_spend"] - part["current_spend"], part["current_spend"].sum()
        more, less = float(change.clip(lower=0).sum()), float(-change.clip(upper=0).sum())
        choices.append(
            Choice(
                scenario_name(scenario),
                {0: shift_bars(refresh, part)},
                reading=f"{scenario_name(scenario)}: {refresh.money(more)} a week added, "
                f"{refresh.money(less)} taken away, of {refresh.money(float(now))} spent today.",
            )
        )
    return View(
        "budgets-shift",
        "What to move",
        choices[0].reading,
        fig.figure(
            [{"type": "bar", "orientation": "h", **choices[0].traces[0]}],
            **fig.ranked(per_week(refresh), len(refresh.channels)),
        ),
        table=rows,
        sql=refresh.shown(BUDGETS),
        selector="Scenario",
        choices=tuple(choices),
        height=fig.height_of(len(refresh.channels), 38),
    )
