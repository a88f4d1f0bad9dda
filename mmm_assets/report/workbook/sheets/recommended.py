"""What is recommended?"""

from __future__ import annotations

import pandas as pd

from mmm_assets.planning.words import held_by
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import (
    BUDGETS,
    HELD,
    moves,
    of_scenario,
    scenario_name,
    scenarios,
    totals,
)
from mmm_assets.report.workbook.sheet import Block, Column, Sheet, change, difference


def sheet(refresh: Refresh) -> Sheet | None:
    """The recommended split of today's money, and the totals of every scenario."""
    rows = refresh.query(BUDGETS)
    if rows.empty:
        return None
    first = scenarios(rows)[0]
    part = of_scenario(rows, first, refresh)
    said = f"{scenario_name(first)}: {moves(part)}."
    return Sheet(
        "Recommended",
        "What is recommended?",
        said,
        (_split(refresh, part, first), _totals(refresh, rows)),
        ("Means of a week. Confirm large moves by a test.",),
    )


def _split(refresh: Refresh, part: pd.DataFrame, scenario: str) -> Block:
    held = refresh.query(HELD)
    held = held[held["scenario"] == scenario].set_index("channel").reindex(part["channel"])
    why = [
        held_by(b if isinstance(b, str) else None, float(s), refresh.context.currency)
        for b, s in zip(held["binding"], held["shadow_price"].astype(float), strict=True)
    ]
    kpi = refresh.kpi
    columns = (
        Column("channel", "Channel", "text", part["channel"]),
        Column("now", refresh.in_money("Spend today"), "money", part["current_spend"], "sum"),
        Column("then", refresh.in_money("Recommended"), "money", part["optimal_spend"], "sum"),
        Column("more", refresh.in_money("Change"), "money", difference("then", "now"), "formula"),
        Column("share", "Change", "change", change("then", "now"), "formula"),
        Column("brings", f"Brings today, {kpi}", "money", part["current_response"], "sum"),
        Column("would", f"Would bring, {kpi}", "money", part["optimal_response"], "sum"),
        Column("low", "low", "money", part["lower"]),
        Column("high", "high", "money", part["upper"]),
        Column("gain", "Gain", "money", difference("would", "brings"), "formula"),
        Column("why", "Held by", "text", why),
    )
    return Block(scenario_name(scenario), columns, "All channels")


def _totals(refresh: Refresh, rows: pd.DataFrame) -> Block:
    sums = totals(refresh, rows).reset_index()
    columns = (
        Column("scenario", "Scenario", "text", [scenario_name(s) for s in sums["scenario"]]),
        Column("now", refresh.in_money("Spend today"), "money", sums["current_spend"]),
        Column("then", refresh.in_money("Spend"), "money", sums["optimal_spend"]),
        Column("more", refresh.in_money("Change"), "money", difference("then", "now")),
        Column("share", "Change", "change", change("then", "now")),
        Column("brings", f"Brings today, {refresh.kpi}", "money", sums["current_response"]),
        Column("would", f"Would bring, {refresh.kpi}", "money", sums["optimal_response"]),
        Column("low", "low", "money", sums["lower"]),
        Column("high", "high", "money", sums["upper"]),
        Column("gain", "Gain", "money", difference("would", "brings")),
        Column("gain_low", "Gain, low", "money", sums["gain_lower"]),
        Column("gain_high", "Gain, high", "money", sums["gain_upper"]),
        Column("roi", "ROI", "return", sums["roi"]),
        Column("next", "Return on the next unit", "return", sums["marginal_roi"]),
    )
    return Block("Every scenario, all channels together", columns)
