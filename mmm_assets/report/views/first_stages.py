"""Channels whose exposure is corrected before the KPI's equation reads it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_STAGES = """
    SELECT channel, instruments, f_statistic, weak, noise_share, noise_share_lower,
           noise_share_upper, correction
    FROM mart.first_stages WHERE refresh_week = $week ORDER BY correction DESC, channel"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Instruments and errors of reading."""
    title = "Instruments and noisy readings"
    rows = refresh.query(_STAGES)
    if rows.empty:
        return (View("graph-stages", title, "Every channel is read as it was recorded."),)
    names = [refresh.label(name) for name in rows["channel"]]
    return (
        View(
            "graph-stages",
            title,
            " ".join(map(_sentence, names, rows.to_dict("records"))),
            fig.figure(
                [fig.bars(names, rows["correction"].to_numpy(), "@accent/0.8", ":.1%")],
                **fig.ranked("", len(names))
                | {"xaxis": fig.axis("Usual size of the correction", tickformat=".3~p")},
            ),
            table=rows,
            sql=refresh.shown(_STAGES),
            note="Root mean squared difference of the exposure that the response reads and the "
            "recorded one, over its mean.",
            height=fig.height_of(len(names)),
        ),
    )


def _sentence(name: str, row: dict[Hashable, Any]) -> str:
    if isinstance(row["instruments"], str):
        strength = "weak" if row["weak"] else "strong"
        return (
            f"{name} is read as {row['instruments']} and all else foretell it "
            f"(F {words.number(row['f_statistic'])}: {strength})."
        )
    return (
        f"Of what nothing foretells of {name}, {words.percent(row['noise_share'])} "
        f"({words.percent(row['noise_share_lower'])} to "
        f"{words.percent(row['noise_share_upper'])}) is taken for an error of reading."
    )
