"""Sections and their views, each with a heading, a reading, a chart and its table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

Figure = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """One entry of a view's selector: attributes that replace those of the figure.

    ``traces`` maps the position of a trace to the attributes that change; ``reading`` takes the
    place of the view's while the entry is chosen.
    """

    label: str
    traces: dict[int, dict[str, Any]]
    layout: dict[str, Any] = field(default_factory=dict)
    reading: str = ""


@dataclass(frozen=True)
class Widget:
    """Controls that a script of the view's own serves: HTML, escaped already, and its data."""

    html: str
    data: dict[str, Any]


@dataclass(frozen=True)
class View:
    """A chart with the sentence that reads it and the table behind it.

    ``listing`` is a short table of words shown in place of a chart; a view with neither is an
    empty state: ``reading`` says why nothing is drawn. ``sql`` is the query that gives ``table``,
    or the rows from which it is ``worked_out``; ``panels`` is the number of small multiples. A
    ``widget`` stands before the chart.
    """

    id: str
    title: str
    reading: str
    figure: Figure | None = None
    table: pd.DataFrame | None = None
    sql: str = ""
    note: str = ""
    selector: str = ""
    choices: tuple[Choice, ...] = ()
    wide: bool = False
    height: int = 340
    panels: int = 0
    worked_out: bool = False
    listing: pd.DataFrame | None = None
    widget: Widget | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see but the reading."""
        return self.figure is None and self.listing is None


@dataclass(frozen=True)
class Tile:
    """A headline number: what it is, its value, and the words that put it in place.

    ``about`` is the id of the section or view that tells more.
    """

    title: str
    value: str
    words: str
    tone: str = ""
    about: str = ""


@dataclass(frozen=True)
class Section:
    """A question people ask and the views that answer it."""

    id: str
    title: str
    lead: str
    views: tuple[View, ...]
    tiles: tuple[Tile, ...] = ()
