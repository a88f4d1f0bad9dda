"""Which test next: what knowing is worth, beside what a test costs."""

from __future__ import annotations

import pandas as pd

from mmm_assets.planning.experiment_words import doing, idea_words
from mmm_assets.report import escape
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_IDEAS = """
    SELECT channel, kind, rank, weeks, regions, worth, worth_of_certainty, cost, net, unit,
           use_weeks, spend_change, kpi_change, expected, lower, upper, standard_error, smallest,
           power, known, false_share, last_test, age_weeks
    FROM mart.experiment_ideas WHERE refresh_week = $week ORDER BY rank"""

_HOVER = "%{customdata}<br>worth %{x:.3~s}<extra></extra>"
_TITLE = "Which test next"
_NOTE = (
    "Worth (of knowing): what the budget is expected to gain once the result is known, as the "
    "posterior's draws see it. Cost: spend less the value of the sales it brings. Each channel's "
    "best test is shown; the table has the others. Power is the chance of finding a lift."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """One view, empty where the fit has no draws."""
    rows = refresh.query(_IDEAS)
    said = " ".join(idea_words(rows, refresh.context.currency, refresh.kpi))
    if rows.empty:
        return (View("tests-next", _TITLE, said),)
    return (_next(refresh, rows, said),)


def _next(refresh: Refresh, rows: pd.DataFrame, said: str) -> View:
    best = rows.drop_duplicates("channel")
    names = [refresh.label(channel) for channel in best["channel"]]
    about = [
        refresh.label(doing(row)) + f"<br>power {row['power']:.0%}"
        for row in best.to_dict("records")
    ]
    money = best["unit"].iloc[0] == "money"
    unit = escape.label(refresh.context.currency) if money else refresh.kpi_label
    return View(
        "tests-next",
        _TITLE,
        said,
        fig.figure(
            [
                fig.bars(names, best["worth"].to_numpy(), "@accent", name="Worth of knowing")
                | {
                    "customdata": about,
                    "hovertemplate": _HOVER,
                },
                fig.bars(names, best["cost"].to_numpy(), "@quiet", name="Cost of the test")
                | {"hovertemplate": "%{y}: costs %{x:.3~s}<extra></extra>"},
            ],
            **fig.ranked(unit, len(best)) | {"barmode": "group", "showlegend": True},
        ),
        table=rows,
        sql=refresh.shown(_IDEAS),
        note=_NOTE,
        height=fig.height_of(len(best), 44),
    )
