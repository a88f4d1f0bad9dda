"""What became of the plans that were adopted?"""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import plan_words
from mmm_assets.report.plan_words import CAUSES, PLANS, in_order
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.plan_causes import BY_CAUSE
from mmm_assets.report.views.plan_delivery import DELIVERY
from mmm_assets.report.workbook.sheet import Block, Column, Sheet, change, difference


def sheet(refresh: Refresh) -> Sheet | None:
    """Every plan against its promise, why, and its spend by channel; None without a plan."""
    plans = refresh.query(PLANS)
    if plans.empty:
        return None
    currency = refresh.context.currency
    said = plan_words.scorecard(plans, refresh.kpi)
    return Sheet(
        "Plans",
        "What became of the plans that were adopted?",
        plan_words.standing(plans.iloc[0], refresh.kpi, currency),
        (_plans(refresh, plans), *_causes(refresh, plans), *_spend(refresh, plans)),
        tuple(said),
    )


def _plans(refresh: Refresh, plans: pd.DataFrame) -> Block:
    columns = (
        Column("plan", "Plan", "text", plans["plan"]),
        Column("status", "Status", "text", plans["status"]),
        Column("who", "Adopted by", "text", plans["who"]),
        Column("first", "First week", "day", plans["first_week"].dt.date),
        Column("last", "Last week", "day", plans["last_week"].dt.date),
        Column("over", "Weeks over", "count", plans["weeks_over"]),
        Column("planned", refresh.in_money("Planned so far"), "money", plans["planned_spend"]),
        Column("spent", refresh.in_money("Spent"), "money", plans["spend"]),
        Column("delivered", "Spent, change", "change", change("spent", "planned")),
        Column("promised", f"Promised so far, {refresh.kpi}", "money", plans["promised"]),
        Column("low", "low", "money", plans["lower"]),
        Column("high", "high", "money", plans["upper"]),
        Column("came", f"Came, {refresh.kpi}", "money", plans["kpi"]),
        Column("more", "Came less promised", "money", difference("came", "promised")),
        Column("gain", "Gain over the plan before it", "money", plans["gain"]),
        Column("gain_low", "Gain, low", "money", plans["gain_lower"]),
        Column("gain_high", "Gain, high", "money", plans["gain_upper"]),
    )
    return Block("Every plan, in the weeks that are over", columns)


def _causes(refresh: Refresh, plans: pd.DataFrame) -> list[Block]:
    return [
        Block(
            f"{name}: why the KPI so far differs from the promise, {refresh.kpi}",
            (
                Column("cause", "Cause", "text", [CAUSES[cause].title for cause in part["cause"]]),
                Column("kpi", "Came less promised", "money", part["kpi"], "sum"),
                Column("low", "low", "money", part["lower"]),
                Column("high", "high", "money", part["upper"]),
                Column("what", "What it is", "text", [CAUSES[c].means for c in part["cause"]]),
            ),
            "All causes",
        )
        for name, part in in_order(plans, refresh.query(BY_CAUSE)).items()
    ]


def _spend(refresh: Refresh, plans: pd.DataFrame) -> list[Block]:
    return [
        Block(
            f"{name}: spend so far",
            (
                Column("channel", "Channel", "text", part["channel"]),
                Column("planned", refresh.in_money("Planned"), "money", part["planned_spend"],
                       "sum"),
                Column("spent", refresh.in_money("Spent"), "money", part["spend"], "sum"),
                Column("more", refresh.in_money("Difference"), "money",
                       difference("spent", "planned"), "formula"),
                Column("change", "Change", "change", change("spent", "planned"), "formula"),
            ),
            "All channels",
        )
        for name, part in in_order(plans, refresh.query(DELIVERY)).items()
    ]  # fmt: skip
