"""What a budget of one's own would bring: sliders, priced in the page by every draw's curves."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.escape import Exact, text
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import BUDGETS, scenario_name, scenarios
from mmm_assets.report.view import View, Widget
from mmm_model.intervals import FewMembers

PLANNER = "budgets-planner"
MOST = 3
"""Times today's spend that a slider ends at: where the published shapes end."""

_TODAY = """
    WITH each AS (
        SELECT draw, channel, sum(weight * height) AS response
        FROM mart.response_draws JOIN mart.response_shapes USING (refresh_week, channel, shape)
        WHERE refresh_week = $week AND multiplier = 1 GROUP BY draw, channel)
    SELECT channel, avg(response) AS response, quantile_cont(response, 0.05) AS low,
           quantile_cont(response, 0.95) AS high, stddev_samp(response) AS deviation
    FROM each GROUP BY channel ORDER BY channel"""

_DRAWS = """
    SELECT channel, region, draw, shape, weight FROM mart.response_draws
    WHERE refresh_week = $week ORDER BY channel, region, draw, shape"""

_SHAPES = """
    SELECT channel, shape, multiplier, height FROM mart.response_shapes
    WHERE refresh_week = $week ORDER BY channel, shape, multiplier"""

_PLANS = """
    SELECT scenario, region, channel, current_spend, optimal_spend FROM mart.optimal_budgets
    WHERE refresh_week = $week AND region IS NOT NULL ORDER BY scenario, region, channel"""

# What a unit of KPI is worth, at each point of a region's curve: constant where the value is.
_WORTH = """
    SELECT channel, region, spend, roi * spend / nullif(response, 0) AS worth
    FROM mart.response_curves
    WHERE refresh_week = $week AND region IS NOT NULL
    ORDER BY channel, region, spend"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view; none in a refresh of an earlier version, or without known spend."""
    today, plans = refresh.query(_TODAY), refresh.query(_PLANS)
    if today.empty or plans.empty:
        return ()
    return (_view(refresh, today, plans),)


def _view(refresh: Refresh, today: pd.DataFrame, plans: pd.DataFrame) -> View:
    channels = [name for name in refresh.channels if name in set(today["channel"])]
    now = plans[plans["scenario"] == plans["scenario"].iloc[0]]["current_spend"].sum()
    brings = today["response"].sum()
    return View(
        PLANNER,
        "What if: a budget of your own",
        f"Today {refresh.money(now)} a week bring {words.number(brings)} {refresh.kpi} through "
        "media. Move a slider, and the expected response with its interval follows; the address "
        "of the page keeps the plan.",
        fig.figure(
            [
                *fig.band([], [], [], "90 % interval", "@accent"),
                fig.line([], [], "Expected", "@accent", hover=":.3~s",
                         line={"width": 2.4}),
                _mark("Today", "circle-open", "@ink"),
                _mark("Recommended", "diamond-open", "@ink"),
                _mark("Your plan", "circle", "@accent"),
            ],
            xaxis=fig.axis("Spend per week", showgrid=False, rangemode="tozero"),
            yaxis=fig.axis(f"{refresh.kpi_label} per week", rangemode="tozero"),
            showlegend=True,
            legend={"traceorder": "normal"},
        ),
        table=today,
        sql=refresh.shown(_TODAY),
        note="Direct effects of a mean week like those of the last year, as mmm plan prices "
        "them; it reads the file that is saved here: mmm plan --spend-file.",
        wide=True,
        height=380,
        widget=Widget(_controls(refresh, channels), _data(refresh, channels, plans)),
    )  # fmt: skip


def _mark(name: str, symbol: str, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": [], "y": [],
        "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2}},
        "hovertemplate": f"{name}: %{{x:.3~s}} brings %{{y:.3~s}}<extra></extra>",
    }  # fmt: skip


