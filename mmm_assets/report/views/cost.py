"""What an exposure costs, by channel and over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

_COST = """
    SELECT channel, spend, exposure, spend / nullif(exposure, 0) AS cost_per_exposure,
           direct / nullif(exposure, 0) AS effect_per_exposure
    FROM mart.channel_summary WHERE refresh_week = $week AND spend > 0 AND exposure > 0
    ORDER BY cost_per_exposure DESC"""

_MONTHS = """
    SELECT channel, date_trunc('month', week) AS month, sum(spend) AS spend,
           sum(exposure) AS exposure, sum(spend) / sum(exposure) AS cost_per_exposure
    FROM mart.media WHERE refresh_week = $week AND spend > 0 AND exposure > 0
    GROUP BY ALL ORDER BY channel, month"""

_NO_PRICE = (
    "No channel has both spend and an exposure of its own (impressions, clicks), so there is no "
    "price to compare."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """The price of an exposure now and over time."""
    rows = refresh.query(_COST)
    bought = rows[~np.isclose(rows["spend"], rows["exposure"])]
    if bought.empty:
        return (View("channels-cost", "Cost of an exposure", _NO_PRICE),)
    return (_now(refresh, rows, bought), _over_time(refresh, set(bought["channel"])))


def _now(refresh: Refresh, rows: pd.DataFrame, bought: pd.DataFrame) -> View:
    dear, cheap = bought.iloc[0], bought.iloc[-1]
    said = f"An exposure costs most in {dear['channel']}"
    if len(bought) > 1:
        times = dear["cost_per_exposure"] / cheap["cost_per_exposure"]
        if times > 1.05:
            said += f", {words.number(times)} times as much as in {cheap['channel']}"
    return View(
        "channels-cost",
        "Cost of an exposure",
        said + "; a GRP, a click and an impression are not the same thing.",
        fig.figure(
            [
                {
                    "type": "scatter",
                    "mode": "markers",
                    "y": [refresh.label(c) for c in bought["channel"]],
                    "x": 1000 * bought["cost_per_exposure"].to_numpy(),
                    "marker": {
                        "size": 13,
                        "color": [refresh.colour(c) for c in bought["channel"]],
                    },
                    "hovertemplate": f"%{{y}}: {refresh.amounts('x')}<extra></extra>",
                }
            ],
            **fig.ranked("", len(bought))
            | {
                "xaxis": fig.axis(
                    f"{refresh.in_money('Cost of 1 000 exposures')}, logarithmic",
                    type="log", dtick=1,
                )
            },
        ),
        table=rows,
        sql=refresh.shown(_COST),
        height=fig.height_of(len(bought)),
    )  # fmt: skip


def _over_time(refresh: Refresh, bought: set[str]) -> View:
    title = "How the cost of an exposure moved"
    table = refresh.query(_MONTHS)
    rows = table[table["channel"].isin(bought)]
    wide = rows.pivot_table(index="month", columns="channel", values="cost_per_exposure")
    if len(wide) < 4:
        return View("channels-cost-time", title, "There are too few months to compare.")
    index = wide / wide.median()
    # A year against the year before, or halves where there is less than two years.
    span = min(12, len(wide) // 2)
    drift = index.iloc[-span:].mean() / index.iloc[-2 * span : -span].mean() - 1
    drift = drift.dropna()
    reading = "Too few channels were bought throughout to compare their prices."
    if len(drift):
        most = str(drift.abs().idxmax())
        reading = (
            f"No price moved by more than {words.percent(drift.abs().max())}"
            if drift.abs().max() < 0.05
            else f"The price of {most} moved most: {words.percent(float(drift[most]), signed=True)}"
        ) + f", the last {words.counted(span, 'month')} against the {span} before."
    months = iso(wide.index.to_series())
    known = [name for name in refresh.leading(15) if name in index.columns]
    return View(
        "channels-cost-time",
        title,
        reading,
        fig.figure(
            [
                fig.line(
                    months, index[name].to_numpy(), refresh.label(name), refresh.colour(name),
                    connectgaps=False, hovertemplate="%{y:,.3~r}",
                )
                for name in known
            ],
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis("Median month = 1", range=_around_one(index)),
            hovermode="x unified",
            showlegend=True,
        ),
        table=table,
        sql=refresh.shown(_MONTHS),
        note="Each channel's price against its own median month.",
        height=min(420, fig.height_of(len(bought))),
    )  # fmt: skip


def _around_one(index: pd.DataFrame) -> list[float]:
    """A range that makes a steady price look steady."""
    return [min(0.7, 0.95 * float(index.min().min())), max(1.3, 1.05 * float(index.max().max()))]
