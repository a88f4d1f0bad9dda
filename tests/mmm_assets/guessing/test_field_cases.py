"""Kinds of tables that people bring, rebuilt small, each with its right value or its sentence."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.guessing.guess import Guess, GuessError, InitOptions, guess_project, render_yaml
from mmm_assets.inputs.checks import CheckOutcome, run_checks
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw

WEEKS = 40
MONDAYS = [date.fromordinal(date(2023, 1, 2).toordinal() + 7 * n) for n in range(WEEKS)]
TV = [700 + 37 * (n * 7 % 23) for n in range(WEEKS)]
"""Spend, from 700 to 1,514: with and without a thousand."""
SEARCH = [2500 + 41 * (n * 5 % 19) for n in range(WEEKS)]
SALES = [24_000 + 211 * (n * 11 % 29) for n in range(WEEKS)]


class Tables:
    """What `mmm init` makes of files: the configuration, the rows, and what is said."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.folder = folder
        self.connection = connection

    def write(self, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        file = self.folder / name
        file.write_bytes(text.encode(encoding))
        return file

    def init(self, *files: Path, **options: Any) -> tuple[Guess, ProjectConfig]:
        out = self.folder / "project"
        out.mkdir(exist_ok=True)
        self.guess = guess_project(files, InitOptions(out=out, **options))
        self.text = render_yaml(self.guess)
        (out / "mmm.yaml").write_text(self.text, encoding="utf-8")
        self.config = load_config(out / "mmm.yaml")
        for role in ROLES:
            load_raw(self.connection, self.config, role, datetime(2025, 1, 1, tzinfo=UTC))
            create_known(self.connection, self.config, role)
        return self.guess, self.config

    def refused(self, *files: Path, **options: Any) -> str:
        with pytest.raises(GuessError) as error:
            guess_project(files, InitOptions(out=self.folder, **options))
        return str(error.value)

    def check(self) -> dict[str, CheckOutcome]:
        outcomes = run_checks(self.connection, self.config, None)
        return {f"{o.rule.table}.{o.rule.name}": o for o in outcomes if not o.passed}

    def one(self, sql: str) -> Any:
        row = self.connection.execute(sql).fetchone()
        return row[0] if row and len(row) == 1 else row

    @property
    def kpi(self) -> float:
        return float(self.one("SELECT sum(kpi) FROM known_kpi"))

    @property
    def first_week(self) -> date:
        return self.one("SELECT min(week) FROM known_kpi")

    @property
    def spend(self) -> dict[str, float]:
        rows = self.connection.execute("SELECT channel, sum(spend) FROM known_media GROUP BY ALL")
        return dict(rows.fetchall())

    @property
    def exposure(self) -> dict[str, float]:
        rows = self.connection.execute(
            "SELECT channel, sum(exposure) FROM known_media GROUP BY ALL"
        )
        return dict(rows.fetchall())


@pytest.fixture
def tables(tmp_path: Path, connection) -> Tables:
    return Tables(tmp_path, connection)


def csv_of(header: str, *columns: list[Any], delimiter: str = ",") -> str:
    rows = [delimiter.join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([header, *rows]) + "\n"


def quoted(cells: list[str]) -> list[str]:
    return [f'"{cell}"' for cell in cells]


def grouped(values: list[int], mark: str, after: str = "") -> list[str]:
    return [f"{value:,}".replace(",", mark) + after for value in values]


def require_sums(tables: Tables) -> None:
    assert tables.kpi == pytest.approx(sum(SALES))
    assert tables.spend == pytest.approx({"tv": sum(TV), "search": sum(SEARCH)})
    assert tables.first_week == MONDAYS[0]


HEADER = "date,tv_spend,search_spend,sales"
GERMAN = [f"{day:%d.%m.%Y}" for day in MONDAYS]


@pytest.mark.parametrize(
    ("mark", "after", "days"),
    [
        (".", "", GERMAN),
        (".", "", MONDAYS),
        ("\u202f", ",00", GERMAN),
        ("\u00a0", ",5", GERMAN),
        ("'", "", MONDAYS),
        ("’", ".00", MONDAYS),
        (".", ",00 €", GERMAN),
        (".", " EUR", GERMAN),
    ],
)
def test_grouped_thousands(tables: Tables, mark: str, after: str, days: list[Any]) -> None:
    cells = [grouped(values, mark, after) for values in (TV, SEARCH, SALES)]
    text = csv_of(HEADER.replace(",", ";"), days, *cells, delimiter=";")
    tables.init(tables.write(text))
    extra = 0.5 * WEEKS if after == ",5" else 0
    assert tables.kpi == sum(SALES) + extra
    assert tables.spend == {"tv": sum(TV) + extra, "search": sum(SEARCH) + extra}


def test_grouped_as_in_india(tables: Tables) -> None:
    def indian(value: int) -> str:
        head, tail = f"{value * 100:,}".replace(",", "")[:-3], f"{value * 100}"[-3:]
        return f'"{head[:-2]},{head[-2:]},{tail}"' if len(head) > 2 else f'"{head},{tail}"'

    cells = [[indian(value) for value in values] for values in (TV, SEARCH, SALES)]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, *cells)))
    assert tables.kpi == 100 * sum(SALES)
    assert tables.spend == {"tv": 100 * sum(TV), "search": 100 * sum(SEARCH)}