def _controls(refresh: Refresh, channels: list[str]) -> str:
    """What is seen and set; the script fills in the numbers."""
    money = refresh.in_money("Spend a week")
    tiles = [
        ("spend", money), ("kpi", f"Brings a week, {refresh.kpi}"), ("today", "Against today"),
        ("recommended", "Against the recommended"), ("roi", "Return on it (ROI)"),
    ]  # fmt: skip
    shown = "".join(
        f'<div class="tile"><h4>{text(title)}</h4><div class="value" data-out="{key}"></div>'
        f'<p data-words="{key}"></p></div>'
        for key, title in tiles
    )
    rows = "".join(
        f'<div class="lever" data-channel="{place}">'
        f'<label for="lever-{place}">{text(name)}</label>'
        f'<span class="slide"><input type="range" id="lever-{place}" min="0" max="{100 * MOST}" '
        'step="1" value="100"><span class="mark"></span><span class="mark advised"></span></span>'
        f'<input type="number" min="0" step="any" inputmode="decimal" '
        f'aria-label="{text(f"{name}: {money}")}">'
        '<span class="change"></span><span class="brings"></span></div>'
        for place, name in enumerate(channels)
    )
    return (
        f'<div class="tiles outcome" role="group" aria-label="What the plan brings">{shown}</div>'
        '<div class="planner"><p class="now" aria-hidden="true"></p><div class="bar">'
        '<label>Region <select data-set="region"></select></label>'
        '<label>Recommended <select data-set="plan"></select></label>'
        '<button type="button" data-do="today">Set to today</button>'
        '<button type="button" data-do="recommended">Set to the recommended</button>'
        '<button type="button" data-do="link">Copy link</button>'
        '<button type="button" data-do="save">Save as CSV</button>'
        '<span class="said" role="status"></span></div>'
        f'<div class="levers">{rows}</div></div>'
    )


def _data(refresh: Refresh, channels: list[str], plans: pd.DataFrame) -> dict[str, Any]:
    """What the script prices a plan by; arrays are regions × channels."""
    draws, shapes, worth = refresh.query(_DRAWS), refresh.query(_SHAPES), refresh.query(_WORTH)
    regions = [name for name in refresh.regions if name in set(plans["region"])]
    members = int(draws["draw"].max())
    few = FewMembers.of(members)
    by_channel = dict(iter(draws.groupby("channel")))
    heights = dict(iter(shapes.groupby("channel")))
    values = dict(iter(worth.groupby(["channel", "region"])))
    order = scenarios(refresh.query(BUDGETS))
    first = _grid(plans[plans["scenario"] == order[0]], "current_spend", regions, channels)
    return {
        "channels": channels,
        "labels": [refresh.label(name) for name in channels],
        "colours": [refresh.colour(name) for name in channels],
        "regions": regions,
        "draws": members,
        "few": few and {"factor": Exact(few.factor), "doubt": few.doubt},
        "curves": [_curves(by_channel[c], heights[c], regions, members) for c in channels],
        "worth": [[_worth(values.get((c, r))) for c in channels] for r in regions],
        "spend": _exact(first),
        "plans": [
            {
                "id": scenario,
                "name": scenario_name(scenario),
                "spend": _exact(
                    _grid(plans[plans["scenario"] == scenario], "optimal_spend", regions, channels)
                ),
            }
            for scenario in order
        ],
        "kpi": refresh.kpi,
        "unit": numbers.currency_sign(refresh.context.currency) or "unit",
        "money": numbers.amount("{}", refresh.context.currency),
        "week": str(refresh.week),
    }


def _grid(
    rows: pd.DataFrame, column: str, regions: list[str], channels: list[str]
) -> np.ndarray[Any, Any]:
    wide = rows.pivot_table(index="region", columns="channel", values=column, aggfunc="sum")
    return wide.reindex(index=regions, columns=channels).fillna(0.0).to_numpy(float)


def _exact(grid: np.ndarray[Any, Any]) -> list[list[Exact]]:
    return [[Exact(value) for value in row] for row in grid]


def _curves(
    draws: pd.DataFrame, shapes: pd.DataFrame, regions: list[str], members: int
) -> dict[str, Any]:
    """A channel's shapes, and its weights as 16-bit numbers: regions × draws × shapes."""
    count = int(shapes["shape"].max())
    heights = shapes["height"].to_numpy(float).reshape(count, -1)
    found = dict(iter(draws.groupby("region")["weight"]))
    weight = np.stack([found[r].to_numpy(float).reshape(members, count) for r in regions])
    unit = np.abs(weight).max(axis=1, keepdims=True) / 32767
    whole = np.divide(weight, unit, out=np.zeros_like(weight), where=unit > 0)
    packed = np.rint(whole).astype("<i2").tobytes()
    return {
        "heights": _exact(heights),
        "units": _exact(unit[:, 0]),
        "weights": base64.b64encode(packed).decode(),
    }


def _worth(rows: pd.DataFrame | None) -> Any:
    """Value of a KPI unit: one number, or one for each point of the curve; None if unknown."""
    if rows is None or rows["worth"].isna().all():
        return None
    values = rows["worth"].bfill().ffill().fillna(0.0).to_numpy(float)
    if np.ptp(values) <= 1e-6 * np.abs(values).max():
        return Exact(values[-1])
    return [Exact(value) for value in values]
