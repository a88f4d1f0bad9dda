"""The workbook holds the numbers of the tables, its formulas are right, and names stay text."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig
from mmm_assets.report.workbook import build_workbook
from tests.mmm_assets.cli.terminal import run

HOSTILE = ("=HYPERLINK(1)", "+cmd|calc", "-1+1", "@SUM(A1)", "a\x07b", "plain")


def rows_below(sheet: Worksheet, head: str) -> list[dict[str, object]]:
    """Rows of the block whose first column is called ``head``, by their titles."""
    start = next(cell.row for cell in sheet["A"] if cell.value == head)
    titles = [cell.value for cell in sheet[start] if cell.value is not None]
    found = []
    for row in sheet.iter_rows(min_row=start + 1, max_col=len(titles)):
        if row[0].value is None:
            break
        found.append({t: worked_out(sheet, c) for t, c in zip(titles, row, strict=True)})
    return found


def worked_out(sheet: Worksheet, cell: object) -> object:
    """The value of a cell; formulas are sums, means, differences and ratios that guard zero."""
    value = getattr(cell, "value", cell)
    if getattr(cell, "data_type", "") != "f":
        return value
    if span := re.fullmatch(r"=SUM\((\w+:\w+)\)", value):
        return sum(worked_out(sheet, one) or 0 for (one,) in sheet[span[1]])
    text = re.sub(r'=IF\(\w+=0,"",(.*)\)', r"=\1", value).lstrip("=")
    parts = re.fullmatch(r"([A-Z]+\d+)([-/])([A-Z]+\d+)(-1)?", text)
    assert parts, value
    left, right = (worked_out(sheet, sheet[parts[k]]) for k in (1, 3))
    result = left - right if parts[2] == "-" else left / right
    return result - 1 if parts[4] else result


@pytest.fixture(scope="module")
def connection(filled, example):
    return filled(example(regions=3, weeks=60, channels=HOSTILE))


@pytest.fixture(scope="module")
def book(connection, example):
    return openpyxl.load_workbook(BytesIO(build_workbook(connection, example().week)))


def test_numbers_are_those_of_the_tables_and_formulas_work_them_out(book, connection) -> None:
    summary = connection.execute(
        "SELECT channel, spend, contribution, roi, direct_roi FROM mart.channel_summary"
    ).df().set_index("channel")  # fmt: skip
    *rows, total = rows_below(book["Brought"], "Channel")
    assert len(rows) == len(HOSTILE)
    for row in rows:
        known = summary.loc[str(row["Channel"]).replace("a b", "a\x07b")]
        assert row["Brought, orders"] == pytest.approx(known["contribution"])
        assert row["ROI: value over spend"] == pytest.approx(known["roi"])
    assert total["Spend, €"] == pytest.approx(summary["spend"].sum())
    own = (summary["direct_roi"] * summary["spend"]).sum() / summary["spend"].sum()
    assert total["ROI of its own path"] == pytest.approx(own)

    budgets = connection.execute(
        "SELECT sum(current_spend), sum(optimal_spend) FROM mart.optimal_budgets"
        " WHERE region IS NULL AND scenario = 'same_budget'"
    ).fetchone()
    *_, total = rows_below(book["Recommended"], "Channel")
    assert [total["Spend today, €"], total["Recommended, €"]] == pytest.approx(list(budgets))
    by_region = rows_below(book["By region"], "Region")[-1]
    assert by_region["Recommended, €"] == pytest.approx(budgets[1])


def test_names_stay_text_and_no_formula_comes_from_the_data(book) -> None:
    names = [row["Channel"] for row in rows_below(book["Brought"], "Channel")[:-1]]
    assert set(names) == {name.replace("\x07", " ") for name in HOSTILE}
    ours = re.compile(r"=(SUM|AVERAGE|IF)\(|=[A-Z]+\d+-[A-Z]+\d+$")
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" or ours.match(cell.value), cell.value
                risky = isinstance(cell.value, str) and cell.value[:1] in tuple("=+-@")
                assert cell.data_type == "f" or not risky or cell.quotePrefix


def test_the_first_sheet_leads_to_every_other(book) -> None:
    first, *others = book.worksheets
    links = [
        cell.hyperlink.location or cell.hyperlink.target for cell in first["A"] if cell.hyperlink
    ]
    assert [link.lstrip("#") for link in links] == [f"'{sheet.title}'!A1" for sheet in others]
    assert len(others) >= 6


def test_without_spend_or_tests_the_rest_is_there(filled, example) -> None:
    connection = filled(example(regions=1, weeks=40, spend=False, holdout=0, channels=("tv",)))
    connection.execute("DELETE FROM mart.trust_tests")
    content = build_workbook(connection, example().week)
    names = openpyxl.load_workbook(BytesIO(content)).sheetnames
    assert names == ["Read me", "Brought", "Data"]


def test_the_command_writes_it_and_says_what_it_cannot(
    refreshed: ProjectConfig, tmp_path: Path
) -> None:
    file = tmp_path / "made" / "results.xlsx"
    code, said = run("export", "-c", refreshed.path, "--xlsx", file)
    assert code == 0, said
    assert "2024-07-08" in said and "Brought" in openpyxl.load_workbook(file).sheetnames
    code, said = run("export", "-c", refreshed.path)
    assert code == EXIT["usage"] and "--xlsx FILE" in said
    code, said = run("export", "-c", refreshed.path, "--xlsx", file / "below.xlsx")
    assert code == EXIT["usage"] and "cannot be written" in said
