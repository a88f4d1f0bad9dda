"""Tables as connectors, shops and web analytics deliver them become media and a KPI.

Each day's amount is ``base + weekday + week``, so a week's sum is ``7 * base + 21 + 7 * week``.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.guessing.guess import Guess, GuessError, InitOptions, guess_project, render_yaml
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw
from mmm_assets.inputs.weekly_kpi import newest_week
from mmm_model.panel import Panel

WEEKS = 30
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(7 * WEEKS)]


def amounts(base: float) -> list[float]:
    return [base + n % 7 + n // 7 for n in range(len(DAYS))]


def weekly(base: float) -> list[float]:
    return [7 * base + 21 + 7 * week for week in range(WEEKS)]


def init(out: Path, *given: Path, **options: object) -> tuple[Guess, ProjectConfig]:
    """Guess, write mmm.yaml, read it back."""
    out.mkdir(exist_ok=True)
    guess = guess_project(list(given), InitOptions(out=out, **options))
    (out / "mmm.yaml").write_text(render_yaml(guess), encoding="utf-8")
    return guess, load_config(out / "mmm.yaml")


def panel_of(config: ProjectConfig, check: bool = False) -> Panel:
    """Load, check if asked to, which takes a second, and build; the way of a refresh."""
    with duckdb.connect() as connection:
        for role in ROLES:
            load_raw(connection, config, role, datetime(2025, 1, 1, tzinfo=UTC))
        week = newest_week(connection, config)
        for outcome in run_checks(connection, config, week) if check else ():
            assert not outcome.blocks, outcome.message
        build_panel_tables(connection, config, week)
        return read_panel(connection, config, week)


def spend_of(panel: Panel) -> dict[str, list[float]]:
    return {
        channel: pytest.approx(panel.spend[0, :, place].tolist())
        for place, channel in enumerate(panel.channels)
    }


def said_in(guess: Guess, *parts: str) -> None:
    text = " ".join(" ".join(guess.summary).split())
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """A weekly KPI as somebody keeps it by hand."""
    file = tmp_path / "sales.csv"
    pd.DataFrame({"week": DAYS[::7], "revenue": weekly(500)}).to_csv(file, index=False)
    return file


def fivetran_ads() -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "source_relation": "",
                "date_day": DAYS,
                "platform": platform,
                "account_id": "1",
                "account_name": "Acme",
                "campaign_id": campaign,
                "campaign_name": f"{platform} {campaign}",
                "clicks": 3,
                "impressions": [100 * spend for spend in amounts(base)],
                "spend": amounts(base),
                "conversions": 1.0,
            }
        )
        for platform, campaign, base in [
            ("google_ads", "11", 10),
            ("google_ads", "12", 5),
            ("facebook_ads", "21", 20),
            ("tiktok_ads", "31", 2),
        ]
    ]
    return pd.concat(parts)


def orders() -> pd.DataFrame:
    """Two orders a day worth ``100 + weekday + week``, and orders that must not count."""
    rows = []
    for place, (day, amount) in enumerate(zip(DAYS, amounts(100), strict=True)):
        for half, hour in ((0.5, "09:00:00"), (0.5, "23:30:00")):
            rows.append(
                {
                    "id": len(rows) + 1,
                    "created_at": f"{day}T{hour}-05:00",
                    "updated_at": f"{day}T{hour}-05:00",
                    "total_price": f"{amount * half:.2f}",
                    "current_total_price": f"{amount * half:.2f}",
                    "financial_status": "paid",
                    "cancelled_at": None,
                    "test": False,
                    "currency": "USD",
                }
            )
        wrong = {**rows[-1], "total_price": "7000.00", "current_total_price": "7000.00"}
        bad = [
            {"test": True},
            {"cancelled_at": f"{day}T23:40:00-05:00"},
            {"financial_status": "voided"},
            {"financial_status": "refunded"},
        ][place % 4]
        rows.append({**wrong, **bad, "id": len(rows) + 1})
    # An order of the first day was changed later: the table holds both states.
    return pd.DataFrame([{**rows[0], "updated_at": "2023-12-31", "total_price": "1e6"}, *rows])


def ga4_events() -> pd.DataFrame:
    """Two sessions, and one to three purchases of a day's amount in all, each sent twice."""
    rows = []
    for place, (day, amount) in enumerate(zip(DAYS, amounts(40), strict=True)):
        common = {"event_date": f"{day:%Y%m%d}", "geo": {"country": "Germany", "region": "Hesse"}}
        none = {"transaction_id": "(not set)", "purchase_revenue": None}
        count = 1 + place // 7 % 3
        sales = [
            {"transaction_id": f"T{place}-{n}", "purchase_revenue": amount / count}
            for n in range(count)
        ]
        others = [("session_start", none), ("session_start", none), ("page_view", none)]
        bought = [("purchase", sale) for sale in (*sales, *sales)]
        for number, (name, shop) in enumerate([*others, *bought]):
            rows.append(
                {**common, "event_timestamp": number, "event_name": name, "ecommerce": shop}
            )
    return pd.DataFrame(rows)


