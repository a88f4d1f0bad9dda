"""The three lines that a refresh ends with: how good the forecast, what media earn, what to move.

Read from the mart tables, so that the terminal, Dagster and the report say the same.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from mmm_assets.mart.numbers import number, percent
from mmm_assets.store.mart_week import read_week

SHOWN_CHANNELS = 8


def headline(connection: duckdb.DuckDBPyConnection, refresh_week: date, currency: str) -> list[str]:
    """Say in a few plain lines what a refresh found.

    Parameters
    ----------
    connection
        Open on a file with the mart schema.
    currency
        Name of the currency, put behind amounts.
    """
    return [
        _forecast(connection, refresh_week),
        _earnings(connection, refresh_week),
        _shift(connection, refresh_week, currency),
    ]


def _forecast(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> str:
    metrics = read_week(connection, "holdout_metrics", refresh_week)
    pooled = metrics[metrics["scope"] == "pooled"].set_index(["model", "metric"])["value"]
    error = pooled.get(("mmm", "relative_rmse"))
    skill = pooled.get(("last_value", "skill"))
    if error is None or skill is None or error != error or skill != skill:
        return "Forecast: no held-out weeks to judge it on."
    return (
        f"Forecast of the held-out weeks: skill {percent(skill, signed=True)} against last value "
        f"(error {percent(error)} of the mean)."
    )


def _earnings(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> str:
    channels = read_week(connection, "channel_summary", refresh_week)
    if channels["roi"].notna().any():
        ranked = channels.dropna(subset=["roi"]).sort_values("roi", ascending=False)
        parts = [
            f"{row.channel} {number(row.roi)} [{number(row.roi_lower)} to {number(row.roi_upper)}]"
            for row in ranked.head(SHOWN_CHANNELS).itertuples()
        ]
        lead = "ROI by channel: "
    else:
        ranked = channels.sort_values("share", ascending=False)
        parts = [
            f"{row.channel} {percent(row.share)}"
            for row in ranked.head(SHOWN_CHANNELS).itertuples()
        ]
        lead = "Share of the KPI by channel (no spend or value is known, so no ROI): "
    left = len(ranked) - len(parts)
    return lead + ", ".join(parts) + (f", and {left} more" if left > 0 else "") + "."


def _same_total(budgets: pd.DataFrame) -> pd.DataFrame:
    """The first scenario that spends what is spent now, whatever its name."""
    for _, found in budgets.groupby("scenario", sort=False):
        now, then = found["current_spend"].sum(), found["optimal_spend"].sum()
        if abs(then - now) <= 1e-4 * now:
            return found
    return budgets.head(0)


def _shift(connection: duckdb.DuckDBPyConnection, refresh_week: date, currency: str) -> str:
    budgets = read_week(connection, "optimal_budgets", refresh_week)
    national = budgets[budgets["region"].isna()]
    if national.empty:
        return "Budget: no spend is known, so none is recommended."
    same = _same_total(national)
    if same.empty:
        asked = ", ".join(national["scenario"].unique())
        return f"Budget: no scenario keeps today's total; asked for were {asked}."
    change = (same["optimal_spend"] - same["current_spend"]).set_axis(same["channel"])
    moved = change.clip(lower=0).sum()
    if moved < 0.001 * same["current_spend"].sum():
        return "Budget: keep the current split; no move gains more than it risks."
    gain = same["optimal_response"].sum() / same["current_response"].sum() - 1
    ups = [(name, value) for name, value in change.nlargest(3).items() if value > 0]
    downs = [(name, value) for name, value in change.nsmallest(3).items() if value < 0]
    moves = ", ".join(
        f"{name} {number(value, signed=True, scaled=False)}" for name, value in ups + downs
    )
    return (
        f"Recommended shift at the same budget ({currency} a week): {moves}; "
        f"expected media response {percent(gain, signed=True)}."
    )
