"""Whether a unit of a channel is worth the same in all weeks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

_EFFECTIVENESS = """
    SELECT channel, week, effectiveness, lower, upper FROM mart.effectiveness
    WHERE refresh_week = $week ORDER BY channel, week"""

_TITLE = "Effectiveness over time"
_PANELS = 24
# Movements smaller than this are not worth a word.
_FLAT = 0.03
# Movements smaller than this are not worth a picture.
_NOTHING = 0.005


def views(refresh: Refresh) -> tuple[View, ...]:
    """The worth of a unit by week, one panel a channel."""
    return (_view(refresh),)


def _view(refresh: Refresh) -> View:
    rows = refresh.query(_EFFECTIVENESS)
    if rows.empty:
        return View("channels-effectiveness", _TITLE, "It was not estimated in this refresh.")
    parts = {str(name): part for name, part in rows.groupby("channel", sort=False)}
    shown = [name for name in refresh.channels if name in parts][:_PANELS]
    spread = rows.groupby("channel")["effectiveness"].agg(lambda s: s.max() - s.min())
    if spread.max() < _NOTHING:
        return View(
            "channels-effectiveness",
            _TITLE,
            "The model found no weeks in which a unit of a channel was worth more than in others: "
            f"effectiveness moves by less than {words.percent(_NOTHING)} of its mean.",
            table=rows,
            sql=refresh.shown(_EFFECTIVENESS),
        )
    # One scale for all panels, so that a flat channel looks flat.
    reach = 1.08 * max(0.1, float((rows[["lower", "upper"]] - 1).abs().max().max()))
    data: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"showlegend": False, "annotations": titles}
    for i, channel in enumerate(shown):
        place = str(i + 1) if i else ""
        axes = {"xaxis": f"x{place}", "yaxis": f"y{place}"}
        part, colour = parts[channel], refresh.colour(channel)
        weeks = iso(part["week"])
        lower, upper = fig.band(weeks, part["lower"], part["upper"], "90 % interval", colour)
        middle = fig.line(
            weeks, part["effectiveness"].to_numpy(), refresh.label(channel), colour,
            line={"width": 1.6}, hovertemplate="%{x|%d %b %Y}: %{y:,.3~r}<extra></extra>",
        )  # fmt: skip
        data += [trace | axes for trace in (lower, upper, middle)]
        layout[f"xaxis{place}"] = fig.weeks_axis()
        layout[f"yaxis{place}"] = fig.axis(range=[max(0.0, 1 - reach), 1 + reach])
        titles.append({"text": refresh.label(channel), "font": {"size": 12}})
    return View(
        "channels-effectiveness",
        _TITLE,
        _reading(parts, spread),
        fig.figure(data, **layout),
        table=rows,
        sql=refresh.shown(_EFFECTIVENESS),
        note="What one more unit of the same exposure was worth; 1 is the channel's mean, the "
        "band is the 90 % interval. All panels have one scale."
        + (f" The {len(shown)} largest of {len(parts)} channels."
           if len(shown) < len(parts) else ""),
        wide=True,
        panels=len(shown),
    )  # fmt: skip


def _reading(parts: dict[str, pd.DataFrame], spread: pd.Series) -> str:
    most = str(spread.idxmax())
    if spread[most] < _FLAT:
        return "A unit of each channel was worth about the same in all weeks."
    part = parts[most].set_index("week")["effectiveness"]
    return (
        f"A unit of {most} varied most in worth: "
        f"{words.percent(part.max() - 1, signed=True)} of its mean in the week of "
        f"{words.day(part.idxmax())}, {words.percent(part.min() - 1, signed=True)} in that of "
        f"{words.day(part.idxmin())}."
    )
