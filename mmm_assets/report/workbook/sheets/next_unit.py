"""What would the next unit of money bring?"""

from __future__ import annotations

from mmm_assets.mart import numbers
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.workbook.sheet import Block, Column, Sheet, ratio

_NOW = """
    SELECT c.channel, c.spend, c.response, c.lower, c.upper, c.roi, c.marginal_roi,
           p.current_saturation
    FROM mart.response_curves AS c
    LEFT JOIN mart.response_curve_parameters AS p USING (refresh_week, channel)
    WHERE c.refresh_week = $week AND c.region IS NULL AND c.is_current AND c.roi IS NOT NULL
    ORDER BY c.marginal_roi DESC NULLS LAST, c.channel"""


def sheet(refresh: Refresh) -> Sheet | None:
    """Returns of a mean week's spend and of one more unit; None where no return is known."""
    rows = refresh.query(_NOW)
    if rows.empty:
        return None
    unit = numbers.currency_sign(refresh.context.currency) or "unit"
    columns = (
        Column("channel", "Channel", "text", rows["channel"]),
        Column("spend", refresh.in_money("Spend a week"), "money", rows["spend"], "sum"),
        Column("brings", f"Brings a week, {refresh.kpi}", "money", rows["response"], "sum"),
        Column("low", "low", "money", rows["lower"]),
        Column("high", "high", "money", rows["upper"]),
        Column("roi", "Return on all of it", "return", rows["roi"]),
        Column("next", f"Return on the next {unit}", "return", rows["marginal_roi"]),
        Column("kept", "Next over all", "share", ratio("next", "roi")),
        Column("full", "Share of the ceiling reached", "share", rows["current_saturation"]),
    )
    best = rows.dropna(subset=["marginal_roi"])
    said = (
        f"The next {unit} a week returns most in {best['channel'].iloc[0]}: "
        f"{numbers.number(best['marginal_roi'].iloc[0])}."
        if len(best)
        else ""
    )
    return Sheet(
        "Next unit",
        f"What would the next {unit} bring?",
        said,
        (Block("A mean week of the last year, direct effects", columns, "All channels"),),
        ("A channel with a high return on all of it may be saturated: read the next one.",),
    )
