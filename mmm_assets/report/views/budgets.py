"""What to spend where: current against recommended, by scenario and region."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.planning.words import held_by
from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.budget_scenarios import (
    BUDGETS,
    HELD,
    NO_BUDGETS,
    SCENARIOS,
    moves,
    scenario_name,
    scenarios,
    shift_bars,
    totals,
)
from mmm_assets.report.refresh import Refresh
from mmm_assets.report.view import Choice, View
from mmm_assets.report.views import weekly

_REGIONS = """
    SELECT scenario, region, channel, current_spend, optimal_spend,
           optimal_spend - current_spend AS change
    FROM mart.optimal_budgets WHERE refresh_week = $week AND region IS NOT NULL
    ORDER BY scenario, region, channel"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the budgets."""
    rows = refresh.query(BUDGETS)
    if rows.empty:
        return (View("budgets-channels", "Current and recommended spend", NO_BUDGETS),)
    return (
        _channels(refresh, rows),
        _shift(refresh, rows),
        _response(refresh, rows),
        _gain(refresh, rows),
        *_held(refresh, rows),
        *weekly.views(refresh),
        _frontier(refresh, rows),
        _regions(refresh, rows),
    )


def _totals_behind(refresh: Refresh, sums: pd.DataFrame) -> dict[str, Any]:
    """Table and query of a view of the totals by scenario."""
    table = refresh.query(SCENARIOS)
    if len(table):
        return {"table": table, "sql": refresh.shown(SCENARIOS)}
    return {"table": sums.reset_index(), "sql": refresh.shown(BUDGETS), "worked_out": True}


def _pick(rows: pd.DataFrame, scenario: str, refresh: Refresh) -> pd.DataFrame:
    part = rows[rows["scenario"] == scenario].set_index("channel")
    names = [name for name in refresh.channels if name in part.index]
    return part.loc[names].reset_index()


def _channels(refresh: Refresh, rows: pd.DataFrame) -> View:
    order = scenarios(rows)
    choices = []
    for scenario in order:
        part = _pick(rows, scenario, refresh)
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
    part = _pick(rows, order[0], refresh)
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
            **fig.ranked(_per_week(refresh), len(part)) | {"barmode": "group"},
        ),
        table=rows,
        sql=refresh.shown(BUDGETS),
        selector="Scenario",
        choices=tuple(choices),
        note="Coloured: recommended. Grey: current, the mean of the recent weeks.",
        height=fig.height_of(len(part), 38),
    )


def _per_week(refresh: Refresh) -> str:
    return f"Per week, {numbers.currency_sign(refresh.context.currency)}".rstrip(", ")


def _shift(refresh: Refresh, rows: pd.DataFrame) -> View:
    choices = []
    for scenario in scenarios(rows):
        part = _pick(rows, scenario, refresh)
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
            **fig.ranked(_per_week(refresh), len(refresh.channels)),
        ),
        table=rows,
        sql=refresh.shown(BUDGETS),
        selector="Scenario",
        choices=tuple(choices),
        height=fig.height_of(len(refresh.channels), 38),
    )


def _response(refresh: Refresh, rows: pd.DataFrame) -> View:
    choices = []
    sums = totals(refresh, rows)
    for scenario in scenarios(rows):
        part = _pick(rows, scenario, refresh)
        names = [refresh.label(c) for c in part["channel"]]
        value = part["optimal_response"]
        would, now = (float(sums[f"{when}_response"][scenario]) for when in ("optimal", "current"))
        bounds = fig.error(
            value.tolist(),
            part["lower"].fillna(value).tolist(),
            part["upper"].fillna(value).tolist(),
        )
        colours = [refresh.colour(c) for c in part["channel"]]
        choices.append(
            Choice(
                scenario_name(scenario),
                {
                    0: {
                        "y": names,
                        "x": value.to_numpy(),
                        "error_x": bounds,
                        "marker": {"color": colours},
                    },
                    1: {"y": names, "x": part["current_response"].to_numpy()},
                },
                reading=f"{scenario_name(scenario)}: {words.number(would)} {refresh.kpi} a week "
                f"through media instead of {words.number(now)}.",
            )
        )  # fmt: skip
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
        **_totals_behind(refresh, sums),
        note="The interval is that of the gain: what today's plan and the recommended one share "
        "is not in it.",
        height=fig.height_of(len(sums), 40),
    )  # fmt: skip