@pytest.mark.parametrize("form", ["USD {}", "{} USD", "US$ {}", "$ {}", "Rs. {}", "{} kr"])
def test_currencies(tables: Tables, form: str) -> None:
    cells = [
        quoted([form.format(cell) for cell in grouped(values, ",", ".00")])
        for values in (TV, SEARCH, SALES)
    ]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, *cells)))
    require_sums(tables)


@pytest.mark.parametrize(
    ("unit", "factor", "delimiter"),
    [
        ("k", 1e3, ","),
        (" Tsd.", 1e3, ";"),
        (" Mio", 1e6, ";"),
        ("M", 1e6, ","),
        (" TEUR", 1e3, ";"),
    ],
)
def test_multiples(tables: Tables, unit: str, factor: float, delimiter: str) -> None:
    mark = "," if delimiter == ";" else "."
    tv = [f"{value / 1000:.2f}".replace(".", mark) + unit for value in TV]
    header = HEADER.replace(",", delimiter)
    text = csv_of(header, MONDAYS, tv, SEARCH, SALES, delimiter=delimiter)
    tables.init(tables.write(text))
    assert tables.spend["tv"] == pytest.approx(sum(round(value / 1000, 2) for value in TV) * factor)


def test_three_decimals_after_a_comma_are_no_thousands(tables: Tables) -> None:
    price = [f"0,{900 + n}" for n in range(WEEKS)]
    text = csv_of(
        "date;tv_spend;search_spend;sales;price_index",
        MONDAYS,
        *([f"{value}.5" for value in values] for values in (TV, SEARCH, SALES)),
        price,
        delimiter=";",
    )
    assert re.search(r"price_index.*decimal comma.*0,9", tables.refused(tables.write(text)))


def test_three_decimals_that_may_be_thousands_are_told(tables: Tables) -> None:
    cells = [[f"{value / 1000:.3f}" for value in values] for values in (SEARCH, SALES)]
    guess, _ = tables.init(tables.write(csv_of("date,tv_spend,sales", MONDAYS, *cells)))
    assert tables.kpi == pytest.approx(sum(SALES) / 1000)
    assert any("thousand" in line and "decimal" in line for line in guess.summary)


@pytest.mark.parametrize(
    ("code_page", "word"),
    [
        ("cp1252", "Umsatz €"),
        ("cp1252", "Umsatz für Köln €"),
        ("utf-16", "Umsatz"),
        ("cp1251", "Продажи за неделю"),
    ],
)
def test_code_pages(tables: Tables, code_page: str, word: str) -> None:
    text = csv_of(f"date;TV Kosten;Suche Kosten;{word}", MONDAYS, TV, SEARCH, SALES, delimiter=";")
    tables.init(tables.write(text, encoding=code_page), kpi=word)
    assert tables.kpi == sum(SALES)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("sep=,\n", ""),
        ("Report of all brands\nCreated 2024-02-01\n\n", ""),
        ("Report,,,\n,,,\n", ""),
        ("", "Total,1,2,3\n"),
        ("", "Grand Total:,1,2,3\n\nSource: warehouse, net of VAT\n"),
        ('"Sales, weekly"\n', ",,,\nSumme,1,2,3\n"),
    ],
)
def test_lines_around_the_table(tables: Tables, above: str, below: str) -> None:
    text = above + csv_of(HEADER, MONDAYS, TV, SEARCH, SALES) + below
    tables.init(tables.write(text))
    require_sums(tables)


def test_two_equal_headers_are_named(tables: Tables) -> None:
    text = csv_of("date,tv_spend,tv_spend,sales", MONDAYS, TV, SEARCH, SALES)
    assert "2 columns named 'tv_spend'" in tables.refused(tables.write(text))


def test_a_workbook(tables: Tables) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Sales of the brand"])
    book.active.append([])
    book.active.append(HEADER.split(","))
    for row in zip(MONDAYS, TV, SEARCH, SALES, strict=True):
        book.active.append(list(row))
    book.active.append(["Total", sum(TV), sum(SEARCH), sum(SALES)])
    file = tables.folder / "table.xlsx"
    book.save(file)
    tables.init(file)
    require_sums(tables)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "+09:00"])
def test_the_zone_of_a_parquet_file_says_the_day(tables: Tables, zone: str) -> None:
    import pandas as pd

    file = tables.folder / "table.parquet"
    day = pd.to_datetime(pd.Series(MONDAYS)).dt.tz_localize(zone)
    pd.DataFrame({"date": day, "tv_spend": TV, "search_spend": SEARCH, "sales": SALES}).to_parquet(
        file
    )
    for machine in ("UTC", "Asia/Tokyo", "America/Los_Angeles"):
        tables.connection.execute(f"SET TimeZone = '{machine}'")
        tables.init(file)
        require_sums(tables)
        assert tables.one("SELECT count(DISTINCT isodow(day)) FROM known_kpi") == 1