def google_ads() -> pd.DataFrame:
    """Campaigns as an Airbyte table has them: micros, and a type of campaign."""
    kinds = [("SEARCH", 8), ("PERFORMANCE_MAX", 4)]
    return pd.concat(
        pd.DataFrame(
            {
                "campaign.id": number,
                "campaign.name": f"DE | {kind}",
                "campaign.advertising_channel_type": kind,
                "customer.currency_code": "EUR",
                "metrics.clicks": 5 + number,
                "metrics.impressions": 900,
                "metrics.cost_micros": [int(1e6 * spend) for spend in amounts(base)],
                "segments.date": DAYS,
            }
        )
        for number, (kind, base) in enumerate(kinds)
    )


def meta_insights() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date_start": [str(day) for day in DAYS],
            "date_stop": [str(day) for day in DAYS],
            "account_currency": "EUR",
            "campaign_name": "Prospecting",
            "impressions": [str(int(50 * spend)) for spend in amounts(6)],
            "spend": [f"{spend:.2f}" for spend in amounts(6)],
        }
    )


def tiktok_report() -> pd.DataFrame:
    """As Airbyte loads it: what was measured is an object in a column of text."""
    return pd.DataFrame(
        {
            "stat_time_day": [f"{day} 00:00:00" for day in DAYS],
            "campaign_id": 77,
            "metrics": [
                f'{{"spend": "{spend}", "impressions": "10", "campaign_name": "Spark"}}'
                for spend in amounts(3)
            ],
        }
    )


def test_fivetrans_campaign_report_and_a_kpi_of_ones_own(tmp_path: Path, sales: Path) -> None:
    fivetran_ads().to_csv(tmp_path / "ad_reporting__campaign_report.csv", index=False)
    file = tmp_path / "ad_reporting__campaign_report.csv"
    guess, config = init(tmp_path / "acme", file, sales)
    said_in(
        guess,
        "Recognised 'ad_reporting__campaign_report': Fivetran's ad_reporting",
        "channels: facebook_ads, google_ads, tiktok_ads",
        "Currency no column says it",
    )
    panel = panel_of(config)
    assert spend_of(panel) == {
        "facebook_ads": weekly(20),
        "google_ads": [ten + five for ten, five in zip(weekly(10), weekly(5), strict=True)],
        "tiktok_ads": weekly(2),
    }
    assert panel.exposure[0, 0, 0] == pytest.approx(100 * weekly(20)[0])
    assert panel.kpi[0].tolist() == weekly(500)


def test_a_folder_of_one_connectors_tables(tmp_path: Path) -> None:
    """Google, Meta, TikTok, the same money by ad, and Shopify's orders."""
    folder = tmp_path / "airbyte"
    folder.mkdir()
    google_ads().to_parquet(folder / "campaigns.parquet")
    finer = google_ads().assign(**{"ad_group.id": 1})
    finer.to_parquet(folder / "ad_groups.parquet")
    meta_insights().to_csv(folder / "ads_insights.csv", index=False)
    tiktok_report().to_parquet(folder / "campaigns_reports_daily.parquet")
    orders().assign(currency="EUR").to_csv(folder / "orders.csv", index=False)
    pd.DataFrame({"id": [1], "note": ["x"]}).to_csv(folder / "customers.csv", index=False)
    guess, config = init(tmp_path / "acme", folder)
    said_in(
        guess,
        "'ad_groups': 'campaigns' holds the same platforms' spend",
        "Left out 'customers.csv'",
        "Currency EUR, as the tables say",
        "days are those of the shop's own time zone",
        "test, cancelled, voided and refunded orders are left out",
    )
    assert config.currency == "EUR" and config.tables.kpi.value_per_kpi == 1
    panel = panel_of(config, check=True)
    assert spend_of(panel) == {
        "google_performance_max": weekly(4),
        "google_search": weekly(8),
        "meta": weekly(6),
        "tiktok": weekly(3),
    }
    exposure = dict(zip(panel.channels, panel.exposure[0, 0], strict=True))
    assert exposure["google_search"] == 7 * 5  # clicks
    assert exposure["google_performance_max"] == 7 * 900
    assert panel.kpi[0].tolist() == weekly(100)


