"""How long a channel works: the kernels that spread its effect over later weeks."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

_KERNELS = """
    SELECT channel, lag_weeks, weight, lower, upper FROM mart.adstock_curves
    WHERE refresh_week = $week ORDER BY channel, lag_weeks"""

_DELAY = """
    SELECT channel, sum(weight * lag_weeks) / nullif(sum(weight), 0) AS mean_delay_weeks,
           sum(weight) FILTER (lag_weeks = 0) / nullif(sum(weight), 0) AS same_week_share
    FROM mart.adstock_curves WHERE refresh_week = $week
    GROUP BY channel ORDER BY mean_delay_weeks DESC"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the carryover."""
    kernels = refresh.query(_KERNELS)
    if not (kernels["weight"] > 0).any():
        return (
            View(
                "channels-adstock",
                "How the effect spreads",
                "No carryover was estimated in this refresh.",
            ),
        )
    return (_kernel(refresh, kernels), _heat(refresh, kernels), _delay(refresh))


def _kernel(refresh: Refresh, kernels: pd.DataFrame) -> View:
    parts = dict(iter(kernels.groupby("channel", sort=False)))
    channels = [name for name in refresh.channels if name in parts]

    def traces(channel: str) -> dict[int, dict]:
        part, colour = parts[channel], refresh.colour(channel)
        bounds = fig.error(
            part["weight"].tolist(),
            part["lower"].fillna(part["weight"]).tolist(),
            part["upper"].fillna(part["weight"]).tolist(),
        )
        return {
            0: {
                "x": part["lag_weeks"].to_numpy(),
                "y": part["weight"].to_numpy(),
                "marker": {"color": colour},
                "error_y": bounds,
            }
        }

    def reading(channel: str) -> str:
        start = float(parts[channel]["weight"].iloc[0])
        return (
            f"Of the effect of {channel}, {words.percent(start)} comes in the week of the exposure "
            f"and {words.percent(1 - start)} later."
        )

    return View(
        "channels-adstock",
        "How the effect spreads over the following weeks",
        reading(channels[0]),
        fig.figure(
            [
                {
                    "type": "bar", "name": "Share of the effect",
                    "hovertemplate": "After %{x} weeks: %{y:.3~p}<extra></extra>",
                    **traces(channels[0])[0],
                }
            ],
            xaxis=fig.axis("Weeks after the exposure", showgrid=False, dtick=1),
            yaxis=fig.axis("Share of the effect", tickformat=".3~p", rangemode="tozero"),
            showlegend=False,
        ),
        table=kernels,
        sql=refresh.shown(_KERNELS),
        selector="Channel",
        choices=tuple(
            Choice(channel, traces(channel), reading=reading(channel)) for channel in channels
        ),
    )  # fmt: skip


def _heat(refresh: Refresh, kernels: pd.DataFrame) -> View:
    wide = kernels.pivot_table(index="channel", columns="lag_weeks", values="weight")
    wide = wide.reindex([name for name in refresh.channels if name in wide.index])
    # Lags beyond which nobody has anything left.
    used = wide.columns[(wide > 0.005).any()]
    wide = wide.loc[:, : used.max()] if len(used) else wide
    late = (1 - wide.loc[:, :3].sum(axis=1)).clip(lower=0)
    return View(
        "channels-carryover",
        "Carryover of all channels",
        (
            f"{late.idxmax()} works longest: {words.percent(late.max())} of its effect comes after "
            "the first four weeks."
            if late.max() > 0.01
            else "Every channel has done its work within four weeks."
        ),
        fig.figure(
            [
                fig.heat(
                    [str(lag) for lag in wide.columns],
                    [refresh.label(c) for c in wide.index],
                    wide.to_numpy(),
                    "%{y}, after %{x} weeks: %{z:.3~p}",
                    colorbar={"tickformat": ".0%", "thickness": 8, "outlinewidth": 0},
                )
            ],
            xaxis=fig.names_axis(title={"text": "Weeks after the exposure"}, showgrid=False),
            yaxis=fig.names_axis(autorange="reversed", showgrid=False),
        ),
        table=kernels,
        sql=refresh.shown(_KERNELS),
        height=fig.height_of(len(wide)),
    )


def _delay(refresh: Refresh) -> View:
    rows = refresh.query(_DELAY).dropna(subset=["mean_delay_weeks"])
    slow, fast = rows.iloc[0], rows.iloc[-1]
    return View(
        "channels-delay",
        "Mean time from exposure to effect",
        f"On average the effect of {slow['channel']} comes "
        f"{words.number(slow['mean_delay_weeks'])} weeks after the exposure, that of "
        f"{fast['channel']} "
        f"{words.number(fast['mean_delay_weeks'])}."
        if len(rows) > 1
        else f"On average the effect comes {words.number(slow['mean_delay_weeks'])} weeks after.",
        fig.figure(
            [
                fig.bars(
                    [refresh.label(c) for c in rows["channel"]],
                    rows["mean_delay_weeks"].to_numpy(),
                    [refresh.colour(c) for c in rows["channel"]],
                    ":,.3~r",
                )
            ],
            **fig.ranked("Weeks", len(rows)),
        ),
        table=rows,
        sql=refresh.shown(_DELAY),
        height=fig.height_of(len(rows)),
    )
