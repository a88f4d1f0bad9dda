"""Where channels saturate: response curves, the place of today's plan, the next unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

_CURVES = """
    SELECT channel, spend, response, marginal_response, lower, upper, is_current, in_data_range
    FROM mart.response_curves WHERE refresh_week = $week AND region IS NULL
    ORDER BY channel, spend"""

_REACHED = "SELECT DISTINCT channel FROM mart.frequency WHERE refresh_week = $week ORDER BY channel"

_PARAMETERS = """
    SELECT p.channel, p.slope, p.half_saturation, p.ceiling, p.r2,
           c.spend AS current_spend, c.spend / nullif(p.half_saturation, 0) AS over_half_saturation
    FROM mart.response_curve_parameters AS p
    LEFT JOIN mart.response_curves AS c
      ON c.refresh_week = p.refresh_week AND c.channel = p.channel
     AND c.region IS NULL AND c.is_current
    WHERE p.refresh_week = $week ORDER BY over_half_saturation DESC NULLS LAST"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the response curves."""
    curves = refresh.query(_CURVES)
    if curves.empty:
        return (
            View(
                "channels-response",
                "Response curves",
                "No response curves were estimated in this refresh.",
            ),
            _saturation(refresh),
        )
    parts = {str(name): part for name, part in curves.groupby("channel", sort=False)}
    known = [name for name in refresh.channels if name in parts]
    ordered = {name: parts[name] for name in known}
    return (
        _curve(refresh, curves, ordered),
        _together(refresh, curves, ordered, "response"),
        _together(refresh, curves, ordered, "marginal_response"),
        _saturation(refresh),
    )


def _unit(refresh: Refresh, channel: str) -> str:
    """What the horizontal axis of a channel's curve counts."""
    if pd.notna(refresh.summary["spend"].get(channel)):
        return f"Spend per week, {numbers.currency_sign(refresh.context.currency)}".rstrip(", ")
    return "Exposure per week"


def _today(part: pd.DataFrame) -> pd.Series | None:
    now = part[part["is_current"].fillna(False).astype(bool)]
    return now.iloc[0] if len(now) else None


def _curve(refresh: Refresh, curves: pd.DataFrame, parts: dict[str, pd.DataFrame]) -> View:
    first = next(iter(parts))
    data = [
        *fig.band([], [], [], "90 % interval", refresh.colour(first)),
        fig.line([], [], "Beyond the data", "@muted", hoverinfo="skip"),
        fig.line([], [], "Within the data", "@muted",
                 hovertemplate="%{x:.3~s}: %{y:.3~s}<extra></extra>"),
        {"type": "scatter", "mode": "markers", "name": "Today",
         "hovertemplate": "Today: %{x:.3~s} brings %{y:.3~s}<extra></extra>"},
    ]  # fmt: skip
    del data[2]["hovertemplate"]
    for i, attributes in _curve_traces(refresh, first, parts).items():
        data[i] |= attributes
    choices = []
    for channel in parts:
        traces = _curve_traces(refresh, channel, parts)
        title = {"title": {"text": _unit(refresh, channel)}}
        choices.append(Choice(channel, traces, {"xaxis": title}, _curve_reading(channel, parts)))
    return View(
        "channels-response",
        "Response curve by channel",
        _curve_reading(first, parts),
        fig.figure(
            data,
            xaxis=fig.axis(_unit(refresh, first), showgrid=False, rangemode="tozero"),
            yaxis=fig.axis(f"{refresh.kpi_label} per week", rangemode="tozero"),
        ),
        table=curves,
        sql=refresh.shown(_CURVES),
        selector="Channel",
        choices=tuple(choices),
        note="The dot is today's plan; the dotted part lies beyond anything the data has seen.",
        wide=True,
        height=400,
    )


def _curve_traces(
    refresh: Refresh, channel: str, parts: dict[str, pd.DataFrame]
) -> dict[int, dict[str, Any]]:
    """Interval, curve beyond and within the data, and today's plan of one channel."""
    part, colour = parts[channel], refresh.colour(channel)
    x = part["spend"].to_numpy()
    seen = part["in_data_range"].fillna(True).astype(bool)
    now = _today(part)
    here = part[seen]
    return {
        0: {"x": x, "y": part["lower"].to_numpy(), "line": {"width": 0, "color": colour}},
        1: {"x": x, "y": part["upper"].to_numpy(), "line": {"width": 0, "color": colour},
            "fillcolor": f"{colour}/0.16"},
        2: {"x": x, "y": part["response"].to_numpy(),
            "line": {"color": colour, "width": 1.6, "dash": "dot"}},
        3: {"x": here["spend"].to_numpy(), "y": here["response"].to_numpy(),
            "line": {"color": colour, "width": 2.6}},
        4: {"x": [] if now is None else [now["spend"]],
            "y": [] if now is None else [now["response"]],
            "marker": {"color": colour, "size": 12, "line": {"color": "@ink", "width": 1.5}}},
    }  # fmt: skip