def test_a_database_of_tables_with_ga4s_events(tmp_path: Path) -> None:
    """Nested columns; sent twice counts once; a count is worth what the money says."""
    ads = fivetran_ads()
    tables = {
        "analytics.events": ga4_events(),
        "ads.ad_reporting__campaign_report": ads,
        "ads.google_ads__campaign_report": ads[ads.platform == "google_ads"].drop(
            columns="platform"
        ),
    }
    with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
        connection.execute("CREATE SCHEMA analytics; CREATE SCHEMA ads")
        for name, frame in tables.items():
            connection.register("frame", frame)
            connection.execute(f"CREATE TABLE {name} AS FROM frame")
    guess, config = init(tmp_path / "acme", tmp_path / "lake.duckdb", kpi="purchases")
    said_in(
        guess,
        "events of GA4",
        "Left out 'google_ads__campaign_report'",
        "a purchase that was sent twice counts once",
    )
    attached = config.queries.attach["lake"]
    assert attached.file == "../lake.duckdb"
    panel = panel_of(config)
    counts = [7.0 * (1 + week % 3) for week in range(WEEKS)]
    assert panel.kpi[0].tolist() == counts
    worth = [sold / count for sold, count in zip(weekly(40), counts, strict=True)]
    assert panel.value_per_kpi[0].tolist() == pytest.approx(worth)
    assert spend_of(panel)["facebook_ads"] == weekly(20)
    _, config = init(tmp_path / "revenue", tmp_path / "lake.duckdb")
    assert config.tables.kpi.kpi == "revenue"


def test_files_of_a_day_each_are_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "ga4"
    folder.mkdir()
    events = ga4_events()
    for day, rows in events.groupby("event_date"):
        rows.to_parquet(folder / f"events_{day}.parquet")
    fivetran_ads().to_parquet(tmp_path / "ad_reporting__campaign_report.parquet")
    guess, config = init(
        tmp_path / "acme", folder, tmp_path / "ad_reporting__campaign_report.parquet"
    )
    said_in(guess, "Recognised 'events'")
    assert "events_*.parquet" in str(config.tables.kpi.sql)
    assert panel_of(config).kpi[0].tolist() == pytest.approx(weekly(40))


@pytest.mark.parametrize(
    ("time_zone", "first"),
    [
        (None, "50.0"),  # 23:30 in New York is the next day in UTC
        ("America/New_York", "100.0"),
    ],
)
def test_instants_in_utc_are_days_of_the_zone_that_is_given(
    tmp_path: Path, time_zone: str | None, first: str
) -> None:
    table = orders().assign(currency="EUR")
    table["created_at"] = pd.to_datetime(table["created_at"], utc=True)
    table.to_parquet(tmp_path / "orders.parquet")
    google_ads().to_parquet(tmp_path / "campaigns.parquet")
    files = (tmp_path / "orders.parquet", tmp_path / "campaigns.parquet")
    guess, config = init(tmp_path / "acme", *files, time_zone=time_zone)
    with duckdb.connect() as connection:
        load_raw(connection, config, "kpi", datetime(2025, 1, 1, tzinfo=UTC))
        days = connection.execute("SELECT week, kpi FROM raw.kpi ORDER BY week").fetchall()
    assert days[0] == ("2024-01-01", first)
    said_in(guess, f"days are those of {time_zone or 'UTC, in which'}")


def test_an_order_export_of_shopifys_admin(tmp_path: Path) -> None:
    rows = orders().drop_duplicates("id", keep="last")
    table = pd.DataFrame(
        {
            "Name": "#" + rows["id"].astype(str),
            "Financial Status": rows["financial_status"],
            "Currency": "EUR",
            "Total": rows["total_price"].astype(float) + 10,
            "Refunded Amount": 10,
            "Cancelled at": rows["cancelled_at"].where(~rows["test"], rows["created_at"]),
            "Created at": rows["created_at"].str.replace("T", " "),
            "Lineitem name": "Shirt",
        }
    )
    more = table.head(50).assign(**{"Total": None, "Financial Status": None})
    pd.concat([table, more]).to_csv(tmp_path / "orders_export_1.csv", index=False)
    google_ads().to_parquet(tmp_path / "campaigns.parquet")
    guess, config = init(
        tmp_path / "acme", tmp_path / "orders_export_1.csv", tmp_path / "campaigns.parquet"
    )
    said_in(guess, "orders exported from Shopify's admin")
    assert panel_of(config).kpi[0].tolist() == weekly(100)


def test_a_report_of_the_data_api_gives_sessions(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "date": [f"{day:%Y%m%d}" for day in DAYS for _ in range(2)],
            "sessionSource": ["google", "direct"] * len(DAYS),
            "totalUsers": 3,
            "sessions": [value for value in amounts(200) for _ in range(2)],
        }
    )
    table.to_csv(tmp_path / "traffic_sources.csv", index=False)
    meta_insights().to_csv(tmp_path / "ads_insights.csv", index=False)
    _, config = init(
        tmp_path / "acme", tmp_path / "traffic_sources.csv", tmp_path / "ads_insights.csv"
    )
    assert (config.tables.kpi.kpi, config.tables.kpi.value_per_kpi) == ("sessions", None)
    assert panel_of(config).kpi[0].tolist() == [2 * value for value in weekly(200)]


