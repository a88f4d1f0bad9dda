"""Budgets by scenario: the query, the totals, the shift in words and as bars."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh

# A scenario that was solved by region only is added up over its regions.
BUDGETS = """
    WITH found AS (SELECT * FROM mart.optimal_budgets WHERE refresh_week = $week),
    whole AS (SELECT DISTINCT scenario FROM found WHERE region IS NULL)
    SELECT scenario, channel, sum(current_spend) AS current_spend,
           sum(optimal_spend) AS optimal_spend, sum(current_response) AS current_response,
           sum(optimal_response) AS optimal_response, sum(lower) AS lower, sum(upper) AS upper
    FROM found
    WHERE region IS NULL OR scenario NOT IN (SELECT scenario FROM whole)
    GROUP BY ALL ORDER BY scenario, channel"""

SCENARIOS = """
    SELECT scenario, current_spend, optimal_spend, current_response, optimal_response, lower,
           upper, gain, gain_lower, gain_upper, roi, marginal_roi
    FROM mart.budget_scenarios WHERE refresh_week = $week ORDER BY scenario"""

HELD = """
    SELECT scenario, channel, optimal_spend, marginal_roi, binding, shadow_price
    FROM mart.optimal_budgets
    WHERE refresh_week = $week AND region IS NULL ORDER BY scenario, channel"""

NO_BUDGETS = "No budget was optimised in this refresh: that needs the spend of the channels."


def scenario_name(scenario: object) -> str:
    """``same_budget`` as ``Same budget``, ``minus_20`` as ``20 % less``."""
    plain = str(scenario).replace("_", " ").strip()
    change = re.fullmatch(r"(minus|plus) (\d+)( percent)?", plain)
    if change:
        return f"{change[2]}{numbers.SPACE}% {'less' if change[1] == 'minus' else 'more'}"
    return plain.capitalize()


def scenarios(rows: pd.DataFrame) -> list[str]:
    """Scenarios: the one nearest to today's total first, the others by what they spend."""
    sums = rows.groupby("scenario")[["current_spend", "optimal_spend"]].sum()
    away = (sums["optimal_spend"] - sums["current_spend"]).abs()
    first = "same_budget" if "same_budget" in away.index else str(away.idxmin())
    rest = sums.drop(index=first).sort_values("optimal_spend").index
    return [first, *(str(name) for name in rest)]


def totals(refresh: Refresh, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a scenario: spend and response now and recommended, the gain, all with intervals.

    A refresh of an earlier version has no totals: channels are added up, the interval of the
    gain is unknown.
    """
    sums = refresh.query(SCENARIOS).set_index("scenario")
    if sums.empty:
        sums = rows.drop(columns="channel").groupby("scenario").sum()
        sums["gain"] = sums["optimal_response"] - sums["current_response"]
        sums[["gain_lower", "gain_upper", "roi", "marginal_roi"]] = float("nan")
    return sums.assign(gain_share=sums["gain"] / sums["current_response"]).loc[scenarios(rows)]


def moves(rows: pd.DataFrame) -> str:
    """The shift of one scenario in words."""
    change = (rows["optimal_spend"] - rows["current_spend"]).set_axis(rows["channel"])
    moved = float(change.clip(lower=0).sum())
    if moved < 0.005 * max(float(rows["current_spend"].sum()), 1e-12):
        return "keep today's split"
    more = [str(c) for c in change.sort_values(ascending=False).index if change[c] > 0.15 * moved]
    less = [str(c) for c in change.sort_values().index if change[c] < -0.15 * moved]
    said = f"more for {words.listed(more, 3)}" if more else ""
    taken = f"less for {words.listed(less, 3)}" if less else ""
    return f"{said}{', ' if said and taken else ''}{taken}"


def shift_bars(refresh: Refresh, part: pd.DataFrame) -> dict[str, Any]:
    """Bars of the change of spend by channel."""
    change = (part["optimal_spend"] - part["current_spend"]).set_axis(part["channel"])
    change = change.sort_values(ascending=False)
    before = part.set_index("channel")["current_spend"].reindex(change.index)
    relative = (change / before.where(before > 0)).to_numpy()
    return {
        "y": [refresh.label(c) for c in change.index],
        "x": change.to_numpy(),
        "customdata": relative,
        "marker": {"color": [refresh.colour(c) for c in change.index]},
        "hovertemplate": "%{y}: %{x:+.3s} (%{customdata:+.3~p})<extra></extra>",
    }


def of_scenario(rows: pd.DataFrame, scenario: str, refresh: Refresh) -> pd.DataFrame:
    """The rows of one scenario, channels in the order of the report."""
    part = rows[rows["scenario"] == scenario].set_index("channel")
    names = [name for name in refresh.channels if name in part.index]
    return part.loc[names].reset_index()


def per_week(refresh: Refresh) -> str:
    """Title of an axis of weekly spend."""
    return f"Per week, {numbers.currency_sign(refresh.context.currency)}".rstrip(", ")


def totals_behind(refresh: Refresh, sums: pd.DataFrame) -> dict[str, Any]:
    """Table and query of a view of the totals by scenario."""
    table = refresh.query(SCENARIOS)
    if len(table):
        return {"table": table, "sql": refresh.shown(SCENARIOS)}
    return {"table": sums.reset_index(), "sql": refresh.shown(BUDGETS), "worked_out": True}
