"""What is recommended in which region?"""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.scenarios import BUDGETS, scenario_name, scenarios
from mmm_assets.report.workbook.sheet import Block, Column, Sheet, change, difference

_REGIONS = """
    SELECT region, channel, current_spend, optimal_spend FROM mart.optimal_budgets
    WHERE refresh_week = $week AND region IS NOT NULL AND scenario = $scenario
    ORDER BY region, channel"""


def sheet(refresh: Refresh) -> Sheet | None:
    """A row for each region and channel; None where there is one region."""
    rows = refresh.query(BUDGETS)
    if rows.empty or len(refresh.regions) < 2:
        return None
    first = scenarios(rows)[0]
    found = refresh.query(_REGIONS, scenario=first)
    if found.empty:
        return None
    columns = (
        Column("region", "Region", "text", found["region"]),
        Column("channel", "Channel", "text", found["channel"]),
        Column("now", refresh.in_money("Spend today"), "money", found["current_spend"], "sum"),
        Column("then", refresh.in_money("Recommended"), "money", found["optimal_spend"], "sum"),
        Column("more", refresh.in_money("Change"), "money", difference("then", "now"), "formula"),
        Column("share", "Change", "change", change("then", "now"), "formula"),
    )
    return Sheet(
        "By region",
        "What is recommended in which region?",
        f"{scenario_name(first)}, means of a week.",
        (Block("", columns, "All regions"),),
    )
