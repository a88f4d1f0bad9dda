"""What the campaigns of each channel brought."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

_CAMPAIGNS = """
    SELECT channel, campaign, first_week, last_week, spend, exposure, contribution, lower, upper,
           share, roi, roi_lower, roi_upper, against_channel, against_lower, against_upper,
           own_evidence
    FROM mart.campaign_summary WHERE refresh_week = $week
    ORDER BY channel, contribution DESC, campaign"""
_MOST = 40
_CLEAR = 0.1
"""Distance of an interval's end from the channel's own return that is worth a sentence."""


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view where channels have campaigns, none where they have none."""
    rows = refresh.query(_CAMPAIGNS)
    return () if rows.empty else (_view(refresh, rows),)


def _view(refresh: Refresh, rows: pd.DataFrame) -> View:
    parts = {str(name): part for name, part in rows.groupby("channel", sort=False)}
    order = [name for name in refresh.channels if name in parts]
    choices = [
        Choice(
            name,
            {0: _bars(refresh, name, parts[name])},
            {"xaxis": {"title": {"text": _measure(refresh, parts[name])[1]}}},
            _reading(name, parts[name]),
        )
        for name in order
    ]
    first = choices[0]
    bars = {"type": "bar", "orientation": "h", "textposition": "none",
            "hovertemplate": "%{y}: %{x:,.3~r}<br>%{text}<extra></extra>"}  # fmt: skip
    shown = max(min(len(part), _MOST) for part in parts.values())
    return View(
        "channels-campaigns",
        "Campaigns of a channel",
        first.reading,
        fig.figure(
            [{**bars, **first.traces[0]}],
            **fig.ranked(_measure(refresh, parts[order[0]])[1], shown),
        ),
        table=rows,
        sql=refresh.shown(_CAMPAIGNS),
        selector="Channel" if len(choices) > 1 else "",
        choices=tuple(choices) if len(choices) > 1 else (),
        note="The channel's contribution, split among its campaigns: each is taken to be as good "
        "as its channel, save for what its own weeks say. Lines are 90 % intervals."
        + (f" The {_MOST} largest are drawn." if len(rows) and shown == _MOST else ""),
        height=fig.height_of(shown),
    )


def _measure(refresh: Refresh, part: pd.DataFrame) -> tuple[str, str]:
    """What bars show: returns where they are known, else contributions; its column, its title."""
    if part["roi"].notna().any():
        sign = numbers.currency_sign(refresh.context.currency) or "unit of money"
        return "roi", f"ROI: value per {sign} spent"
    return "contribution", refresh.kpi_label


def _bars(refresh: Refresh, channel: str, part: pd.DataFrame) -> dict[str, Any]:
    value, _ = _measure(refresh, part)
    ends = ("roi_lower", "roi_upper") if value == "roi" else ("lower", "upper")
    part = part.head(_MOST)
    known = part[value].fillna(0.0)
    return {
        "y": [escape.label(name) for name in part["campaign"]],
        "x": known.to_numpy(),
        "text": [
            f"{refresh.kpi_label}: {words.number(row['contribution'])}, "
            f"{words.percent(row['share'])} of the channel"
            for _, row in part.iterrows()
        ],
        "marker": {"color": refresh.colour(channel)},
        "error_x": fig.error(
            known.tolist(),
            part[ends[0]].fillna(known).tolist(),
            part[ends[1]].fillna(known).tolist(),
        ),
    }


def _reading(channel: str, part: pd.DataFrame) -> str:
    better = part[part["against_lower"] > 1 + _CLEAR]["campaign"].astype(str).tolist()
    worse = part[part["against_upper"] < 1 - _CLEAR]["campaign"].astype(str).tolist()
    kinds = ((better, "more"), (worse, "less"))
    said = [f"{_bring(names)} {how}" for names, how in kinds if names]
    count = words.counted(len(part), "campaign")
    if not said:
        return f"{channel} ran {count}; none is clearly better or worse than its channel."
    return f"{channel} ran {count}: for the same exposure as the channel, {', '.join(said)}."


def _bring(names: list[str]) -> str:
    return f"{words.listed(names, 3)} {'brings' if len(names) == 1 else 'bring'}"
