"""How often to reach the same person, of channels that are given as reach and frequency."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import BUDGETS, scenario_name, scenarios
from mmm_assets.report.view import Choice, View

_FREQUENCY = """
    SELECT channel, frequency, response, lower, upper, roi, roi_lower, roi_upper, probability,
           is_best, is_current
    FROM mart.frequency WHERE refresh_week = $week ORDER BY channel, frequency"""

_RECOMMENDED = """
    SELECT scenario, channel, best_frequency, optimal_response, best_frequency_response
    FROM mart.optimal_budgets
    WHERE refresh_week = $week AND region IS NULL AND best_frequency IS NOT NULL
    ORDER BY channel"""
_SAME_MONEY = "The same money buys the same contacts: reached more often, fewer people are reached."


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view where a channel has a frequency, none where none has."""
    rows = refresh.query(_FREQUENCY)
    return () if rows.empty else (_view(refresh, rows),)


def _view(refresh: Refresh, rows: pd.DataFrame) -> View:
    parts = {str(name): part for name, part in rows.groupby("channel", sort=False)}
    first = next(iter(parts))
    data = [
        *fig.band([], [], [], "90 % interval", refresh.colour(first)),
        fig.line([], [], "Same money", "@muted", hovertemplate="%{x:.2~r} times: %{y:.3~s}"),
        {"type": "scatter", "mode": "markers", "name": "Now",
         "hovertemplate": "Now, %{x:.2~r} times: %{y:.3~s}<extra></extra>"},
        {"type": "scatter", "mode": "markers", "name": "Best",
         "hovertemplate": "Best, %{x:.2~r} times: %{y:.3~s}<extra></extra>"},
    ]  # fmt: skip
    for place, attributes in _traces(refresh, first, parts[first]).items():
        data[place] |= attributes
    choices = [
        Choice(name, _traces(refresh, name, part), reading=_reading(name, part))
        for name, part in parts.items()
    ]
    return View(
        "channels-frequency",
        "How often to reach the same person",
        _reading(first, parts[first]),
        fig.figure(
            data,
            xaxis=fig.axis("Contacts per person reached, a week", showgrid=False),
            yaxis=fig.axis(_brings(refresh, rows), rangemode="tozero"),
            showlegend=True,
        ),
        table=rows,
        sql=refresh.shown(_FREQUENCY),
        selector="Channel" if len(choices) > 1 else "",
        choices=tuple(choices) if len(choices) > 1 else (),
        note=" ".join([_SAME_MONEY, *_recommended(refresh)]),
        height=380,
    )


def _recommended(refresh: Refresh) -> list[str]:
    """What the money of the first recommended budget would bring at the best frequencies."""
    budgets, rows = refresh.query(BUDGETS), refresh.query(_RECOMMENDED)
    if rows.empty:
        return []
    first = scenarios(budgets)[0]
    return [
        f"{row['channel']}, at the recommended budget ({scenario_name(first)}): "
        f"{words.number(row['best_frequency_response'])} {refresh.kpi} a week at "
        f"{words.number(row['best_frequency'])} contacts, "
        f"{words.number(row['optimal_response'])} at today's."
        for _, row in rows[rows["scenario"] == first].iterrows()
    ]


def _brings(refresh: Refresh, rows: pd.DataFrame) -> str:
    """What the curve shows: the return where it is known, else the KPI."""
    if rows["roi"].isna().any():
        return f"{refresh.kpi_label} per week"
    sign = numbers.currency_sign(refresh.context.currency) or "unit of money"
    return f"ROI: value per {sign} spent"


def _measure(rows: pd.DataFrame) -> tuple[str, str, str]:
    if rows["roi"].isna().any():
        return "response", "lower", "upper"
    return "roi", "roi_lower", "roi_upper"


def _traces(refresh: Refresh, channel: str, part: pd.DataFrame) -> dict[int, dict[str, Any]]:
    """Interval, curve, today's frequency and the best one of a channel."""
    value, lower, upper = _measure(part)
    x, colour = part["frequency"].to_numpy(), refresh.colour(channel)
    marked = {"now": part["is_current"].astype(bool), "best": part["is_best"].astype(bool)}
    dots = {
        name: {"x": part.loc[at, "frequency"].to_numpy(), "y": part.loc[at, value].to_numpy()}
        for name, at in marked.items()
    }
    ring = {"size": 12, "line": {"color": "@ink", "width": 1.5}}
    return {
        0: {"x": x, "y": part[lower].to_numpy(), "line": {"width": 0, "color": colour}},
        1: {"x": x, "y": part[upper].to_numpy(), "line": {"width": 0, "color": colour},
            "fillcolor": f"{colour}/0.16"},
        2: {"x": x, "y": part[value].to_numpy(), "line": {"color": colour, "width": 2.6}},
        3: {**dots["now"], "marker": {**ring, "color": colour}},
        4: {**dots["best"], "marker": {**ring, "color": "@accent", "symbol": "diamond"}},
    }  # fmt: skip


def _reading(channel: str, part: pd.DataFrame) -> str:
    best = part[part["is_best"].astype(bool)].iloc[0]
    now = part[part["is_current"].astype(bool)].iloc[0]
    often = words.number(float(now["frequency"]))
    said = f"{channel} reaches a person {often} times in a week of its plan"
    gain = float(best["response"] / now["response"] - 1) if now["response"] > 0 else np.nan
    low, high = _likely(part)
    within = (
        f"between {words.number(low)} and {words.number(high)} with 90 % probability"
        if high > low
        else "so it is in all draws of the model"
    )
    if not gain > 0.005:
        return f"{said}, which is as good as any other frequency; the best is {within}."
    return (
        f"{said}; the same money would bring {words.percent(gain)} more at "
        f"{words.number(float(best['frequency']))}. The best frequency is {within}."
    )


def _likely(part: pd.DataFrame) -> tuple[float, float]:
    """Frequencies between which the best one lies in 90 % of the draws."""
    reached = part["probability"].cumsum().to_numpy()
    low, high = np.searchsorted(reached, [0.05, 0.95 - 1e-9])
    last = len(part) - 1
    frequency = part["frequency"].to_numpy()
    return float(frequency[min(low, last)]), float(frequency[min(high, last)])
