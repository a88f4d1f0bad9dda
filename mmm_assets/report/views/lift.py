"""Lift tests beside what the model says of them."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View
from mmm_model.intervals import measured_interval

_TESTS = """
    SELECT channel, region, start_week, end_week, change, measured, standard_error,
           conflicts, before, before_lower, before_upper, after, after_lower, after_upper
    FROM mart.lift_tests WHERE refresh_week = $week ORDER BY channel, start_week, region"""

_READ = (
    "Before: the model without any test. A test that conflicts counts only as much as its distance "
    "to the model allows; look for what went wrong with it, or with the data."
)
_UNREAD = (
    "Under model.preset: paper tests change nothing, for its loss has no term for them: before and "
    "now are the same. The default preset learns from them."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view where there are tests, none where there are not."""
    rows = refresh.query(_TESTS)
    return () if rows.empty else (_view(refresh, rows),)


def _view(refresh: Refresh, rows: pd.DataFrame) -> View:
    names = [refresh.label(_name(row)) for _, row in rows.iterrows()]
    shown = [f"{n + 1}. {name}" for n, name in enumerate(names)]
    low, high = measured_interval(
        rows["measured"].to_numpy(float), rows["standard_error"].to_numpy(float)
    )
    ends = {
        "Measured": (rows["measured"], pd.Series(low), pd.Series(high), "@ink"),
        "Model before": (rows["before"], rows["before_lower"], rows["before_upper"], "@ink/0.4"),
        "Model now": (rows["after"], rows["after_lower"], rows["after_upper"], "@accent"),
    }
    data = [
        {
            "type": "scatter", "mode": "markers", "name": label, "x": value.to_numpy(), "y": shown,
            "marker": {"color": colour, "size": 9},
            "error_x": fig.error(value.tolist(), low.tolist(), high.tolist()),
            "hovertemplate": f"%{{y}}, {label.lower()}: %{{x:.3~s}}<extra></extra>",
        }
        for label, (value, low, high, colour) in ends.items()
    ]  # fmt: skip
    return View(
        "channels-lift",
        "Lift tests and what the model says of them",
        _reading(rows, refresh.end_to_end),
        fig.figure(
            data,
            **fig.ranked(f"{refresh.kpi_label} gained a week", len(rows)) | {"showlegend": True},
        ),
        table=rows,
        sql=refresh.shown(_TESTS),
        height=fig.height_of(len(rows), 46),
        note=_UNREAD if refresh.end_to_end else _READ,
    )


def _name(row: pd.Series) -> str:
    where = "" if pd.isna(row["region"]) else f", {row['region']}"
    when = "" if pd.isna(row["start_week"]) else f", {str(row['start_week'])[:10]}"
    return f"{row['channel']}{where}{when}"


def _reading(rows: pd.DataFrame, unread: bool = False) -> str:
    clash = rows["conflicts"].fillna(False).astype(bool)
    moved = (rows["after"] - rows["before"]).abs() > 0.1 * rows["before"].abs()
    read = "is compared with" if unread else "reads"
    said = f"The model {read} {words.counted(len(rows), 'lift test')}"
    changed = sorted(set(rows.loc[moved & ~clash, "channel"].astype(str)))
    said += f"; they moved its view of {words.listed(changed, 3)}." if changed else "."
    if clash.any():
        names = sorted(set(rows.loc[clash, "channel"].astype(str)))
        said += (
            f" {words.counted(int(clash.sum()), 'test')} of {words.listed(names, 3)} "
            "conflicts with everything else that is known."
        )
    return said
