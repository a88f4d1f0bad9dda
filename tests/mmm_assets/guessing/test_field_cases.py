"""Kinds of tables that people bring, rebuilt small, each with its right value or its sentence."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.guessing.guess import Guess, GuessError, InitOptions, guess_project, render_yaml
from mmm_assets.inputs.checks import CheckOutcome, run_checks
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw
from mmm_model.panel import Panel

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

    def panel(self, **checks: Any) -> Panel:
        """Build the panel of the last week, with other ``checks`` than the configured."""
        section = self.config.checks.model_copy(update=checks)
        config = self.config.model_copy(update={"checks": section})
        build_panel_tables(self.connection, config, MONDAYS[-1])
        return read_panel(self.connection, config, MONDAYS[-1])

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
        ("cp1252", "vendas por região"),
        ("cp1250", "sprzedaż w złotych"),
        ("cp850", "Umsätze für Köln"),
        ("mac_roman", "ventes de l’été"),
        ("utf-16", "Umsatz"),
        ("cp1251", "Продажи за неделю"),
    ],
)
def test_code_pages(tables: Tables, code_page: str, word: str) -> None:
    text = csv_of(f"date;TV Kosten;Suche Kosten;{word}", MONDAYS, TV, SEARCH, SALES, delimiter=";")
    tables.init(tables.write(text, encoding=code_page), kpi=word)
    assert tables.kpi == sum(SALES)


def test_a_sign_of_money_in_each_header_is_no_letter_of_another_page(tables: Tables) -> None:
    header = "date;TV Kosten €;Suche Kosten €;Umsatz €"
    text = csv_of(header, MONDAYS, TV, SEARCH, SALES, delimiter=";")
    tables.init(tables.write(text, encoding="cp1252"))
    assert tables.config.tables.kpi.kpi == "Umsatz €"


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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Кино", "Радио"),
        ("电视", "抖音"),
        ("Ö", "Ü"),
        ("Fernsehen", "Hörfunk"),
        ("טלוויזיה", "רדיו"),
    ],
)
def test_channels_in_any_alphabet_keep_their_impressions(
    tables: Tables, first: str, second: str
) -> None:
    header = f"date,{first}_spend,{first}_impressions,{second}_spend,{second}_impressions,sales"
    seen = [[40 * value for value in TV], [90 * value for value in SEARCH]]
    tables.init(tables.write(csv_of(header, MONDAYS, TV, seen[0], SEARCH, seen[1], SALES)))
    assert tables.spend == {first: sum(TV), second: sum(SEARCH)}
    assert tables.exposure == {first: sum(seen[0]), second: sum(seen[1])}


def test_words_without_spaces(tables: Tables) -> None:
    header = "日期,电视花费,抖音花费,抖音曝光量,销售额"
    tables.init(tables.write(csv_of(header, MONDAYS, TV, SEARCH, SEARCH, SALES)))
    assert tables.spend == {"电视": sum(TV), "抖音": sum(SEARCH)}
    assert tables.exposure["抖音"] == sum(SEARCH)
    assert tables.kpi == sum(SALES)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("TikTok", "Google Ads"),
        ("YouTube", "LinkedIn"),
        ("google_cpc_cost", "meta_cost"),
        ("total_tv_spend", "search_spend"),
        ("seasonal_sale_spend", "search_spend"),
        ("mdsp_dm", "mdsp_on"),
        ("TVKosten", "Außenwerbung Kosten"),
        ("Радио расходы", "Пресса расходы"),
        ("TikTokSpend", "YouTubeSpend"),
    ],
)
def test_words_of_channels(tables: Tables, first: str, second: str) -> None:
    text = csv_of(f"date,{first},{second},sales", MONDAYS, TV, SEARCH, SALES)
    tables.init(tables.write(text))
    assert sorted(tables.spend.values()) == [sum(TV), sum(SEARCH)]
    assert tables.config.tables.controls is None


def test_prefixes_of_spend_and_impressions(tables: Tables) -> None:
    header = "wk_strt_dt,wk_in_yr_nbr,mdsp_dm,mdip_dm,mdsp_on,mdip_on,sales,st_ct"
    week = [1 + n % 52 for n in range(WEEKS)]
    seen = [[40 * value for value in TV], [90 * value for value in SEARCH]]
    stores = [700 + n // 9 for n in range(WEEKS)]
    text = csv_of(header, MONDAYS, week, TV, seen[0], SEARCH, seen[1], SALES, stores)
    tables.init(tables.write(text))
    assert tables.spend == {"dm": sum(TV), "on": sum(SEARCH)}
    assert tables.exposure == {"dm": sum(seen[0]), "on": sum(seen[1])}
    assert tables.config.tables.controls and tables.config.tables.controls.columns == ["st_ct"]


def test_reach_and_frequency_beside_numbered_media(tables: Tables) -> None:
    header = "date,media_spend_0,media_0,rf_spend_0,reach_0,frequency_0,sales"
    seen, reach = [40 * value for value in TV], [90 * value for value in SEARCH]
    often = [2 + n % 3 / 10 for n in range(WEEKS)]
    tables.init(tables.write(csv_of(header, MONDAYS, TV, seen, SEARCH, reach, often, SALES)))
    assert tables.exposure == {"media_0": sum(seen), "rf_0": sum(reach)}
    assert tables.config.tables.media.frequency == {"rf_0": "frequency_0"}


def test_reach_and_frequency_go_before_impressions_of_weeks(tables: Tables) -> None:
    header = "date,geo,tv_spend,tv_impressions,tv_reach,tv_frequency,sales,population"
    reach = [90 * value for value in TV]
    often = [2 + n % 3 / 10 for n in range(WEEKS)]
    seen = [round(a * b) for a, b in zip(reach, often, strict=True)]
    places, people = ["south"] * WEEKS, [10**6] * WEEKS
    text = csv_of(header, MONDAYS, places, TV, seen, reach, often, SALES, people)
    guess, _ = tables.init(tables.write(text))
    media = tables.config.tables.media
    assert media.exposure == {"tv": "tv_reach"} and media.frequency == {"tv": "tv_frequency"}
    assert media.population == "population"
    assert "say more" in guess.left_out["tv_impressions"]


def test_campaigns_of_a_long_table_are_one_level_below_the_channel(tables: Tables) -> None:
    lines = ["week,channel,campaign,spend,impressions"]
    for day, spend in zip(MONDAYS, TV, strict=True):
        for campaign in ("brand", "sale"):
            lines += [f"{day},{channel},{campaign},{spend},{9 * spend}" for channel in ("tv", "on")]
    media = tables.write("\n".join(lines), "media.csv")
    kpi = tables.write(csv_of("week,sales", MONDAYS, SALES), "kpi.csv")
    guess, _ = tables.init(media, kpi)
    assert tables.config.tables.media.campaign == "campaign"
    assert tables.exposure == {"tv": 18 * sum(TV), "on": 18 * sum(TV)}
    assert any("a campaign in 'campaign'" in line for line in guess.summary)


@pytest.mark.parametrize(
    ("column", "later", "start"),
    [("week_ending", 5, "sunday"), ("Week Start", -1, "sunday"), ("week_end", 6, "monday")],
)
def test_a_week_named_by_its_first_or_last_day_is_that_week(
    tables: Tables, column: str, later: int, start: str
) -> None:
    days = [str(day + timedelta(days=later)) for day in MONDAYS]
    guess, _ = tables.init(tables.write(csv_of(f"{column},sales,tv_spend", days, SALES, TV)))
    assert tables.config.week_start == start
    assert tables.config.refresh.first_week in MONDAYS
    assert any("named by their Monday" in line for line in guess.summary) == (start == "sunday")


def test_reach_of_days_does_not_add_up_and_is_left_out(tables: Tables) -> None:
    days = [str(date(2023, 1, 2) + timedelta(days=n)) for n in range(WEEKS)]
    often = [2 + n % 3 / 10 for n in range(WEEKS)]
    header = "date,tv_spend,tv_impressions,tv_reach,tv_frequency,sales"
    tables.init(tables.write(csv_of(header, days, TV, TV, TV, often, SALES)))
    media = tables.config.tables.media
    assert media.exposure == {"tv": "tv_impressions"} and media.frequency is None


def test_a_proxy_of_demand_is_a_control(tables: Tables) -> None:
    text = csv_of("date,tv_spend,sales,demand_proxy", MONDAYS, TV, SALES, SEARCH)
    tables.init(tables.write(text))
    assert tables.config.tables.controls.columns == ["demand_proxy"]


def test_dep_var_is_the_kpi(tables: Tables) -> None:
    text = csv_of("week,dep_var,inv_tv,inv_search,conversions", MONDAYS, SALES, TV, SEARCH, TV)
    tables.init(tables.write(text), spend="inv_*")
    assert tables.kpi == sum(SALES)


def test_what_is_left_out_says_its_money_and_its_flag(tables: Tables) -> None:
    text = csv_of("date,tv_spend,total_spend,sales,visits", MONDAYS, TV, TV, SALES, SEARCH)
    guess, _ = tables.init(tables.write(text.replace("total_spend", "tv_budget")))
    assert f"{sum(TV):,} of money" in guess.left_out["tv_budget"]
    assert "--controls 'visits'" in guess.left_out["visits"]
    for name in ("tv_budget", "visits"):
        assert re.search(rf"# +not used: '{name}'.*--", tables.text)


def test_spend_and_kpi_that_are_no_numbers_say_a_cell(tables: Tables) -> None:
    odd = [f"{value} pcs" for value in TV]
    guess, _ = tables.init(tables.write(csv_of(HEADER, MONDAYS, odd, SEARCH, SALES)))
    assert "'700 pcs'" in guess.left_out["tv_spend"]
    assert tables.config.tables.controls is None
    said = tables.refused(tables.write(csv_of(HEADER, MONDAYS, TV, SEARCH, odd)))
    assert "'sales' is called like one" in said and "'700 pcs'" in said


def regional(
    names: list[str], total: str | None, header: str = "region,date,tv_spend,sales"
) -> str:
    rows = [
        (name, day, TV[n] * size, SALES[n] * size + 7 * (n * size % 5))
        for size, name in zip((1, 4, 9), names, strict=True)
        for n, day in enumerate(MONDAYS)
    ]
    if total:
        for day in MONDAYS:
            of_day = [row for row in rows if row[1] == day and row[0] in names]
            rows.append((total, day, sum(r[2] for r in of_day), sum(r[3] for r in of_day)))
    lines = [",".join(map(str, row)) for row in rows]
    return "\n".join(["region,date,tv_spend,sales", *lines]) + "\n"


@pytest.mark.parametrize("total", ["Total", "Deutschland", "ZZ"])
def test_a_region_that_sums_the_others_is_refused(tables: Tables, total: str) -> None:
    tables.init(tables.write(regional(["North", "South", "West"], total)))
    faults = tables.check()
    for table in ("kpi", "media"):
        outcome = faults[f"{table}.no_total_region"]
        assert outcome.blocks and f"region {total}" in outcome.message
        assert "North" not in outcome.message


def test_regions_that_sum_nothing_are_taken(tables: Tables) -> None:
    tables.init(tables.write(regional(["North", "South", "West"], None)))
    assert not [name for name in tables.check() if "no_total" in name]


def test_a_channel_that_sums_the_others_is_refused(tables: Tables) -> None:
    rows = [
        (day, channel, spend)
        for n, day in enumerate(MONDAYS)
        for channel, spend in (("tv", TV[n]), ("search", SEARCH[n]), ("alles", TV[n] + SEARCH[n]))
    ]
    media = csv_of("date,channel,spend", *map(list, zip(*rows, strict=True)))
    kpi = csv_of("date,sales", MONDAYS, SALES)
    tables.init(tables.write(kpi, "kpi.csv"), tables.write(media, "media.csv"))
    assert "channel alles" in tables.check()["media.no_total_channel"].message


@pytest.mark.parametrize("days", [-1, 3])
def test_weeks_of_two_tables_that_begin_on_different_days(tables: Tables, days: int) -> None:
    moved = [date.fromordinal(day.toordinal() + days) for day in MONDAYS]
    kpi = tables.write(csv_of("date,sales", MONDAYS, SALES), "kpi.csv")
    tables.init(kpi, tables.write(csv_of("date,tv_spend", moved, TV), "media.csv"))
    said = tables.check()["media.weeks_begin_alike"].message
    assert f"{moved[0]:%A}" in said and "Monday" in said


def test_weeks_of_two_regions_that_begin_on_different_days(tables: Tables) -> None:
    text = regional(["North", "South", "West"], None)
    lines = text.splitlines()
    for n, line in enumerate(lines):
        if line.startswith("West"):
            _, day, *rest = line.split(",")
            moved = date.fromordinal(date.fromisoformat(day).toordinal() - 1)
            lines[n] = ",".join(["West", str(moved), *rest])
    tables.init(tables.write("\n".join(lines) + "\n"))
    said = tables.check()["kpi.weeks_begin_alike"].message
    assert "region West" in said and "region North" not in said


@pytest.mark.parametrize(("lost", "masked"), [((3, 4, 5), "yes"), ((2,), "no")])
def test_days_that_an_inner_week_lacks(tables: Tables, lost: tuple[int, ...], masked: str) -> None:
    daily = [date.fromordinal(MONDAYS[0].toordinal() + n) for n in range(7 * 20)]
    daily = [day for n, day in enumerate(daily) if n not in {7 * 9 + place for place in lost}]
    values = [100 + n % 13 for n in range(len(daily))]
    tables.init(tables.write(csv_of("date,tv_spend,sales", daily, values, values)))
    said = tables.check()["kpi.days_complete"].message
    assert str(MONDAYS[9]) in said and f"masked {masked}" in said


@pytest.mark.parametrize(("before", "after"), [(1, 1000), (1000, 1), (1, 100)])
def test_spend_that_changes_its_unit_in_mid_history(
    tables: Tables, before: int, after: int
) -> None:
    tv = [value / (before if n < 20 else after) for n, value in enumerate(TV)]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, tv, SEARCH, SALES)))
    said = tables.check()["media.unit_steps"].message
    assert "channel tv" in said and "channel search" not in said and str(MONDAYS[20]) in said


def zeros_of(tables: Tables, kpi: list[int]) -> tuple[int, int]:
    days = [date.fromordinal(MONDAYS[0].toordinal() + 7 * n) for n in range(len(kpi))]
    spend = [500 + 31 * (n * 5 % 17) for n in range(len(kpi))]
    tables.init(tables.write(csv_of("date,tv_spend,deals", days, spend, kpi)), kpi="deals")
    tables.check()
    return tables.one("SELECT count(*) FILTER (kpi = 0), count(*) FILTER (outage) FROM weekly_kpi")


def test_zeros_of_a_rare_kpi_are_values(tables: Tables) -> None:
    deals = [0 if n * 7 % 10 < 6 else 1 + n % 3 for n in range(100)]
    assert zeros_of(tables, deals) == (60, 0)


def test_zeros_of_large_deals_are_values(tables: Tables) -> None:
    money = [0 if n * 7 % 10 < 4 else 9000 + 500 * (n % 7) for n in range(100)]
    assert zeros_of(tables, money) == (40, 0)


def test_single_zeros_of_few_counts_are_values(tables: Tables) -> None:
    few = [0 if n in (20, 50, 80) else 2 + n % 4 for n in range(100)]
    assert zeros_of(tables, few) == (3, 0)


def test_zeros_that_are_implausible_are_outages(tables: Tables) -> None:
    outage = [0 if n == 11 or 40 <= n < 48 else 900 + n % 50 for n in range(100)]
    assert zeros_of(tables, outage) == (9, 9)


def test_a_long_run_among_honest_zeros_is_an_outage(tables: Tables) -> None:
    deals = [0 if n % 4 == 0 or 50 <= n < 70 else 2 + n % 3 for n in range(120)]
    zeros, masked = zeros_of(tables, deals)
    assert masked == 20 and zeros > 40


def test_a_few_negative_weeks_are_values(tables: Tables) -> None:
    net = [-500 if n in (7, 21) else value for n, value in enumerate(SALES)]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, TV, SEARCH, net)))
    faults = tables.check()
    assert not [name for name, outcome in faults.items() if outcome.blocks]
    assert "-500" in faults["kpi.values_not_negative"].message
    assert tables.one("SELECT count(*) FROM weekly_kpi WHERE complete AND NOT outage") == WEEKS


EPOCH = [(day - date(1970, 1, 1)).days * 86_400 for day in MONDAYS]


@pytest.mark.parametrize(
    "days",
    [
        [f"{day:%m/%d/%Y} 12:00:00 AM" for day in MONDAYS],
        [f"{day:%m/%d/%Y} 12:00 AM" for day in MONDAYS],
        [f"{day:%d-%m-%y}" for day in MONDAYS],
        [f"{day:%G} KW{day:%V}" for day in MONDAYS],
        [f"KW{day:%V}/{day:%G}" for day in MONDAYS],
        [f"Week {day:%V} {day:%G}" for day in MONDAYS],
        [f"{day:%a %d.%m.%Y}" for day in MONDAYS],
        EPOCH,
        [1000 * seconds for seconds in EPOCH],
        [(day - date(1899, 12, 30)).days for day in MONDAYS],
    ],
    ids=str,
)
def test_days_as_people_write_them(tables: Tables, days: list[Any]) -> None:
    file = tables.write(csv_of(HEADER, days, TV, SEARCH, SALES))
    tables.init(file, week="date")
    require_sums(tables)
    assert not [name for name, outcome in tables.check().items() if outcome.blocks]


def test_weeks_without_a_year_say_a_cell(tables: Tables) -> None:
    file = tables.write(csv_of(HEADER, [f"KW{day:%V}" for day in MONDAYS], TV, SEARCH, SALES))
    assert re.search(r"'date'.*'KW\d\d' is not read as a date", tables.refused(file))
    wrong = tables.write(csv_of(HEADER, [10**9 * n for n in range(WEEKS)], TV, SEARCH, SALES))
    assert "'date'" in tables.refused(wrong, week="date")


def test_midnights_of_another_zone_are_refused(tables: Tables) -> None:
    stamps = [f"{date.fromordinal(day.toordinal() - 1)}T23:00:00Z" for day in MONDAYS]
    tables.init(tables.write(csv_of(HEADER, stamps, TV, SEARCH, SALES)))
    fault = tables.check()["kpi.days_are_local"]
    assert fault.blocks and "23:00" in fault.message and "Europe/Berlin" in fault.message


def test_a_long_table_of_everything_says_how_to_bring_it_in(tables: Tables) -> None:
    rows = [
        (day, "North", name, values[n])
        for n, day in enumerate(MONDAYS)
        for name, values in (("Sales", SALES), ("TV", TV), ("Search", SEARCH))
    ]
    text = csv_of(
        "Period,Geography,VariableName,VariableValue", *map(list, zip(*rows, strict=True))
    )
    said = tables.refused(tables.write(text))
    assert "'VariableName'" in said and "tables.kpi.sql" in said and "'Sales'" in said


def test_a_row_for_each_measure_says_how_to_bring_it_in(tables: Tables) -> None:
    rows = [
        (day, channel, metric, value)
        for n, day in enumerate(MONDAYS)
        for channel, metric, value in (
            ("tv", "spend", TV[n]),
            ("tv", "impressions", 90 * TV[n]),
            ("search", "spend", SEARCH[n]),
            ("", "sales", SALES[n]),
        )
    ]
    text = csv_of("week,channel,metric,value", *map(list, zip(*rows, strict=True)))
    file = tables.write(text, "long.csv")
    said = tables.refused(file)
    assert "'metric' says what 'value' is (impressions, sales, spend)" in said
    query = re.search(r"e\.g\. by (SELECT .* GROUP BY ALL)", said)
    assert query
    side_by_side = query[1].replace("'long.csv'", f"'{file}'")
    spent = tables.one(f"SELECT sum(spend::INTEGER) FROM ({side_by_side}) WHERE channel = 'tv'")
    assert spent == sum(TV)


def test_a_count_with_a_word_for_regions_is_none(tables: Tables) -> None:
    visits = [900 + 13 * n for n in range(WEEKS)]
    header = HEADER.replace("date", "date,store_visits")
    _, config = tables.init(tables.write(csv_of(header, MONDAYS, visits, TV, SEARCH, SALES)))
    assert config.tables.kpi.region is None
    twice = [
        [*column, *([value + 1 for value in column] if column is visits else column)]
        for column in (MONDAYS, visits, TV, SEARCH, SALES)
    ]
    shops = ["north"] * WEEKS + ["south"] * WEEKS
    text = csv_of(f"{header},shop region", *twice, shops)
    assert tables.init(tables.write(text))[1].tables.kpi.region == "shop region"


def test_a_row_that_is_there_twice_is_named(tables: Tables) -> None:
    text = csv_of(HEADER, *([*column, column[10]] for column in (MONDAYS, TV, SEARCH, SALES)))
    assert "'2023-03-13' in 'date' stands in rows 11 and 41" in tables.refused(tables.write(text))


def test_months_are_refused_as_such(tables: Tables) -> None:
    months = [f"{2020 + n // 12}-{n % 12 + 1:02}" for n in range(WEEKS)]
    text = csv_of(HEADER.replace("date", "period"), months, TV, SEARCH, SALES)
    assert "'period' holds months ('2020-01')" in tables.refused(tables.write(text))


def test_a_kpi_that_is_repeated_for_each_channel_counts_once(tables: Tables) -> None:
    rows = [
        (day, channel, values[n], SALES[n])
        for n, day in enumerate(MONDAYS)
        for channel, values in (("tv", TV), ("search", SEARCH))
    ]
    text = csv_of("date,channel,spend,sales", *map(list, zip(*rows, strict=True)))
    file = tables.folder / "project" / "long.csv"
    file.parent.mkdir()
    file.write_text(text)
    tables.init(file)
    require_sums(tables)
    assert not [name for name, outcome in tables.check().items() if outcome.blocks]
    tables.init(tables.write(text, "beside.csv"))  # not in the folder of the configuration
    require_sums(tables)
    with_title = tables.write(f"Report of all brands\n\n{text}", "titled.csv")
    assert "no query can read this file" in tables.refused(with_title)
    claimed = [(day, channel, spend, spend) for day, channel, spend, _ in rows]
    text = csv_of("date,channel,spend,sales", *map(list, zip(*claimed, strict=True)))
    assert "differs between the channels" in tables.refused(tables.write(text))


def test_a_dip_is_no_change_of_unit(tables: Tables) -> None:
    closed = [value // 40 if n == 12 else value for n, value in enumerate(SALES)]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, TV, SEARCH, closed)))
    assert "kpi.unit_changes" not in tables.check()


def test_thousands_among_units_are_a_change_of_unit(tables: Tables) -> None:
    wrong = [value / 1000 if n == 12 else value for n, value in enumerate(SALES)]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, TV, SEARCH, wrong)))
    assert tables.check()["kpi.unit_changes"].blocks


def test_a_typing_error_of_spend_is_replaced_and_its_week_masked(tables: Tables) -> None:
    wrong = [15 * value if n == 17 else value for n, value in enumerate(TV)]
    tables.init(tables.write(csv_of(HEADER, MONDAYS, wrong, SEARCH, SALES)))
    panel = tables.panel()
    near = sorted(TV[13:17] + TV[18:22])
    assert panel.spend[0, 17, 0] == (near[3] + near[4]) / 2 == panel.exposure[0, 17, 0]
    assert [n for n in range(WEEKS) if not panel.observed[0, n]] == [17]
    said = tables.check()["media.plausible"].message
    assert str(MONDAYS[17]) in said and "channel tv" in said and "masked yes" in said
    kept = tables.panel(implausible_cells="keep")
    assert kept.spend[0, 17, 0] == 15 * TV[17] and kept.observed.all()


def test_exposure_says_what_a_typing_error_of_spend_should_be(tables: Tables) -> None:
    wrong = [15 * value if n == 17 else value for n, value in enumerate(TV)]
    seen = [40 * value for value in TV]
    text = csv_of("date,tv_spend,tv_impressions,sales", MONDAYS, wrong, seen, SALES)
    tables.init(tables.write(text))
    panel = tables.panel()
    assert panel.spend[0, 17, 0] == pytest.approx(TV[17])
    assert panel.exposure[0, 17, 0] == seen[17] and panel.observed.all()


def test_a_burst_that_was_seen_is_no_typing_error(tables: Tables) -> None:
    burst = [15 * value if n == 17 else value for n, value in enumerate(TV)]
    seen = [40 * value for value in burst]
    text = csv_of("date,tv_spend,tv_impressions,sales", MONDAYS, burst, seen, SALES)
    tables.init(tables.write(text))
    assert tables.panel().spend[0, 17, 0] == burst[17]
    assert "media.plausible" not in tables.check()
