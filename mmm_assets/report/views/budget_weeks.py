"""The budget of the weeks ahead, channel by channel."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.scenarios import scenario_name
from mmm_assets.report.view import Choice, View

_WEEKS = """
    SELECT scenario, channel, week, current_spend, optimal_spend FROM mart.weekly_budgets
    WHERE refresh_week = $week ORDER BY channel, week"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view, none in a refresh of an earlier version."""
    rows = refresh.query(_WEEKS)
    return () if rows.empty else (_view(refresh, rows),)


def _view(refresh: Refresh, rows: pd.DataFrame) -> View:
    parts = dict(iter(rows.groupby("channel", sort=False)))
    channels = [name for name in refresh.channels if name in parts]

    first = _traces(refresh, channels[0], parts[channels[0]])
    data = [
        {**fig.line(None, None, "If the recent plan goes on", "@ink/0.5"), **first[0],
         "line": {"color": "@ink/0.5", "dash": "dot"}},
        {**fig.line(None, None, "Recommended", "@accent"), **first[1]},
    ]  # fmt: skip
    return View(
        "budgets-weeks",
        "The weeks ahead",
        _reading(refresh, channels[0], parts[channels[0]]),
        fig.figure(
            data,
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(f"{refresh.context.currency} a week", rangemode="tozero"),
            hovermode="x unified",
            showlegend=True,
        ),
        table=rows,
        sql=refresh.shown(_WEEKS),
        selector="Channel",
        choices=tuple(
            Choice(
                channel,
                _traces(refresh, channel, parts[channel]),
                reading=_reading(refresh, channel, parts[channel]),
            )
            for channel in channels
        ),
        note="Carryover from week to week counts. No week is below the least or above the "
        "largest of the last year, unless a contract or a flight asks for it.",
    )


def _traces(refresh: Refresh, channel: str, part: pd.DataFrame) -> dict[int, dict]:
    """Weekly spend of one channel: as recently, and recommended."""
    weeks, colour = iso(part["week"]), refresh.colour(channel)
    return {
        0: {"x": weeks, "y": part["current_spend"].to_numpy()},
        1: {
            "x": weeks,
            "y": part["optimal_spend"].to_numpy(),
            "line": {"color": colour, "width": 2},
        },
    }


def _reading(refresh: Refresh, channel: str, part: pd.DataFrame) -> str:
    now, then = part["current_spend"].sum(), part["optimal_spend"].sum()
    top = part.sort_values("optimal_spend").iloc[-1]
    money = words.money(then, refresh.context.currency)
    change = f" ({words.percent(then / now - 1, signed=True)} against the plan)" if now > 0 else ""
    return (
        f"{scenario_name(part['scenario'].iloc[0])}: {channel} gets {money} in "
        f"{words.counted(len(part), 'week')}{change}, most in the week of "
        f"{str(top['week'])[:10]}."
    )