@pytest.mark.parametrize(
    ("table", "columns", "said"),
    [
        ("ad_reporting__campaign_report", {"spend": "a lot"}, "a value is not as it should be"),
        ("facebook_ads__campaign_report", {"currency": "USD"}, "EUR and USD"),
    ],
)
def test_what_cannot_be_summed_is_refused(
    tmp_path: Path, sales: Path, table: str, columns: dict[str, str], said: str
) -> None:
    report, google = tmp_path / f"{table}.csv", tmp_path / "campaigns.csv"
    ads = fivetran_ads()
    ads[ads.platform == "facebook_ads"].assign(**columns).to_csv(report, index=False)
    google_ads().to_csv(google, index=False)
    with pytest.raises(GuessError, match=said):
        init(tmp_path / "acme", report, google, sales)


def test_media_alone_say_which_kpis_are_known(tmp_path: Path) -> None:
    fivetran_ads().to_csv(tmp_path / "ad_reporting__campaign_report.csv", index=False)
    with pytest.raises(GuessError, match=r"no table of a KPI \(orders of Shopify"):
        init(tmp_path / "acme", tmp_path / "ad_reporting__campaign_report.csv")


def test_a_months_row_is_refused(tmp_path: Path, sales: Path) -> None:
    table = meta_insights()
    table["date_stop"] = [str(day + timedelta(days=30)) for day in DAYS]
    table.to_csv(tmp_path / "ads_insights.csv", index=False)
    with pytest.raises(GuessError, match="rows of 31 days"):
        init(tmp_path / "acme", tmp_path / "ads_insights.csv", sales)


def test_flags_that_name_columns_leave_recognising_aside(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"date_day": DAYS[::7], "campaign_name": "x", "spend": weekly(3), "sales": weekly(90)}
    )
    table.to_csv(tmp_path / "mine.csv", index=False)
    guess, config = init(tmp_path / "acme", tmp_path / "mine.csv", week="date_day", spend="spend")
    assert config.tables.media.source and not any("Recognised" in s for s in guess.summary)


def test_two_tables_of_one_kind_are_not_chosen_between(tmp_path: Path) -> None:
    for shop in ("de", "us"):
        orders().assign(currency="EUR").to_csv(tmp_path / f"orders_{shop}.csv", index=False)
    google_ads().to_csv(tmp_path / "campaigns.csv", index=False)
    with pytest.raises(GuessError, match="orders_de, orders_us are each orders of Shopify"):
        init(tmp_path / "acme", *sorted(tmp_path.glob("*.csv")))


def test_a_second_accounts_campaigns_are_added(tmp_path: Path, sales: Path) -> None:
    for number, account in enumerate(("eu", "us")):
        table = google_ads().assign(
            **{"campaign.id": lambda t, n=number: t["campaign.id"] + 10 * n}
        )
        table.to_parquet(tmp_path / f"campaigns_{account}.parquet")
    files = sorted(tmp_path.glob("*.parquet"))
    _, config = init(tmp_path / "acme", *files, sales)
    assert spend_of(panel_of(config, check=True))["google_search"] == [
        2 * week for week in weekly(8)
    ]


def test_a_kpi_that_is_named_goes_before_one_that_is_recognised(
    tmp_path: Path, sales: Path
) -> None:
    ga4_events().to_parquet(tmp_path / "events.parquet")
    google_ads().to_parquet(tmp_path / "campaigns.parquet")
    files = (tmp_path / "events.parquet", tmp_path / "campaigns.parquet")
    own = tmp_path / "sales.csv"
    own.write_text(sales.read_text().replace("revenue", "net_sales"))
    guess, config = init(tmp_path / "acme", *files, own, kpi="net_sales")
    assert config.tables.kpi.kpi == "net_sales"
    said_in(guess, "Left out 'events'")


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    connection.close()
    with pytest.raises(GuessError, match="cannot be opened as a DuckDB database"):
        init(tmp_path / "acme", tmp_path / "shop.db")


def test_what_lies_in_the_folder_and_is_no_table_of_weeks_is_left_out(
    tmp_path: Path, sales: Path
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    google_ads().to_parquet(folder / "campaigns.parquet")
    pd.DataFrame({"id": [1, 2], "note": ["x", "y"]}).to_csv(folder / "customers.csv", index=False)
    sales.rename(folder / "sales.csv")
    guess, config = init(tmp_path / "acme", folder)
    said_in(guess, "Left out 'customers.csv': customers.csv: no column holds dates")
    assert config.tables.kpi.source == "../exports/sales.csv"
