"""What comes without media: baseline, seasonality, controls."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View
from mmm_assets.report.views.decomposition import CAUSES, NATIONAL, of_kind


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of baseline, seasonality and controls."""
    national = refresh.query(NATIONAL)
    return (
        _baseline(refresh, national),
        _seasonality(refresh, national),
        _controls(refresh, national),
    )


def _baseline(refresh: Refresh, national: pd.DataFrame) -> View:
    rows = national[national["kind"] == "baseline"].groupby("week")["contribution"].sum()
    weeks = iso(rows.index.to_series())
    span = min(13, max(1, len(rows) // 2))
    start, end = rows.iloc[:span].mean(), rows.iloc[-span:].mean()
    change = end / start - 1 if start > 0 else np.nan
    if pd.isna(change) or abs(change) < 0.01:
        reading = "Without media, seasons and controls the level has hardly moved."
    else:
        way = "risen" if change > 0 else "fallen"
        reading = (
            f"Without media, seasons and controls the level has {way} by "
            f"{words.percent(abs(change))} from the first to the last "
            f"{words.counted(span, 'week')}."
        )
    return View(
        "decomposition-baseline",
        "Baseline and its trend",
        reading,
        fig.figure(
            [
                fig.line(
                    weeks, rows.to_numpy(), "Baseline", "@accent", showlegend=False,
                    hovertemplate="%{x|%d %b %Y}: %{y:.3~s}<extra></extra>",
                )
            ],
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(refresh.kpi_label, rangemode="tozero"),
        ),
        table=national[national["kind"] == "baseline"],
        sql=refresh.shown(of_kind("baseline")),
    )  # fmt: skip


def _seasonality(refresh: Refresh, national: pd.DataFrame) -> View:
    rows = national[national["kind"] == "seasonality"].groupby("week")["contribution"].sum()
    title = "Seasonality"
    if rows.empty or rows.abs().max() == 0:
        return View("decomposition-seasonality", title, "The model found no yearly season.")
    base = national[national["kind"] == "baseline"].groupby("week")["contribution"].sum()
    relative = (rows / base.where(base > 0)).rename("share_of_baseline")
    by_week = relative.groupby(relative.index.to_series().dt.isocalendar().week).mean().dropna()
    if by_week.empty:
        return View(
            "decomposition-seasonality", title, "Without a baseline there is no season to show."
        )
    high, low = (int(by_week.index[int(i)]) for i in (by_week.argmax(), by_week.argmin()))
    return View(
        "decomposition-seasonality",
        title,
        f"The year adds up to {words.percent(by_week.max())} of the baseline around week {high} "
        f"and takes {words.percent(abs(by_week.min()))} around week {low}."
        if by_week.min() < 0
        else f"The year adds most around week {high}: {words.percent(by_week.max())} of the level.",
        fig.figure(
            [
                {
                    "type": "bar", "x": by_week.index.to_list(), "y": by_week.to_numpy(),
                    "marker": {"color": ["@good/0.75" if v > 0 else "@bad/0.75" for v in by_week]},
                    "hovertemplate": "Week %{x}: %{y:+.3~p}<extra></extra>",
                }
            ],
            xaxis=fig.axis("Week of the year", showgrid=False),
            yaxis=fig.axis("Share of the baseline", tickformat="+.3~p", zeroline=True),
            bargap=0.15,
        ),
        table=national[national["kind"].isin(["baseline", "seasonality"])],
        sql=refresh.shown(of_kind("baseline", "seasonality")),
    )  # fmt: skip


def _controls(refresh: Refresh, national: pd.DataFrame) -> View:
    rows = national[national["kind"].isin(CAUSES)]
    title = "Controls" if set(rows["kind"]) <= {"control"} else "Controls, promotions, days"
    if rows.empty:
        return View(
            "decomposition-controls",
            title,
            "This project has no controls (prices, promotions, holidays): what they do is part of "
            "the baseline, or is wrongly given to media that ran at the same time.",
        )
    wide = rows.pivot_table(index="week", columns="component", values="contribution")
    order = (wide.max() - wide.min()).sort_values(ascending=False).index
    shown = order[:12]
    weeks = iso(wide.index.to_series())
    data = [
        fig.line(weeks, wide[name].to_numpy(), refresh.label(name), refresh.colour(name))
        for name in shown
    ]
    swing = wide[order[0]].max() - wide[order[0]].min()
    return View(
        "decomposition-controls",
        title,
        f"Most of this is {order[0]}: {words.number(swing)} {refresh.kpi} lie between its best and "
        "its worst week.",
        fig.figure(
            data,
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(refresh.kpi_label, zeroline=True),
            hovermode="x unified",
            showlegend=True,
        ),
        table=rows,
        sql=refresh.shown(of_kind(*CAUSES)),
        note=f"The 12 of {len(order)} controls that move most." if len(order) > 12 else "",
        wide=True,
    )
