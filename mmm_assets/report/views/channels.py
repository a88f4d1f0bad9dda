"""What each channel returns: ROI, marginal ROI, shares of spend and of effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_ROI = """
    SELECT channel, spend, contribution, roi, roi_lower, roi_upper, marginal_roi,
           direct_roi, direct_roi_lower, direct_roi_upper
    FROM mart.channel_summary WHERE refresh_week = $week ORDER BY roi DESC NULLS LAST"""

_SHARES = """
    SELECT channel, spend, spend / nullif(sum(spend) OVER (), 0) AS spend_share,
           direct, greatest(direct, 0) / nullif(sum(greatest(direct, 0)) OVER (), 0) AS effect_share
    FROM mart.channel_summary WHERE refresh_week = $week
    ORDER BY effect_share DESC NULLS LAST, channel"""

NO_ROI = (
    "No return can be given: it needs the spend of the channels and the value of one unit of "
    "the KPI. The contributions above do not."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of returns and shares."""
    return (_roi(refresh), _next(refresh), _shares(refresh))


def _roi(refresh: Refresh) -> View:
    title = "Return on each channel, with its interval"
    if not refresh.has_roi:
        return View("channels-roi", title, NO_ROI)
    table = refresh.query(_ROI)
    rows = table.dropna(subset=["roi"])
    names = [refresh.label(c) for c in rows["channel"]]
    # One interval that reaches far must not squeeze all others into a corner.
    reach = float(np.nanquantile(rows["roi_upper"].fillna(rows["roi"]), 0.9))
    top = max(1.2, min(float(rows["roi_upper"].max(skipna=True) or 1), 2.5 * reach))
    low = min(0.0, float(np.nanmin([rows["roi_lower"].min(), rows["marginal_roi"].min(), 0])))
    return View(
        "channels-roi",
        title,
        _roi_reading(refresh, rows),
        fig.figure(
            [
                fig.bars(
                    names, rows["roi"].to_numpy(), [refresh.colour(c) for c in rows["channel"]],
                    ":,.3~r", name="ROI",
                    error_x=fig.error(
                        rows["roi"].tolist(),
                        rows["roi_lower"].fillna(rows["roi"]).tolist(),
                        rows["roi_upper"].fillna(rows["roi"]).tolist(),
                    ),
                    customdata=rows[["roi_lower", "roi_upper"]].to_numpy(),
                )
                | {
                    "hovertemplate": "%{y}: %{x:,.3~r}, from %{customdata[0]:,.3~r} to "
                    "%{customdata[1]:,.3~r}<extra></extra>"
                },
                {
                    "type": "scatter", "mode": "markers", "name": "Marginal ROI", "y": names,
                    "x": rows["marginal_roi"].to_numpy(),
                    "marker": {"symbol": "diamond", "size": 9, "color": "@paper",
                               "line": {"color": "@ink", "width": 1.6}},
                    "hovertemplate": "%{y}: next unit %{x:,.3~r}<extra></extra>",
                },
                {
                    "type": "scatter", "mode": "markers", "name": "Direct ROI", "y": names,
                    "x": rows["direct_roi"].to_numpy(),
                    "marker": {"symbol": "line-ns", "size": 16,
                               "line": {"color": "@ink", "width": 2.4}},
                    "hovertemplate": "%{y}: its own path alone %{x:,.3~r}<extra></extra>",
                },
            ],
            **fig.ranked("Value brought per unit of money", len(names))
            | {
                "shapes": [_one("x")],
                "xaxis": fig.axis(
                    "Value brought per unit of money", zeroline=True, range=[1.05 * low, top]
                ),
            },
        ),
        table=table,
        sql=refresh.shown(_ROI),
        note="Bars: ROI of the total effect with its 90 % interval. Strokes: of the channel's own "
        "path alone. Diamonds: return of the next unit of money. At the "
        "dotted line money comes back as it was." + _without_spend(table),
        height=fig.height_of(len(names), 34),
        wide=True,
    )  # fmt: skip


def _without_spend(rows: pd.DataFrame) -> str:
    """Why channels that brought something are not among the returns."""
    free = rows[rows["roi"].isna()]["channel"].tolist()
    if not free:
        return ""
    alone = len(free) == 1
    no_return = "it has no return" if alone else "they have no returns"
    return f" {words.listed(free)} {'has' if alone else 'have'} no spend, so {no_return}."


def _roi_reading(refresh: Refresh, rows: pd.DataFrame) -> str:
    """The best and the worst return, and which channels surely pay back."""
    unit = numbers.currency_sign(refresh.context.currency) or "unit of money"
    best, worst = rows.iloc[0], rows.iloc[-1]
    said = f"One {unit} in {best['channel']} brought back {words.number(best['roi'])}"
    if len(rows) > 1:
        said += f", in {worst['channel']} {words.number(worst['roi'])}"
    sure = rows[(rows["roi_lower"] > 1)]["channel"].tolist()
    if not sure:
        return said + "; of no channel is it certain that it pays back."
    return (
        f"{said}; {words.listed(sure)} {'pays' if len(sure) == 1 else 'pay'} back almost certainly "
        "(the whole interval is above 1)."
    )