def _held(refresh: Refresh, rows: pd.DataFrame) -> tuple[View, ...]:
    """What the next unit of money would bring in each channel, and what keeps it from moving."""
    table = refresh.query(HELD)
    if table["marginal_roi"].isna().all():
        return ()
    table["held_by"] = [
        held_by(b if isinstance(b, str) else None, float(shadow), refresh.context.currency)
        for b, shadow in zip(table["binding"], table["shadow_price"].astype(float), strict=True)
    ]
    choices = []
    for scenario in scenarios(rows):
        part = _pick(table, scenario, refresh).dropna(subset=["marginal_roi"])
        part = part.sort_values("marginal_roi", ascending=False)
        trace = {
            "y": [refresh.label(c) for c in part["channel"]],
            "x": part["marginal_roi"].to_numpy(),
            "text": [escape.label(r) for r in part["held_by"]],
            "marker": {"color": [refresh.colour(c) for c in part["channel"]]},
        }
        choices.append(Choice(scenario_name(scenario), {0: trace}))
    first = _pick(table, scenarios(rows)[0], refresh).dropna(subset=["marginal_roi"])
    kept = first[first["held_by"] != ""].sort_values("marginal_roi", ascending=False)
    best = kept.iloc[0] if len(kept) else first.sort_values("marginal_roi").iloc[-1]
    why = f" and is held by this: {best['held_by']}" if best["held_by"] else ""
    sign = numbers.currency_sign(refresh.context.currency)
    return (
        View(
            "budgets-held",
            "What the next euro would bring" if sign == "€" else "What the next unit would bring",
            f"{choices[0].label}: one more {refresh.context.currency} in {best['channel']} "
            f"returns {words.number(best['marginal_roi'])}{why}.",
            fig.figure(
                [
                    {
                        "type": "bar",
                        "orientation": "h",
                        "textposition": "none",
                        "hovertemplate": "%{y}: %{x:,.3~r}<br>%{text}<extra></extra>",
                        **choices[0].traces[0],
                    }
                ],
                **fig.ranked("Marginal ROI at the recommended spend", len(first)),
            ),
            table=table,
            sql=refresh.shown(HELD),
            worked_out=True,
            selector="Scenario",
            choices=tuple(choices),
            note="Where no bound and no doubt holds a channel, these are equal.",
            height=fig.height_of(len(first), 38),
        ),
    )


def _frontier(refresh: Refresh, rows: pd.DataFrame) -> View:
    sums = totals(refresh, rows).sort_values("optimal_spend")
    now = sums.iloc[0]
    title = "Total budget against response"
    spread = sums["optimal_spend"].max() - sums["optimal_spend"].min()
    if len(sums) < 2 or spread < 0.01 * max(float(sums["optimal_spend"].max()), 1e-12):
        return View(
            "budgets-frontier",
            title,
            "All scenarios spend the same in total, so there is no frontier to draw.",
        )
    names = [scenario_name(s) for s in sums.index]
    low, high = sums.iloc[0], sums.iloc[-1]
    slope = (high["optimal_response"] - low["optimal_response"]) / (
        high["optimal_spend"] - low["optimal_spend"]
    )
    return View(
        "budgets-frontier",
        title,
        f"From {refresh.money(low['optimal_spend'])} to {refresh.money(high['optimal_spend'])} a "
        f"week, 1 000 more bring {words.number(1000 * slope)} {refresh.kpi} on average.",
        fig.figure(
            [
                *fig.band(sums["optimal_spend"].to_numpy(), sums["lower"].to_numpy(),
                          sums["upper"].to_numpy(), "90 % interval", "@accent"),
                fig.line(
                    sums["optimal_spend"].to_numpy(), sums["optimal_response"].to_numpy(),
                    "Best split", "@accent", mode="lines+markers", text=names,
                    hovertemplate="%{text}<br>%{x:.3~s} brings %{y:.3~s}<extra></extra>",
                ),
                {
                    "type": "scatter", "mode": "markers", "name": "Today",
                    "x": [now["current_spend"]], "y": [now["current_response"]],
                    "marker": {"symbol": "diamond", "size": 12, "color": "@ink"},
                    "hovertemplate": "Today<br>%{x:.3~s} brings %{y:.3~s}<extra></extra>",
                },
            ],
            xaxis=fig.axis(_per_week(refresh), showgrid=False),
            yaxis=fig.axis(f"{refresh.kpi_label} per week through media", rangemode="tozero"),
        ),
        **_totals_behind(refresh, sums),
        height=fig.height_of(len(sums), 40, least=340),
    )  # fmt: skip


def _regions(refresh: Refresh, rows: pd.DataFrame) -> View:
    table = refresh.query(_REGIONS)
    title = "What to move by region"
    if table.empty or len(refresh.regions) < 2:
        return View(
            "budgets-regions",
            title,
            "Budgets were not split by region in this refresh."
            if len(refresh.regions) > 1
            else "There is one region, so nothing to split.",
        )
    order = [s for s in scenarios(rows) if s in set(table["scenario"])]
    wide = {
        s: table[table["scenario"] == s]
        .pivot_table(index="region", columns="channel", values="change", aggfunc="sum")
        .reindex(index=refresh.regions, columns=refresh.channels)
        for s in order
    }
    # The scale of ordinary cells, so that one extreme does not wash out the rest.
    largest = float(np.nanquantile(np.abs(wide[order[0]].to_numpy()), 0.98)) or 1.0
    choices = []
    for scenario in order:
        change = wide[scenario].sum(axis=1)
        reading = (
            f"{scenario_name(scenario)}: most is added in {change.idxmax()} "
            f"({refresh.money(change.max())} a week), least in {change.idxmin()} "
            f"({refresh.money(change.min())})."
        )
        traces = {0: {"z": wide[scenario].to_numpy()}}
        choices.append(Choice(scenario_name(scenario), traces, reading=reading))
    return View(
        "budgets-regions",
        title,
        choices[0].reading,
        fig.figure(
            [
                fig.heat(
                    [refresh.label(c) for c in refresh.channels],
                    [refresh.label(r) for r in refresh.regions],
                    wide[order[0]].to_numpy(),
                    "%{y}, %{x}: %{z:+.3s}",
                    colorscale="@diverging", zmin=-largest, zmax=largest,
                )
            ],
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=table,
        sql=refresh.shown(_REGIONS),
        selector="Scenario",
        choices=tuple(choices),
        note="Change of weekly spend; regions by size.",
        wide=True,
        height=fig.height_of(len(refresh.regions), 15, least=300, most=760),
    )  # fmt: skip
