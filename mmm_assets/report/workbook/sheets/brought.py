"""What did each channel bring?"""

from __future__ import annotations

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.workbook.sheet import Block, Column, Sheet, difference, ratio


def sheet(refresh: Refresh) -> Sheet:
    """Spend, contribution and return of all weeks; a return's value is its median's."""
    rows, kpi = refresh.summary.reset_index(), refresh.kpi
    priced: tuple[Column, ...] = ()
    if refresh.has_roi:
        whole, own = rows["roi"] * rows["spend"], rows["direct_roi"] * rows["spend"]
        priced = (
            Column("value", refresh.in_money("Value of it"), "money", whole),
            Column("roi", "ROI: value over spend", "return", ratio("value", "spend")),
            Column("roi_low", "ROI, low", "return", rows["roi_lower"]),
            Column("roi_high", "ROI, high", "return", rows["roi_upper"]),
            Column("own", refresh.in_money("Value of its own path"), "money", own, "sum"),
            Column("own_roi", "ROI of its own path", "return", ratio("own", "spend"), "formula"),
        )
    columns = (
        Column("channel", "Channel", "text", rows["channel"]),
        Column("spend", refresh.in_money("Spend"), "money", rows["spend"], "sum"),
        Column("all", f"Brought, {kpi}", "money", rows["contribution"]),
        Column("low", "low", "money", rows["contribution_lower"]),
        Column("high", "high", "money", rows["contribution_upper"]),
        Column("direct", "of it by its own path", "money", rows["direct"], "sum"),
        Column("through", "of it through other channels", "money", difference("all", "direct")),
        *priced,
    )
    block = Block(f"Over {len(refresh.weeks)} weeks", columns, "All channels")
    return Sheet(
        "Brought",
        "What did each channel bring?",
        "What a channel earns through others is in their own path, too: only own paths add up.",
        (block,),
    )
