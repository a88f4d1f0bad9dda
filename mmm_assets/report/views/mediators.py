"""What media do through what nobody buys: brand searches, site visits, awareness."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, View

_SHARES = """
    SELECT mediator, kind, channel, weeks, created_share, created_share_lower,
           created_share_upper, effect, effect_lower, effect_upper, contribution,
           contribution_lower, contribution_upper
    FROM mart.mediators WHERE refresh_week = $week
    ORDER BY sum(contribution) FILTER (channel IS NULL) OVER (PARTITION BY mediator) DESC,
             mediator, contribution DESC"""

_WEEKS = """
    SELECT mediator, region, week, value, error, expected, lower, upper, created
    FROM mart.mediator_weeks WHERE refresh_week = $week ORDER BY mediator, week, region"""

_MOST_BARS = 24


def views(refresh: Refresh) -> tuple[View, ...]:
    """Who earns how much by what nobody buys, and that week by week, where a project knows any."""
    shares = refresh.query(_SHARES)
    return (_earned(refresh, shares), _weekly(refresh, shares)) if len(shares) else ()


def plain(name: object) -> str:
    """A mediator's name in a sentence or a chart."""
    return str(name).replace("_", " ")


def _earned(refresh: Refresh, shares: pd.DataFrame) -> View:
    every = list(dict.fromkeys(shares["mediator"]))
    by_channel = shares[shares["channel"].notna()]
    rows = by_channel.sort_values("contribution", ascending=False, kind="stable").head(_MOST_BARS)
    names = [
        refresh.label(row["channel"])
        if len(every) == 1
        else f"{refresh.label(row['channel'])}, by {escape.label(plain(row['mediator']))}"
        for row in rows.to_dict("records")
    ]
    values, low, high = (
        rows[name].to_numpy(float)
        for name in ("contribution", "contribution_lower", "contribution_upper")
    )
    return View(
        "graph-unpaid",
        f"What media do through {words.listed([plain(name) for name in every], 3)}",
        " ".join(_said(refresh, shares[shares["mediator"] == name]) for name in every[:3]),
        fig.figure(
            [
                fig.bars(
                    names, values, [refresh.colour(name) for name in rows["channel"]],
                    error_x=fig.error(values.tolist(), low.tolist(), high.tolist()),
                )
            ],
            **fig.ranked(f"{refresh.kpi_label} over all weeks", len(names)),
        ),
        table=shares,
        sql=refresh.shown(_SHARES),
        note="Nobody buys these, so that what a channel earns by them is part of its own path, its "
        "ROI and every budget already. Whiskers: 90 % interval. Demand that makes people search "
        "and buy at once can make these parts too large, never the totals."
        + (f" The {_MOST_BARS} largest." if len(by_channel) > len(rows) else ""),
        height=fig.height_of(len(names), 30),
    )  # fmt: skip


def _said(refresh: Refresh, rows: pd.DataFrame) -> str:
    """A mediator's sentence, from its rows: that of all channels, and each channel's."""
    whole, own = rows[rows["channel"].isna()].iloc[0], rows[rows["channel"].notna()]
    name = plain(whole["mediator"])
    first = own.iloc[int(own["contribution"].to_numpy().argmax())]
    brought = refresh.summary["contribution"].get(first["channel"], np.nan)
    part = ""
    if brought > 0:
        part = f", {words.percent(first['contribution'] / brought)} of what it brings"
    return (
        f"Media create {words.percent(whole['created_share'])} "
        f"({words.percent(whole['created_share_lower'])} to "
        f"{words.percent(whole['created_share_upper'])}) of {name}; one percent more of it brings "
        f"{words.percent(whole['effect'] / 100)} more {refresh.kpi}. {first['channel']} earns most "
        f"that way: {words.number(first['contribution'])} {refresh.kpi} "
        f"({words.number(first['contribution_lower'])} to "
        f"{words.number(first['contribution_upper'])}){part}."
    )


def _weekly(refresh: Refresh, shares: pd.DataFrame) -> View:
    rows = refresh.query(_WEEKS)
    kinds = dict(zip(shares["mediator"], shares["kind"], strict=True))
    choices = []
    for name, kind in kinds.items():
        own = _national(rows[rows["mediator"] == name], kind)
        weeks = iso(own.index.to_series())
        seen = own["value"].notna()
        waves = [week for week, there in zip(weeks, seen, strict=True) if there]
        error = 1.645 * own["error"][seen].to_numpy(float)
        share = {"tickformat": ".0%" if kind == "survey" else ""}
        choices.append(
            Choice(
                plain(name).capitalize(),
                {
                    0: {"x": weeks, "y": own["lower"].to_numpy(float)},
                    1: {"x": weeks, "y": own["upper"].to_numpy(float)},
                    2: {"x": weeks, "y": own["expected"].to_numpy(float)},
                    3: {"x": weeks, "y": own["created"].to_numpy(float)},
                    4: {
                        "x": waves, "y": own["value"][seen].to_numpy(float),
                        "visible": kind == "survey",
                        "error_y": fig.error([0.0] * len(error), (-error).tolist(), error.tolist()),
                    },
                },
                {"yaxis": fig.axis(escape.label(plain(name)), rangemode="tozero", **share)},
                _followed(name, kind, own),
            )
        )  # fmt: skip
    first = choices[0].traces
    band = fig.band(first[0]["x"], first[0]["y"], first[1]["y"], "90 % interval", "@accent")
    return View(
        "graph-unpaid-weeks",
        "What nobody buys, week by week",
        choices[0].reading,
        fig.figure(
            [
                *band,
                fig.line(first[2]["x"], first[2]["y"], "All of it", "@accent"),
                fig.line(first[3]["x"], first[3]["y"], "Created by media", "@quiet")
                | {"fill": "tozeroy", "fillcolor": "@quiet/0.25"},
                {
                    "type": "scatter", "mode": "markers", "name": "Waves of the survey",
                    "marker": {"color": "@ink", "size": 5}, **first[4],
                    "hovertemplate": "%{y:.1%}<extra>wave</extra>",
                },
            ],
            xaxis=fig.weeks_axis(),
            **choices[0].layout,
        ),
        table=rows.groupby(["mediator", "week"], as_index=False)[["expected", "created"]].mean(),
        sql=refresh.shown(_WEEKS),
        worked_out=True,
        selector="Of",
        choices=tuple(choices),
        note="What was counted is the sum of all regions, a survey their mean. Between waves the "
        "line is what all waves and media together foretell.",
        wide=True,
    )  # fmt: skip


def _national(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """One row a week: the sum of counts; of a survey the mean of regions that were asked."""
    numbers = ["value", "error", "expected", "lower", "upper", "created"]
    weekly = rows.groupby("week")[numbers]
    if kind == "survey":
        found = weekly.mean()
        found["error"] /= np.sqrt(weekly.count()["error"].clip(lower=1))
        return found
    return weekly.sum(min_count=1)


def _followed(name: str, kind: str, own: pd.DataFrame) -> str:
    share = words.percent(own["created"].sum() / own["expected"].sum())
    if kind != "survey":
        return f"Of all {plain(name)}, {share} come because media ran; the rest is demand."
    waves = int(own["value"].notna().sum())
    return (
        f"{words.counted(waves, 'wave')} in {words.counted(len(own), 'week')}: between them "
        f"{plain(name)} is estimated. {share} of it is there because media ran."
    )
