"""Charts for paper: every bar is labelled, and what differs differs in shade or outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mmm_assets.mart import numbers
from mmm_assets.report.handout.paper import DARK, FILL, INK, MUTED, RULE, Paper

_NAMES = 0.26
"""Part of a chart's width that names take."""
_LABELS = 0.22
"""Part of it that labels take, at the right."""
_STEP = 40.0
"""Largest distance between bars, points."""


@dataclass(frozen=True)
class Bar:
    """A bar from zero, its label, and where it has one the ends of its interval."""

    name: str
    value: float
    label: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a chart stands, points from the upper left corner of the page."""

    x: float
    y: float
    width: float
    height: float


def bars(paper: Paper, place: Place, rows: Sequence[Bar]) -> None:
    """Draw horizontal bars; those below zero are outlines, intervals are thin lines."""
    if not rows:
        return
    ends = [end for row in rows for end in (0.0, row.value, row.low, row.high) if end is not None]
    least, most = min(ends), max(ends)
    left, right = place.x + _NAMES * place.width, place.x + (1 - _LABELS) * place.width
    unit = (right - left) / ((most - least) or 1.0)
    zero, step = left - least * unit, min(place.height / len(rows), _STEP)
    thick = 0.55 * step
    for number, row in enumerate(rows):
        top = place.y + number * step
        middle = top + 0.5 * thick
        paper.write(place.x, middle + 3, row.name, 9, room=_NAMES * place.width - 8)
        start = zero + min(row.value, 0.0) * unit
        size = max(abs(row.value) * unit, 0.4)
        paper.box(start, top, size, thick, DARK if row.value < 0 else FILL, hollow=row.value < 0)
        if row.low is not None and row.high is not None:
            ends_at = [zero + end * unit for end in (row.low, row.high)]
            paper.line(ends_at[0], middle, ends_at[1], middle, INK, 1.0)
            for end in ends_at:
                paper.line(end, middle - 3, end, middle + 3, INK, 1.0)
        paper.write(place.x + place.width, middle + 3, row.label, 9, align="right")
    paper.line(zero, place.y - 4, zero, place.y + len(rows) * step - 0.3 * step, MUTED, 0.7)


def line_and_dots(
    paper: Paper, place: Place, line: Sequence[float], dots: Sequence[float],
    ends: tuple[str, str],
) -> None:  # fmt: skip
    """Draw a line and, at the same places, dots; the lowest and the highest are written out."""
    known = [value for value in (*line, *dots) if value == value]
    if len(line) < 2 or not known:
        return
    least, most = min(known), max(known)
    spread = (most - least) or 1.0
    left = place.x + 46

    def at(number: int, value: float) -> tuple[float, float]:
        across = left + number * (place.x + place.width - left) / (len(line) - 1)
        return across, place.y + place.height * (1 - (value - least) / spread)

    for value in (least, most):
        y = at(0, value)[1]
        paper.line(left, y, place.x + place.width, y, RULE, 0.5, dashed=True)
        paper.write(left - 6, y + 3, numbers.number(value), 8, shade=MUTED, align="right")
    points = [at(number, value) for number, value in enumerate(line)]
    for (x, y), (to_x, to_y) in pairwise(points):
        paper.line(x, y, to_x, to_y, DARK, 1.6)
    for number, value in enumerate(dots):
        if value == value:
            paper.dot(*at(number, value))
    below = place.y + place.height + 14
    paper.write(left, below, ends[0], 8, shade=MUTED)
    paper.write(place.x + place.width, below, ends[1], 8, shade=MUTED, align="right")