def _one(axis: str) -> dict:
    """A dotted line at a return of one."""
    other = "y" if axis == "x" else "x"
    return {
        "type": "line", f"{axis}0": 1, f"{axis}1": 1, f"{other}ref": "paper", f"{other}0": 0,
        f"{other}1": 1, "line": {"color": "@ink/0.5", "width": 1, "dash": "dot"},
    }  # fmt: skip


def _next(refresh: Refresh) -> View:
    title = "What money brought, and what the next unit would bring"
    if not refresh.has_roi:
        return View("channels-next", title, NO_ROI)
    table = refresh.query(_ROI)
    rows = table.dropna(subset=["roi", "marginal_roi"])
    if rows.empty:
        return View("channels-next", title, "No channel has both a return and a marginal return.")
    largest = max(float(rows["spend"].max()), 1e-12)
    sizes = [10 + 30 * float(np.sqrt(max(0.0, value) / largest)) for value in rows["spend"]]
    top = 1.1 * max(1.1, float(rows[["roi", "marginal_roi"]].max().max()))
    low = min(0.0, 1.1 * float(rows[["roi", "marginal_roi"]].min().min()))
    return View(
        "channels-next",
        title,
        _next_reading(rows),
        fig.figure(
            [
                fig.line([low, top], [low, top], "Equal", "@line", hoverinfo="skip"),
                {
                    "type": "scatter", "mode": "markers+text" if len(rows) < 16 else "markers",
                    "x": rows["roi"], "y": rows["marginal_roi"],
                    "text": [refresh.label(c) for c in rows["channel"]],
                    "textposition": "top center", "textfont": {"size": 11, "color": "@muted"},
                    "customdata": rows["spend"], "cliponaxis": False,
                    "marker": {"size": sizes, "opacity": 0.85,
                               "color": [refresh.colour(c) for c in rows["channel"]],
                               "line": {"color": "@paper", "width": 1}},
                    "hovertemplate": "%{text}<br>ROI %{x:,.3~r}, next unit %{y:,.3~r}<br>"
                    f"spend {refresh.amounts('customdata')}<extra></extra>",
                },
            ],
            showlegend=False,
            shapes=[_one("x"), _one("y")],
            xaxis=fig.axis("ROI so far", range=[low, top]),
            yaxis=fig.axis("Marginal ROI", range=[low, top]),
        ),
        table=table,
        sql=refresh.shown(_ROI),
        note="Size: spend. Below the diagonal: the channel is past its best return.",
        height=420,
    )  # fmt: skip


def _next_reading(rows: pd.DataFrame) -> str:
    """Where more money would still pay back, and where it only did so far."""
    grow = rows[rows["marginal_roi"] > 1].sort_values("marginal_roi", ascending=False)
    tired = rows[(rows["roi"] > 1) & (rows["marginal_roi"] <= 1)]
    said = (
        f"More money would still pay back in {words.listed(grow['channel'].tolist())}"
        if len(grow)
        else "In no channel would more money pay back"
    )
    if len(tired):
        said += (
            f"; {words.listed(tired['channel'].tolist())} paid back, but the next unit would not"
        )
    return said + "."


def _shares(refresh: Refresh) -> View:
    title = "Share of spend and share of effect"
    table = refresh.query(_SHARES)
    names = [refresh.label(c) for c in table["channel"]]
    colours = [refresh.colour(c) for c in table["channel"]]
    effect = fig.bars(names, table["effect_share"].to_numpy(), colours, ":.3~p", name="Effect")
    data = [effect]
    known = table["spend_share"].notna().any()
    if known:
        spend = fig.bars(names, table["spend_share"].to_numpy(), "@quiet", ":.3~p", name="Spend")
        data.append(spend | {"hovertemplate": "%{y}: %{x:.3~p} of spend<extra></extra>"})
        gap = (table["effect_share"] - table["spend_share"]).fillna(0)
        up, down = (table["channel"].iloc[int(i)] for i in (gap.argmax(), gap.argmin()))
        reading = (
            f"The share of {up} in the effect is {100 * gap.max():.0f} points above its "
            f"share of spend; that of {down} is {-100 * gap.min():.0f} points below."
            if len(table) > 1
            else "With one channel, spend and effect are all its own."
        )
    else:
        first = table.iloc[0]
        reading = (
            f"Spend is unknown; of the effect of media, {words.percent(first['effect_share'])} "
            f"comes from {first['channel']}."
        )
    return View(
        "channels-shares",
        title,
        reading,
        fig.figure(
            data,
            **fig.ranked("", len(names))
            | {"barmode": "group", "xaxis": fig.axis("Share", tickformat=".3~p")},
        ),
        table=table,
        sql=refresh.shown(_SHARES),
        note="Coloured: share of the direct effect. Grey: share of spend." if known else "",
        height=fig.height_of(len(names), 38, least=420),
    )
