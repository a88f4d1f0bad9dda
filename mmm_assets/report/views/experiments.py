"""Tests: which next, how those that are kept stand, and the model against all that were read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mmm_assets.planning.experiment_words import doing, idea_words
from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View
from mmm_model.intervals import NORMAL_90

_IDEAS = """
    SELECT channel, kind, rank, weeks, regions, worth, worth_of_certainty, cost, net, unit,
           use_weeks, spend_change, kpi_change, expected, lower, upper, standard_error, smallest,
           power, known, false_share, last_test, age_weeks
    FROM mart.experiment_ideas WHERE refresh_week = $week ORDER BY rank"""

_TRACK = """
    SELECT experiment, channel, kind, regions, start_week, end_week, status, change, delivered,
           expected, lower, upper, measured, standard_error, inside, now, now_lower, now_upper,
           age_weeks, weight
    FROM mart.experiment_track WHERE refresh_week = $week
    ORDER BY start_week DESC NULLS LAST, channel"""

_TRACK_NOTE = (
    "Lifts are {kpi} a week, with the range that holds the truth nine times in ten. Expected: what "
    "the model said of the test before it. Now: what it says having read all tests. As expected: "
    "measured and expected lift are as near as nine in ten should be, the doubt of both counted. "
    "What a test counts falls with its age where experiments.half_life says so."
)
_HOVER = "%{customdata}<br>worth %{x:.3~s}<extra></extra>"
_TITLE = "Which test next"
_NOTE = (
    "Worth of knowing: what a better budget is expected to gain once the result is known, over all "
    "that the model holds possible. Cost: spend less the value of what it brings; below zero the "
    "test saves money. Each channel's best test is shown; the table has the others, and the chance "
    "of finding a lift (power)."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """Which test next, empty where the fit has no draws; and the tests there are, if any."""
    rows = refresh.query(_IDEAS)
    said = " ".join(idea_words(rows, refresh.context.currency, refresh.kpi))
    ahead = View("tests-next", _TITLE, said) if rows.empty else _next(refresh, rows, said)
    tests = refresh.query(_TRACK)
    return (ahead,) if tests.empty else (ahead, _track(refresh, tests))


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


def _track(refresh: Refresh, tests: pd.DataFrame) -> View:
    """Every test as a line of words: few teams have more than a dozen."""
    lines = [_line(row) for row in tests.to_dict("records")]
    return View(
        "tests-track",
        "Tests, and the model against them",
        _scored(tests, refresh.kpi),
        table=tests,
        sql=refresh.shown(_TRACK),
        note=_TRACK_NOTE.format(kpi=refresh.kpi),
        listing=pd.DataFrame(lines),
        wide=True,
    )


def _line(row: Mapping[Any, Any]) -> dict[str, str]:
    measured = words.number(row["measured"]) if pd.notna(row["measured"]) else "–"
    if pd.notna(row["standard_error"]):
        measured += f" ± {words.number(NORMAL_90 * row['standard_error'])}"
    if pd.notna(row["weight"]) and row["weight"] < 1:
        measured += f", counts {words.percent(row['weight'])}"
    weeks = "steady"
    if pd.notna(row["start_week"]):
        count = (row["end_week"] - row["start_week"]).days // 7 + 1
        weeks = f"{words.counted(count, 'week')} from {words.day(row['start_week'])}"
    name = "not designed here" if pd.isna(row["experiment"]) else row["experiment"]
    return {
        "Test": f"{row['channel']}: {name}",
        "Weeks": weeks,
        "Status": row["status"],
        "Expected": _range(row, "expected", "lower", "upper"),
        "Measured": measured,
        "As expected": {True: "yes", False: "no"}.get(row["inside"], "–"),
        "Now": _range(row, "now", "now_lower", "now_upper"),
    }


def _range(row: Mapping[Any, Any], value: str, lower: str, upper: str) -> str:
    if pd.isna(row[value]):
        return "–"
    ends = f"{words.number(row[lower])} to {words.number(row[upper])}"
    return f"{words.number(row[value])} ({ends})"


def _scored(tests: pd.DataFrame, kpi: str) -> str:
    """The scoreboard in a sentence, and what is to be done."""
    read = tests[tests["inside"].notna()]
    said = []
    if len(read):
        near = int(read["inside"].astype(bool).sum())
        said.append(
            f"{near} of {words.counted(len(read), 'test')} measured what the model expected "
            "before, within the doubt of both."
        )
        before, after = ((read["measured"] - read[of]).abs().mean() for of in ("expected", "now"))
        said.append(
            f"It was {words.number(before)} {kpi} a week off on average before it read them, "
            f"{words.number(after)} since."
        )
    counts = tests["status"].value_counts()
    said += [
        f"{words.counted(int(counts[status]), 'test')} {'is' if counts[status] == 1 else 'are'} "
        f"{status}{todo}."
        for status, todo in (("running", ""), ("to come", ""), ("over", " and not read yet"))
        if status in counts
    ]
    return " ".join(said) or "No test was read yet."
