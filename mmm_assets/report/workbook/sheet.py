"""Sheets, their blocks and their columns, some of which are formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

FORMATS = {
    "text": "@",
    "money": "#,##0",
    "amount": "#,##0.0",
    "return": "0.00",
    "share": "0.0%",
    "change": "+0.0%;-0.0%;0.0%",
    "count": "#,##0",
    "day": "yyyy-mm-dd",
}
"""Kind of a column → its number format."""


@dataclass(frozen=True)
class Formula:
    """A formula of other columns of the same row; their keys stand in braces."""

    text: str

    def at(self, cells: Mapping[str, str]) -> str:
        """Write it for a row, given the cell of each key."""
        return self.text.format(**cells)


def difference(more: str, less: str) -> Formula:
    """``more`` less ``less``."""
    return Formula(f"={{{more}}}-{{{less}}}")


def ratio(over: str, under: str) -> Formula:
    """One column over another; empty where that is zero."""
    return Formula(f'=IF({{{under}}}=0,"",{{{over}}}/{{{under}}})')


def change(then: str, now: str) -> Formula:
    """``then`` against ``now``, as a share of it; empty where that is zero."""
    return Formula(f'=IF({{{now}}}=0,"",{{{then}}}/{{{now}}}-1)')


@dataclass(frozen=True)
class Column:
    """One column of a block.

    Parameters
    ----------
    kind
        A key of `FORMATS`.
    values
        One a row, or the formula that gives them.
    total
        What stands below the rows: ``"sum"``, ``"mean"``, ``"formula"`` for the column's own
        formula of the totals, or nothing.
    """

    key: str
    title: str
    kind: str
    values: Sequence[Any] | pd.Series[Any] | Formula
    total: str = ""


@dataclass(frozen=True)
class Block:
    """A table with a caption; the total's row is named in the first column."""

    caption: str
    columns: tuple[Column, ...]
    total: str = ""


@dataclass(frozen=True)
class Sheet:
    """The answer to one question.

    Parameters
    ----------
    name
        Of the tab, at most 31 signs.
    question, answer
        Over the blocks, in words.
    notes
        Below the answer, one a line.
    """

    name: str
    question: str
    answer: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
