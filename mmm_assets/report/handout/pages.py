"""The two pages: what media brought and what to move; how far to believe it, and what if."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from mmm_assets.mart import numbers
from mmm_assets.report import scenarios, words
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.handout.charts import Bar, Place, bars, line_and_dots
from mmm_assets.report.handout.paper import HEIGHT, MARGIN, MUTED, RULE, SOFT, WIDTH, Paper
from mmm_assets.report.refresh_tables import Refresh, ReportContext
from mmm_assets.report.view import Tile
from mmm_assets.report.views import summary
from mmm_assets.report.views.believe import TESTS, verdicts
from mmm_assets.report.views.forecast import HELD, METRICS, metric

_SHOWN = 9
"""Channels on a page; what is left out is counted."""
_HALF = (WIDTH - 2 * MARGIN - 36) / 2
_RIGHT = MARGIN + _HALF + 36
_FOOT = HEIGHT - 26


def build_handout(
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    context: ReportContext | None = None,
    standing: Sequence[str] = (),
    font: Path | None = None,
) -> tuple[bytes, set[str]]:
    """Return the PDF file of a refresh, and the signs that it could not write.

    Parameters and errors as `mmm_assets.report.build.build_report` and
    `mmm_assets.report.handout.paper.Paper`.
    """
    complete(connection)
    refresh = Refresh(connection, refresh_week, context)
    paper = Paper(f"{refresh.context.project}: {refresh_week}", font)
    for number, page in enumerate((_first, _second), start=1):
        if number > 1:
            paper.turn()
        top = _head(refresh, paper, standing if number == 1 else ())
        page(refresh, paper, top)
        _foot(refresh, paper, number)
    return paper.finished(), paper.lacking


def _head(refresh: Refresh, paper: Paper, standing: Sequence[str]) -> float:
    about = refresh.context
    said = f"{about.project} · refresh of {words.day(refresh.week)}. {about.of_weeks}".rstrip(". ")
    paper.write(MARGIN, 44, said, 9, shade=MUTED, room=WIDTH - 2 * MARGIN)
    top = 66.0
    for line in standing[:2]:
        top = paper.paragraph(MARGIN, top - 4, line, 9, WIDTH - 2 * MARGIN, 2, bold=True) + 6
    return top


def _foot(refresh: Refresh, paper: Paper, number: int) -> None:
    paper.line(MARGIN, _FOOT - 12, WIDTH - MARGIN, _FOOT - 12)
    said = (
        "Thin lines are 90 % intervals. Effects are counterfactuals of a model of past data; a "
        "lift test is the best way to check one."
    )
    paper.write(MARGIN, _FOOT, said, 7.5, shade=MUTED, room=WIDTH - 2 * MARGIN - 60)
    paper.write(WIDTH - MARGIN, _FOOT, f"{number} of 2", 7.5, shade=MUTED, align="right")


def _first(refresh: Refresh, paper: Paper, top: float) -> None:
    top = paper.paragraph(MARGIN, top + 6, summary.headline(refresh), 19, WIDTH - 2 * MARGIN, 2,
                          bold=True)  # fmt: skip
    top = _tiles(paper, summary.section(refresh).tiles, top)
    _titled(paper, MARGIN, top, f"What each channel brought, {refresh.kpi}", "", _brought(refresh))
    _titled(paper, _RIGHT, top, *_moved(refresh))


def _second(refresh: Refresh, paper: Paper, top: float) -> None:
    said = "How far to believe it, and what more or less money would bring"
    top = paper.paragraph(MARGIN, top + 6, said, 19, WIDTH - 2 * MARGIN, 2, bold=True) + 12
    _believed(refresh, paper, top)
    _titled(paper, _RIGHT, top, *_gains(refresh), deep=205)
    _foreseen(refresh, paper, top + 258)


def _tiles(paper: Paper, tiles: Sequence[Tile], top: float) -> float:
    width, height = (WIDTH - 2 * MARGIN) / max(len(tiles), 1), 92.0
    paper.box(MARGIN, top, WIDTH - 2 * MARGIN, height, SOFT)
    for number, tile in enumerate(tiles):
        x = MARGIN + number * width + 10
        paper.write(x, top + 17, tile.title, 8, shade=MUTED, room=width - 16)
        paper.write(x, top + 38, tile.value, 16, bold=True, room=width - 16)
        paper.paragraph(x, top + 52, tile.words, 7.5, width - 18, 4, shade=MUTED)
    return top + height + 30


def _titled(
    paper: Paper,
    x: float,
    top: float,
    title: str,
    said: str,
    rows: Sequence[Bar],
    deep: float = HEIGHT,
) -> None:
    """A chart with its heading, the sentence that reads it, and a count of what it leaves out.

    It takes no more than ``deep`` points below these, nor more than the page has.
    """
    paper.write(x, top, title, 11, bold=True, room=_HALF)
    top = paper.paragraph(x, top + 15, said, 9, _HALF, 2, shade=MUTED) if said else top + 15
    shown = rows[:_SHOWN]
    bars(paper, Place(x, top + 6, _HALF, min(deep, _FOOT - top - 40)), shown)
    if len(rows) > len(shown):
        left = f"and {len(rows) - len(shown)} more in the dashboard"
        paper.write(x, _FOOT - 20, left, 8, shade=MUTED)


def _brought(refresh: Refresh) -> list[Bar]:
    rows = refresh.summary.sort_values("contribution", ascending=False)
    return [
        Bar(
            str(name),
            float(row["contribution"]),
            numbers.number(row["contribution"])
            + (f" · ROI {numbers.number(row['roi'])}" if pd.notna(row["roi"]) else ""),
            _end(row["contribution_lower"]),
            _end(row["contribution_upper"]),
        )
        for name, row in rows.iterrows()
        if pd.notna(row["contribution"])
    ]


def _moved(refresh: Refresh) -> tuple[str, str, list[Bar]]:
    rows = refresh.query(scenarios.BUDGETS)
    title = refresh.in_money("What to move, a week")
    if rows.empty:
        return title, scenarios.NO_BUDGETS, []
    first = scenarios.scenarios(rows)[0]
    part = scenarios.of_scenario(rows, first, refresh)
    change = part["optimal_spend"] - part["current_spend"]
    share = change / part["current_spend"].where(part["current_spend"] > 0)
    found = [
        Bar(str(name), float(more), f"{numbers.number(more, signed=True)} "
            f"({numbers.percent(of, signed=True)})")
        for name, more, of in zip(part["channel"], change, share, strict=True)
    ]  # fmt: skip
    said = f"{scenarios.scenario_name(first)}: {scenarios.moves(part)}. Outlines are cuts."
    return title, said, sorted(found, key=lambda bar: -bar.value)


def _gains(refresh: Refresh) -> tuple[str, str, list[Bar]]:
    rows = refresh.query(scenarios.BUDGETS)
    title = f"Gain by scenario, {refresh.kpi} a week against today"
    if rows.empty:
        return title, scenarios.NO_BUDGETS, []
    sums = scenarios.totals(refresh, rows)
    found = [
        Bar(scenarios.scenario_name(name), float(row["gain"]),
            f"{numbers.number(row['gain'], signed=True)} at {refresh.money(row['optimal_spend'])}",
            _end(row["gain_lower"]), _end(row["gain_upper"]))
        for name, row in sums.iterrows()
    ]  # fmt: skip
    return title, "Each is the best split of its money.", found


def _believed(refresh: Refresh, paper: Paper, top: float) -> None:
    """A row a channel: return, interval, the next unit, and a word."""
    unit = numbers.currency_sign(refresh.context.currency) or "unit"
    heads = ("Channel", "ROI", "low", "high", f"next {unit}", "Its return")
    places = (0.0, 0.31, 0.4, 0.49, 0.6, 0.63)
    word, why = _words(refresh)
    paper.write(MARGIN, top, "How far to believe each channel", 11, bold=True)
    rows = refresh.summary
    lines: list[tuple[str, ...]] = [
        (str(name), *(numbers.number(row[key]) for key in ("roi", "roi_lower", "roi_upper",
                                                            "marginal_roi")),
         word.get(str(name), "not tested"))
        for name, row in rows.head(_SHOWN).iterrows()
    ]  # fmt: skip
    y = top + 20
    for number, cells in enumerate([heads, *lines]):
        _row(paper, y, cells, places, shade=MUTED if number == 0 else 0.1)
        paper.line(MARGIN, y + 6, MARGIN + _HALF, y + 6, RULE, 0.5)
        y += 20
    if len(rows) > _SHOWN:
        paper.write(MARGIN, y, f"and {len(rows) - _SHOWN} more in the dashboard", 8, shade=MUTED)
    y += 16
    for name in why:
        if y < _FOOT - 60:
            paper.write(MARGIN, y, f"{name} {word[name]}", 9, bold=True, room=_HALF)
            y = paper.paragraph(MARGIN, y + 13, why[name], 8.5, _HALF, 3, shade=MUTED) + 8


def _words(refresh: Refresh) -> tuple[dict[str, str], dict[str, str]]:
    """Of each channel that was judged a word, and of those in doubt why."""
    found = refresh.query(TESTS)
    listed = verdicts(refresh, found) if len(found) else pd.DataFrame()
    word: dict[str, str] = {}
    why: dict[str, str] = {}
    for name, said in listed.itertuples(index=False):
        mark, _, told = said.partition(numbers.SPACE)
        word[name], _, reasons = told.partition(". ")
        if mark != "✓":
            why[name] = reasons
    return word, why


def _row(
    paper: Paper, y: float, cells: Sequence[str], places: Sequence[float], shade: float
) -> None:
    for number, (cell, place) in enumerate(zip(cells, places, strict=True)):
        x, inner = MARGIN + place * _HALF, 0 < number < len(cells) - 1
        room = (0.22 if number == 0 else 0.37) * _HALF
        paper.write(x, y, cell, 9, shade=shade, align="right" if inner else "left", room=room)


def _foreseen(refresh: Refresh, paper: Paper, top: float) -> None:
    held = refresh.query(HELD)
    paper.write(_RIGHT, top, "Forecast of weeks that the model had not seen", 11, bold=True)
    if held.empty:
        paper.write(_RIGHT, top + 16, "No week was held out.", 9, shade=MUTED)
        return
    skill = metric(refresh.query(METRICS), "pooled", "last_value", "skill")
    said = (
        f"Line: forecast, dots: what came, {refresh.kpi} of all regions. Skill "
        f"{numbers.percent(skill, signed=True)} against repeating the last value."
    )
    paper.paragraph(_RIGHT, top + 15, said, 9, _HALF, 2, shade=MUTED)
    weeks = held.groupby("week")[["actual", "predicted"]].sum()
    place = Place(_RIGHT, top + 44, _HALF, _FOOT - top - 82)
    ends = (words.day(weeks.index[0]), words.day(weeks.index[-1]))
    line_and_dots(paper, place, weeks["predicted"].tolist(), weeks["actual"].tolist(), ends)


def _end(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]
