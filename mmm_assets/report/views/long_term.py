"""What is still to come from what was spent, where this table can tell."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_LONG_TERM = """
    SELECT channel, told, log_bayes_factor, share, share_lower, share_upper, half_life,
           half_life_lower, half_life_upper, short_term, long_term, long_term_lower,
           long_term_upper, to_come, to_come_lower, to_come_upper, roi, roi_lower, roi_upper,
           roi_with_long_term, roi_with_long_term_lower, roi_with_long_term_upper, statement
    FROM mart.long_term WHERE refresh_week = $week
    ORDER BY told DESC, long_term DESC NULLS LAST, channel"""

_TWIN = """
    SELECT sentence FROM mart.trust_tests
    WHERE refresh_week = $week AND test = 'twin' AND measure = 'slow_stock'"""

_TITLE = "What is still to come from what was spent"
_BUDGETS = (
    "Returns, curves and budgets elsewhere on this page count the short term alone: what comes in "
    "the weeks of a channel's carryover."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """The long-term part of each channel that may have one."""
    rows = refresh.query(_LONG_TERM)
    if rows.empty:
        return ()
    told = rows[rows["told"]]
    return (_told(refresh, told, rows),) if len(told) else (_untold(refresh, rows),)


def _told(refresh: Refresh, told: pd.DataFrame, rows: pd.DataFrame) -> View:
    names = [escape.label(name) for name in told["channel"]]
    come = (told["long_term"] - told["to_come"]).clip(lower=0.0)
    ends = [told[name].tolist() for name in ("to_come", "to_come_lower", "to_come_upper")]
    parts: tuple[tuple[str, pd.Series, str, dict[str, Any]], ...] = (
        ("At once: carryover", told["short_term"], "@accent", {}),
        ("Later, and came already", come, "@accent/0.55", {}),
        ("Still to come", told["to_come"], "@accent/0.25", {"error_x": fig.error(*ends)}),
    )
    layout = fig.ranked(refresh.kpi_label, len(names)) | {"showlegend": True, "barmode": "stack"}
    return View(
        "channels-long-term",
        _TITLE,
        " ".join([told["statement"].iloc[0],
                  *(_said(refresh, row) for _, row in told.head(3).iterrows())]),
        fig.figure(
            [fig.bars(names, part.to_numpy(), colour, name=name, **more)
             for name, part, colour, more in parts],
            **layout,
        ),
        table=rows,
        sql=refresh.shown(_LONG_TERM),
        height=fig.height_of(len(names), 52),
        note="Later: what a slow stock (brand) brings that media feed and that fades over years. "
        "All channels that feed it leave the same share behind. The whisker is the 90 % interval "
        f"of what is still to come. {_BUDGETS}",
    )  # fmt: skip


def _said(refresh: Refresh, row: pd.Series) -> str:
    come = (
        f"{words.number(row['to_come'])} {refresh.kpi} ({words.number(row['to_come_lower'])} to "
        f"{words.number(row['to_come_upper'])}) are still to come from what {row['channel']} did"
    )
    both = row["roi_with_long_term"]
    if pd.isna(both):
        return f"{come}."
    low, high = row["roi_with_long_term_lower"], row["roi_with_long_term_upper"]
    return (
        f"{come}; its return is {words.number(row['roi'])} in the short term, "
        f"{words.number(both)} ({words.number(low)} to {words.number(high)}) with what comes later."
    )


def _untold(refresh: Refresh, rows: pd.DataFrame) -> View:
    twin = refresh.query(_TWIN)["sentence"]
    names = words.listed([str(name) for name in rows["channel"]])
    leave = "leaves" if len(rows) == 1 else "leave"
    return View(
        "channels-long-term",
        _TITLE,
        f"This table cannot tell what {names} {leave} behind for later years. Nothing of it is in "
        f"any figure on this page. {' '.join(twin)}".strip(),
        table=rows,
        sql=refresh.shown(_LONG_TERM),
        note="What tells it is a change that lasts: a channel that pauses for a year, in a table "
        f"of several regions. {_BUDGETS}",
        listing=rows[["channel", "statement"]].set_axis(["Channel", "What the data say"], axis=1),
    )