def _curve_reading(channel: str, parts: dict[str, pd.DataFrame]) -> str:
    part = parts[channel]
    now = _today(part)
    if now is None or len(part) < 3 or not (now["spend"] > 0 and now["response"] > 0):
        return f"What more or less of {channel} would bring each week."
    return (
        f"{words.number(float(part['spend'].max()) / now['spend'])} times today's plan of "
        f"{channel} would multiply what it brings by "
        f"{words.number(float(part['response'].iloc[-1]) / now['response'])}."
    )


def _together(
    refresh: Refresh, curves: pd.DataFrame, parts: dict[str, pd.DataFrame], what: str
) -> View:
    """All channels against today's plan: response, or what the next unit adds."""
    data, half_more = [], {}
    for channel, part in parts.items():
        now = _today(part)
        if now is None or not now["spend"] > 0 or not abs(now[what]) > 0:
            continue
        x = part["spend"].to_numpy() / now["spend"]
        y = part[what].to_numpy() / now[what]
        if channel in refresh.leading(15):
            data.append(
                fig.line(
                    x, y, refresh.label(channel), refresh.colour(channel),
                    hovertemplate="%{x:.1f} × today: %{y:.3~p}",
                )
            )  # fmt: skip
        if x.max() >= 1.45:
            half_more[channel] = float(np.interp(1.5, x, y))
    total = what == "response"
    id_, title = (
        ("channels-saturation-curves", "What a larger plan adds, against today")
        if total
        else ("channels-marginal", "What the next unit adds, against today")
    )
    if not data:
        return View(
            id_, title, "No channel has a plan of today to compare with: no recent activity."
        )
    drawn = np.concatenate([trace["y"] for trace in data])
    lowest, highest = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    return View(
        id_,
        title,
        _together_reading(half_more, total),
        fig.figure(
            data,
            xaxis=fig.axis("Plan, times today's", showgrid=False),
            yaxis=fig.axis(
                "Response, today = 100 %" if total else "Next unit, today = 100 %",
                tickformat=".3~p", range=[min(0.0, lowest), min(highest, 3.0) * 1.05],
            ),
            shapes=[
                {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1,
                 "line": {"color": "@ink/0.5", "width": 1, "dash": "dot"}}
            ],
            showlegend=True,
        ),
        table=curves,
        sql=refresh.shown(_CURVES),
        note=_of_reach(refresh, parts),
        height=400,
    )  # fmt: skip


def _of_reach(refresh: Refresh, parts: dict[str, pd.DataFrame]) -> str:
    """Why some curves are straight lines."""
    reached = [name for name in refresh.query(_REACHED)["channel"] if name in parts]
    if not reached:
        return ""
    count = "is" if len(reached) == 1 else "are"
    return (
        f"{words.listed(reached)} {count} given as people reached: a larger plan reaches more of "
        "them, as often as today, and each brings what the others do."
    )


def _together_reading(half_more: dict[str, float], total: bool) -> str:
    """What one and a half times today's plan would do, where it would do most and least."""
    if not half_more:
        return "All channels on one scale: today is 1."
    best = max(half_more, key=lambda name: half_more[name])
    worst = min(half_more, key=lambda name: half_more[name])
    if total:
        return (
            f"Half as much again would lift {best} by {words.percent(half_more[best] - 1)} and "
            f"{worst} by {words.percent(half_more[worst] - 1)}."
        )
    return (
        f"After half as much again, the next unit in {worst} brings "
        f"{words.percent(half_more[worst])} of what it brings today; in {best} "
        f"{words.percent(half_more[best])}."
    )


def _saturation(refresh: Refresh) -> View:
    table = refresh.query(_PARAMETERS)
    rows = table.dropna(subset=["over_half_saturation"])
    title = "How far each channel is up its curve"
    if rows.empty:
        return View(
            "channels-saturation", title, "No Hill curve could be fitted to a response curve."
        )
    values = rows["over_half_saturation"].clip(upper=5)
    full = rows[rows["over_half_saturation"] > 1]["channel"].tolist()
    return View(
        "channels-saturation",
        title,
        (
            f"{words.listed(full)} {'is' if len(full) == 1 else 'are'} past half of what "
            f"{'it' if len(full) == 1 else 'they'} could ever bring."
            if full
            else "No channel is past half of what it could ever bring."
        ),
        fig.figure(
            [
                fig.bars(
                    [refresh.label(c) for c in rows["channel"]],
                    values.to_numpy(),
                    [refresh.colour(c) for c in rows["channel"]],
                    customdata=rows["over_half_saturation"].to_numpy(),
                )
                | {"hovertemplate": "%{y}: %{customdata:,.3~r}<extra></extra>"}
            ],
            **fig.ranked("Plan, times that at half of the ceiling", len(rows)),
        ),
        table=table,
        sql=refresh.shown(_PARAMETERS),
        note="Parameters of the Hill curve are in the table." + (
            " Bars stop at 5." if (rows["over_half_saturation"] > 5).any() else ""
        ),
        height=fig.height_of(len(rows)),
    )  # fmt: skip
