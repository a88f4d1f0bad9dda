"""Whether a unit of a channel is worth the same in all weeks, and what speaks for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

_EFFECTIVENESS = """
    SELECT channel, week, effectiveness, lower, upper FROM mart.effectiveness
    WHERE refresh_week = $week ORDER BY channel, week"""

_EVIDENCE = """
    SELECT channel, log_bayes_factor, evidence, moves, since, change, change_lower, change_upper,
           statement
    FROM mart.effectiveness_evidence WHERE refresh_week = $week
    ORDER BY log_bayes_factor DESC NULLS LAST, channel"""

_TITLE = "Effectiveness over time"
_PANELS = 24
# Movements smaller than this are not worth a word.
_FLAT = 0.03
# Bayes factors beyond this are not told apart by a reader.
_LARGEST = 1000


def views(refresh: Refresh) -> tuple[View, ...]:
    """The worth of a unit by week, one panel a channel, and the evidence that it moved."""
    rows = refresh.query(_EFFECTIVENESS)
    if rows.empty:
        return (View("channels-effectiveness", _TITLE, "It was not estimated in this refresh."),)
    evidence = refresh.query(_EVIDENCE).set_index("channel")
    paths = _paths(refresh, rows, evidence)
    return (paths, _evidence(refresh, evidence)) if len(evidence) else (paths,)


def _paths(refresh: Refresh, rows: pd.DataFrame, evidence: pd.DataFrame) -> View:
    parts = {str(name): part for name, part in rows.groupby("channel", sort=False)}
    known = [name for name in refresh.channels if name in parts]
    moving = [name for name in known if _moves(evidence, name)]
    shown = [*moving, *(name for name in known if name not in moving)][:_PANELS]
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
        _reading(rows, evidence),
        fig.figure(data, **layout),
        table=rows,
        sql=refresh.shown(_EFFECTIVENESS),
        note="What one more unit of the same exposure was worth; 1 is the channel's mean, the "
        "band is the 90 % interval. A line without a band stays where it is: nothing in the data "
        "speaks for a change. All panels have one scale."
        + (f" {len(shown)} of {len(parts)} channels: those that move, then the largest."
           if len(shown) < len(parts) else ""),
        wide=True,
        panels=len(shown),
    )  # fmt: skip


def _reading(rows: pd.DataFrame, evidence: pd.DataFrame) -> str:
    """What moved, in words; without evidence, what moved most."""
    if evidence.empty or evidence["log_bayes_factor"].isna().all():
        return _spread(rows)
    moving = evidence[evidence["moves"].fillna(False).astype(bool)]
    if moving.empty:
        return (
            "No channel's effect is known to have changed: a unit of each is taken to be worth the "
            "same in all weeks."
        )
    told = " ".join(moving["statement"].head(3).astype(str))
    rest = len(evidence) - len(moving)
    if not rest:
        return told
    others = "the other channel" if rest == 1 else f"the other {rest} channels"
    return f"{told} Of {others} no change is known."


def _spread(rows: pd.DataFrame) -> str:
    spread = rows.groupby("channel")["effectiveness"].agg(np.ptp)
    most = str(spread.idxmax())
    if spread[most] < _FLAT:
        return "A unit of each channel was worth about the same in all weeks."
    part = rows[rows["channel"] == most].set_index("week")["effectiveness"]
    return (
        f"A unit of {most} varied most in worth: "
        f"{words.percent(part.max() - 1, signed=True)} of its mean in the week of "
        f"{words.day(part.idxmax())}, {words.percent(part.min() - 1, signed=True)} in that of "
        f"{words.day(part.idxmin())}."
    )


def _evidence(refresh: Refresh, evidence: pd.DataFrame) -> View:
    title = "Did a channel's effect change?"
    tested = evidence["log_bayes_factor"].notna()
    if not tested.any():
        return View(
            "channels-effectiveness-evidence",
            title,
            "This estimator does not weigh whether effects changed.",
        )
    moving = int(evidence["moves"].fillna(False).astype(bool).sum())
    reading = (
        f"The data speak for a change in {words.counted(moving, 'channel')} of {len(evidence)}."
        if moving
        else f"The data speak for a change in none of {words.counted(len(evidence), 'channel')}."
    )
    listed = [
        (name, row["statement"], _odds(row["log_bayes_factor"]))
        for name, row in evidence.iterrows()
    ]
    return View(
        "channels-effectiveness-evidence",
        title,
        reading,
        table=evidence.reset_index(),
        sql=refresh.shown(_EVIDENCE),
        note="Bayes factor: how many times better the data fit an effect that changes over time "
        "than one that stays. From 10 on it changes in every table and budget; below, it stays.",
        listing=pd.DataFrame(listed, columns=["Channel", "What the data say", "Bayes factor"]),
    )


def _moves(evidence: pd.DataFrame, channel: str) -> bool:
    return bool(evidence["moves"].fillna(False).astype(bool).get(channel, False))


def _odds(log_bayes_factor: float) -> str:
    """``40``, ``1/3.2``; beyond what a reader tells apart, that alone."""
    if np.isnan(log_bayes_factor):
        return "not tested"
    factor = float(np.exp(min(abs(log_bayes_factor), 20.0)))
    shown = f"{min(factor, _LARGEST):{',.0f' if factor >= 10 else '.1f'}}"
    beyond = factor > _LARGEST
    if log_bayes_factor >= 0:
        return f"over {shown}" if beyond else shown
    return f"below 1/{shown}" if beyond else f"1/{shown}"
