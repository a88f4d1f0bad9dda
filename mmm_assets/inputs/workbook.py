"""Read the first table of an Excel workbook as rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook


def workbook_rows(file: Path) -> Iterator[list[str]]:
    """Rows of the first sheet that is not empty, all of one width.

    Days are ISO, numbers have a decimal point, as they are in the file whatever they look like.
    """
    book = load_workbook(file, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            if any(map(any, rows)):
                width = max(
                    n + 1 for row in rows for n, cell in enumerate(row) if cell
                )  # a sheet may be said to be wider than it is
                yield from ((row + [""] * width)[:width] for row in rows if any(row))
                return
    finally:
        book.close()


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
