"""What changed since the previous refresh, and how the answers moved over all refreshes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.mart.refreshes import HELD_WEEKS
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View
from mmm_assets.report.views import causes

_CHANNELS = """
    SELECT now.channel, before.refresh_week AS previous_refresh, before.roi AS previous_roi,
           now.roi, now.roi_lower, now.roi_upper, before.share AS previous_share, now.share
    FROM mart.channel_summary AS now
    JOIN mart.channel_summary AS before
      ON before.channel = now.channel AND before.refresh_week = $previous
    WHERE now.refresh_week = $week ORDER BY now.share DESC NULLS LAST"""

_HEADLINES = """
    WITH media AS (
      SELECT refresh_week, sum(direct) AS contribution, sum(share) AS share, sum(spend) AS spend,
             count(*) AS channels
      FROM mart.channel_summary WHERE refresh_week IN ($week, $previous) GROUP BY refresh_week),
    fit AS (
      SELECT refresh_week,
             max(value) FILTER (model = 'last_value' AND metric = 'skill') AS skill,
             max(value) FILTER (model = 'mmm' AND metric = 'coverage_90') AS coverage
      FROM mart.holdout_metrics
      WHERE scope = 'pooled' AND refresh_week IN ($week, $previous) GROUP BY refresh_week),
    budget AS (
      SELECT refresh_week, max(gain / nullif(current_response, 0)) AS gain
      FROM mart.budget_scenarios
      WHERE scenario = 'same_budget' AND refresh_week IN ($week, $previous) GROUP BY refresh_week)
    SELECT * FROM media LEFT JOIN fit USING (refresh_week) LEFT JOIN budget USING (refresh_week)
    ORDER BY refresh_week"""

# The final fits alone: a week held out by one refresh is no restatement of the data.
_RESTATED = """
    SELECT count(*) AS compared,
           count(*) FILTER (now.actual IS DISTINCT FROM before.actual) AS cells,
           sum(coalesce(now.actual, 0) - coalesce(before.actual, 0)) AS moved,
           sum(before.actual) AS total
    FROM mart.predictions AS now JOIN mart.predictions AS before
      ON before.region = now.region AND before.week = now.week
     AND before.refresh_week = $previous AND before.split = 'train'
    WHERE now.refresh_week = $week AND now.split = 'train'"""

_HISTORY = f"""
    SELECT refresh_week, channel, roi, roi_lower, roi_upper, share FROM mart.channel_summary
    WHERE refresh_week <= $week AND (refresh_week = $week OR refresh_week NOT IN
      {HELD_WEEKS})
    ORDER BY channel, refresh_week"""

_TITLE = "What changed since the previous refresh"
_FIRST = "This is the first refresh; there is none before it."
_MOST = 25


def views(refresh: Refresh) -> tuple[View, ...]:
    """The answers side by side, channel by channel, and over all refreshes."""
    if refresh.previous_week is None:
        return (View("summary-since", _TITLE, _FIRST),)
    return (
        _headlines(refresh),
        _channels(refresh),
        *causes.views(refresh),
        *_history(refresh),
    )


def _headlines(refresh: Refresh) -> View:
    previous = refresh.previous_week
    table = refresh.query(_HEADLINES, previous=previous)
    stamps = table["refresh_week"].astype(str).str[:10]
    old = table[stamps == str(previous)].iloc[0]
    new = table[stamps == str(refresh.week)].iloc[0]
    rows = [
        ("What media brought", f"{words.number(old['contribution'])} {refresh.kpi}",
         f"{words.number(new['contribution'])} {refresh.kpi}"),
        (f"Media's share of {refresh.kpi}", words.percent(old["share"]),
         words.percent(new["share"])),
        ("Forecast skill against the last value", words.percent(old["skill"], signed=True),
         words.percent(new["skill"], signed=True)),
        ("Share inside 90 % intervals", words.percent(old["coverage"]),
         words.percent(new["coverage"])),
    ]  # fmt: skip
    if not pd.isna(new["gain"]) or not pd.isna(old["gain"]):
        before, now = (words.percent(part["gain"], signed=True) for part in (old, new))
        rows.append(("Gain of the same budget, split anew", before, now))
    if new["spend"] > 0:
        rows.append(("Spend", refresh.money(old["spend"]), refresh.money(new["spend"])))
    names = {str(week): set(part["channel"]) for week, part in _by_week(refresh)}
    gone = sorted(names.get(str(previous), set()) - set(refresh.channels))
    come = sorted(set(refresh.channels) - names.get(str(previous), set()))
    counts = [words.counted(int(part["channels"]), "channel") for part in (old, new)]
    told = [f"new: {words.listed(come)}"] * bool(come) + [f"gone: {words.listed(gone)}"] * bool(
        gone
    )
    rows.append(("Channels", counts[0], "; ".join([counts[1], *told])))
    return View(
        "summary-since",
        _TITLE,
        _restated(refresh),
        listing=pd.DataFrame(
            rows, columns=["Measure", f"Refresh of {words.day(previous)}", "This refresh"]
        ),
        table=table,
        sql=refresh.shown(_HEADLINES).replace("$previous", f"DATE '{previous}'"),
    )


def _by_week(refresh: Refresh) -> list[tuple[str, pd.DataFrame]]:
    rows = refresh.query(_HISTORY)
    return [(str(week)[:10], part) for week, part in rows.groupby("refresh_week")]


def _restated(refresh: Refresh) -> str:
    """What happened to the data of the weeks that both refreshes saw."""
    row = refresh.query(_RESTATED, previous=refresh.previous_week).iloc[0]
    weeks = (refresh.week - refresh.previous_week).days // 7 if refresh.previous_week else 0
    said = f"Since {words.day(refresh.previous_week)}, {words.counted(weeks, 'week')} came in"
    if not row["compared"]:
        return f"{said}; of that refresh only summaries are left, so nothing is said of its values."
    if not row["cells"]:
        return f"{said}; no earlier value of {refresh.kpi} was restated."
    moved = row["moved"] / row["total"] if row["total"] else np.nan
    return (
        f"{said}; {words.counted(int(row['cells']), 'earlier value')} of {refresh.kpi} "
        f"{'was' if row['cells'] == 1 else 'were'} restated, which moved their total by "
        f"{words.percent(moved, signed=True)}."
    )


def _measure(refresh: Refresh) -> tuple[str, str, str]:
    """Column, name and number format of what is compared."""
    if refresh.has_roi:
        return "roi", "ROI", ":,.3~r"
    return "share", f"Share of {refresh.kpi_label}", ":.3~p"


def _channels(refresh: Refresh) -> View:
    title = "Each channel, before and now"
    table = refresh.query(_CHANNELS, previous=refresh.previous_week)
    what, name, form = _measure(refresh)
    rows = table.dropna(subset=[what, f"previous_{what}"]).head(_MOST)
    if rows.empty:
        return View("summary-changes", title, "No channel is in both refreshes.")
    names = [refresh.label(c) for c in rows["channel"]]
    gap: dict[str, list] = {"x": [], "y": []}
    for label, old, new in zip(names, rows[f"previous_{what}"], rows[what], strict=True):
        gap["x"] += [old, new, None]
        gap["y"] += [label, label, None]
    return View(
        "summary-changes",
        title,
        _channels_reading(refresh, rows, what),
        fig.figure(
            [
                fig.line(gap["x"], gap["y"], "", "@muted/0.6", hoverinfo="skip", showlegend=False),
                {
                    "type": "scatter", "mode": "markers", "name": "Before", "y": names,
                    "x": rows[f"previous_{what}"].to_numpy(),
                    "marker": {"color": "@paper", "size": 10,
                               "line": {"color": "@muted", "width": 2}},
                    "hovertemplate": f"%{{y}} before: %{{x{form}}}<extra></extra>",
                },
                {
                    "type": "scatter", "mode": "markers", "name": "Now", "y": names,
                    "x": rows[what].to_numpy(),
                    "marker": {"color": [refresh.colour(c) for c in rows["channel"]], "size": 11},
                    "hovertemplate": f"%{{y}} now: %{{x{form}}}<extra></extra>",
                },
            ],
            **fig.ranked(name, len(names))
            | {"xaxis": fig.axis(name, rangemode="tozero", tickformat=".3~p" * (what == "share"))},
        ),
        table=table,
        sql=refresh.shown(_CHANNELS).replace("$previous", f"DATE '{refresh.previous_week}'"),
        note="Rings: the previous refresh. Dots: this one.",
        height=fig.height_of(len(names), 28),
    )  # fmt: skip


def _channels_reading(refresh: Refresh, rows: pd.DataFrame, what: str) -> str:
    old = rows[f"previous_{what}"]
    relative = ((rows[what] - old) / old.where(old > 0)).abs()
    place = int(relative.fillna(-1).to_numpy().argmax()) if relative.notna().any() else 0
    largest = rows.iloc[place]

    def written(value: float) -> str:
        return words.number(value) if what == "roi" else words.percent(value)

    said = (
        f"{largest['channel']} moved most: from {written(largest[f'previous_{what}'])} to "
        f"{written(largest[what])}"
    )
    if what == "share":
        return said + "."
    outside = rows[
        (rows["previous_roi"] < rows["roi_lower"]) | (rows["previous_roi"] > rows["roi_upper"])
    ]
    if outside.empty:
        return said + "; every earlier value lies within today's interval."
    return (
        f"{said}; {words.counted(len(outside), 'earlier value lies', 'earlier values lie')} "
        "outside today's interval."
    )


def _history(refresh: Refresh) -> tuple[View, ...]:
    """The answers of all refreshes, where there are at least three."""
    table = refresh.query(_HISTORY)
    what, name, form = _measure(refresh)
    weeks = sorted(table["refresh_week"].unique())
    if len(weeks) < 3:
        return ()
    wide = table.pivot_table(index="refresh_week", columns="channel", values=what)
    shown = [c for c in refresh.leading(12) if c in wide.columns]
    step = wide.diff().abs().mean() / wide.mean().where(wide.mean() > 0)
    step = step.reindex(shown).dropna()
    said = f"{words.counted(len(weeks), 'refresh', 'refreshes')}"
    if len(step):
        said += (
            f": from one to the next an answer moves by {words.percent(step.median())} on "
            f"average, that of {step.idxmax()} most ({words.percent(step.max())})"
        )
    return (
        View(
            "summary-history",
            f"{name} of each channel, refresh by refresh",
            said + ".",
            fig.figure(
                [
                    fig.line(
                        iso(wide.index.to_series()), wide[channel].to_numpy(),
                        refresh.label(channel), refresh.colour(channel), hover=form,
                        mode="lines+markers", marker={"size": 5},
                    )
                    for channel in shown
                ],
                xaxis=fig.weeks_axis(),
                yaxis=fig.axis(name, rangemode="tozero", tickformat=".3~p" * (what == "share")),
                hovermode="x unified",
                showlegend=True,
            ),
            table=table,
            sql=refresh.shown(_HISTORY),
            wide=True,
            height=400,
        ),
    )  # fmt: skip
