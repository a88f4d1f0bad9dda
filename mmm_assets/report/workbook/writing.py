"""Sheets as an XLSX file: names stay text, sums, differences and ratios are formulas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from mmm_assets.report.workbook.sheet import FORMATS, Block, Column, Formula, Sheet

_WIDEST, _NARROWEST = 48, 11
_FEW_DIGITS = 100
"""A column of money whose largest number is smaller shows digits behind the point."""
_LONGEST = 32_000
"""Signs that a cell holds."""
_HEAD = PatternFill("solid", fgColor="E8E8E8")
_LINE = Side(style="thin", color="808080")


def workbook_bytes(title: str, sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook of these sheets; the first lists the others.

    Programs that open it work out its formulas.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = ILLEGAL_CHARACTERS_RE.sub("", title)
    book.calculation.fullCalcOnLoad = True
    for sheet in sheets:
        _write(book.create_sheet(sheet.name), sheet, () if sheet is not sheets[0] else sheets[1:])
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def _write(page: Worksheet, sheet: Sheet, others: Sequence[Sheet]) -> None:
    page.sheet_view.showGridLines = False
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    _text(page.cell(1, 1), sheet.question).font = Font(bold=True, size=15)
    row = 2
    for line in filter(None, (sheet.answer, *sheet.notes)):
        _text(page.cell(row, 1), line).font = Font(color="444444")
        row += 1
    for number, other in enumerate(others, start=row + 1):
        link = _text(page.cell(number, 1), other.name)
        link.hyperlink, link.font = f"#'{other.name}'!A1", Font(underline="single")
        _text(page.cell(number, 2), other.question)
    _set_widths(page, sheet)
    row += 1
    for block in sheet.blocks:
        row = _block(page, block, row) + 1


def _set_widths(page: Worksheet, sheet: Sheet) -> None:
    """As wide as what stands in a column, within reason; one width serves all blocks."""
    widths: dict[int, int] = {1: 24}
    for block in sheet.blocks:
        for place, column in enumerate(block.columns, start=1):
            texts = () if isinstance(column.values, Formula) else column.values
            longest = max((len(t) for t in texts if isinstance(t, str)), default=0)
            wanted = min(max(longest + 2, len(column.title) // 2 + 3, _NARROWEST), _WIDEST)
            widths[place] = max(widths.get(place, 0), wanted)
    for place, width in widths.items():
        page.column_dimensions[get_column_letter(place)].width = width


def _block(page: Worksheet, block: Block, row: int) -> int:
    """Write a block from a row on; return the first row that is free after it."""
    if block.caption:
        _text(page.cell(row, 1), block.caption).font = Font(bold=True)
        row += 1
    for place, column in enumerate(block.columns, start=1):
        head = _text(page.cell(row, place), column.title)
        head.font, head.fill, head.border = Font(bold=True), _HEAD, Border(bottom=_LINE)
        side = "left" if column.kind == "text" else "right"
        head.alignment = Alignment(horizontal=side, vertical="top", wrap_text=True)
    first = row + 1
    given = [() if isinstance(c.values, Formula) else tuple(c.values) for c in block.columns]
    count = max(map(len, given))
    for place, (column, values) in enumerate(zip(block.columns, given, strict=True), start=1):
        for number in range(count):
            cell = page.cell(first + number, place)
            if isinstance(column.values, Formula):
                cell.value = column.values.at(_cells(block, first + number))
            else:
                _value(cell, values[number])
            _shape(cell, column)
    last = first + count
    if block.total and count:
        _total(page, block, first, last)
        last += 1
    return last


def _total(page: Worksheet, block: Block, first: int, row: int) -> None:
    for place, column in enumerate(block.columns, start=1):
        cell = page.cell(row, place)
        span = f"{get_column_letter(place)}{first}:{get_column_letter(place)}{row - 1}"
        if place == 1:
            _text(cell, block.total)
        elif column.total == "formula" and isinstance(column.values, Formula):
            cell.value = column.values.at(_cells(block, row))
        elif column.total:
            cell.value = f"={'SUM' if column.total == 'sum' else 'AVERAGE'}({span})"
        _shape(cell, column)
        cell.font, cell.border = Font(bold=True), Border(top=_LINE)


def _cells(block: Block, row: int) -> dict[str, str]:
    """Key of a column → its cell in a row."""
    return {c.key: f"{get_column_letter(i)}{row}" for i, c in enumerate(block.columns, start=1)}


def _shape(cell: Cell, column: Column) -> None:
    cell.alignment = Alignment(vertical="top", wrap_text=column.kind == "text")
    cell.number_format = FORMATS[_kind(column)]


def _kind(column: Column) -> str:
    if column.kind != "money" or isinstance(column.values, Formula):
        return column.kind
    sizes = pd.to_numeric(pd.Series(list(column.values), dtype=object), errors="coerce").abs()
    return "return" if sizes.max() < _FEW_DIGITS else "money"


def _value(cell: Cell, value: Any) -> None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return
    if isinstance(value, str):
        _text(cell, value)
    elif isinstance(value, date):
        cell.value = pd.Timestamp(value).date()
    else:
        cell.value = float(value)


def _text(cell: Cell, text: str) -> Cell:
    """Write a text that stays one, whatever it begins with, also after somebody has edited it."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)[:_LONGEST]
    cell.data_type = "s"  # it was a formula where it began with =
    cell.quotePrefix = text[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return cell
