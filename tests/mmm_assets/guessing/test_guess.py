"""Look-alikes of the tables that other packages ship, of spreadsheets, and of bad cases."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.guessing.content import DEFAULT_ORIGIN
from mmm_assets.guessing.guess import (
    Guess,
    GuessError,
    InitOptions,
    guess_project,
    render_yaml,
)
from mmm_assets.guessing.words import channel_name
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw
from mmm_assets.inputs.weekly_kpi import newest_week
from mmm_model.panel import Panel

WEEKS = 60


def days(weeks: int = WEEKS, start: str = "2022-01-03", step: str = "7D") -> list[str]:
    return [str(day.date()) for day in pd.date_range(start, periods=weeks, freq=step)]


def numbers(*columns: str, rows: int = WEEKS, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({c: random.uniform(10, 1000, rows).round(3) for c in columns})


def regional(frame: pd.DataFrame, name: str, regions: tuple[str, ...]) -> pd.DataFrame:
    """Repeat a national table for every region, each a little different."""
    parts = []
    for number, region in enumerate(regions):
        part = frame.copy()
        part.insert(0, name, region)
        floats = part.select_dtypes("number").columns
        part[floats] = part[floats] * (1 + number / 10)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def run(
    tmp_path: Path, frames: dict[str, pd.DataFrame], **options: object
) -> tuple[Guess, ProjectConfig]:
    """Write tables, guess, write mmm.yaml, read it back."""
    out = tmp_path / "project"
    out.mkdir(exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    guess = guess_project(
        [tmp_path / f"{name}.csv" for name in frames], InitOptions(out=out, **options)
    )
    text = render_yaml(guess)
    assert all("#" in line for line in text.splitlines())
    (out / "mmm.yaml").write_text(text, encoding="utf-8")
    return guess, load_config(out / "mmm.yaml")


def panel_of(connection, config: ProjectConfig) -> Panel:
    """Load, check and build; the way of a refresh."""
    for role in ROLES:
        load_raw(connection, config, role, datetime(2025, 1, 1, tzinfo=UTC))
    week = newest_week(connection, config)
    for outcome in run_checks(connection, config, week):
        assert not outcome.blocks, outcome.message
    build_panel_tables(connection, config, week)
    return read_panel(connection, config, week)


def test_numbered_weeks_regions_and_impressions_only(tmp_path: Path, connection) -> None:
    table = numbers(
        "impressions_Channel_01_delayed_lag_1_decay_0.05", "impressions_Channel_02_null"
    )
    table["target_visits"] = numbers("v", seed=3)["v"]
    table[["control_01", "control_02"]] = numbers("a", "b", seed=4)
    table = regional(table, "dmacode", ("501", "502"))
    table.insert(1, "weekid", list(range(WEEKS)) * 2)
    guess, config = run(tmp_path, {"data": table.drop(index=[3, 4])})
    assert config.week_origin == DEFAULT_ORIGIN
    assert any("--week-origin" in line for line in guess.summary)
    panel = panel_of(connection, config)
    assert panel.channels == ("Channel_01", "Channel_02_null")
    assert panel.controls == ("control_01", "control_02")
    assert not panel.has_spend.any()
    assert (~panel.observed).sum() == 2


def test_robyn(tmp_path: Path, connection) -> None:
    table = pd.DataFrame({"DATE": days()})
    table["revenue"] = numbers("r")["r"]
    names = [
        "tv_S",
        "facebook_I",
        "search_clicks_P",
        "search_S",
        "competitor_sales_B",
        "facebook_S",
    ]
    table[names] = numbers(*names, seed=1)
    table["events"] = ["event1" if n % 20 == 5 else "na" for n in range(WEEKS)]
    table["newsletter"] = numbers("n", seed=2)["n"]
    _, config = run(tmp_path, {"robyn": table})
    assert config.tables.media.columns == {
        "tv": ("tv_S", None),
        "search": ("search_S", "search_clicks_P"),
        "facebook": ("facebook_S", "facebook_I"),
        "newsletter": (None, "newsletter"),
    }
    assert config.tables.kpi.value_per_kpi == 1
    panel = panel_of(connection, config)
    assert panel.controls == ("competitor_sales_B", "events: event1")
    assert panel.regions == ("national",)


def test_meridian(tmp_path: Path, connection) -> None:
    names = ["Channel0_impression", "Channel1_impression", "Channel0_spend", "Channel1_spend"]
    names += ["Organic_channel0_impression", "Promo", "competitor_sales_control"]
    table = numbers(*names, "conversions", "revenue_per_conversion")
    table.insert(0, "time", days())
    table = regional(table, "geo", ("Geo0", "Geo1"))
    table["population"] = table["geo"].map({"Geo0": 1000.5, "Geo1": 2000.5})
    table.insert(0, "", range(len(table)))
    guess, config = run(tmp_path, {"meridian": table})
    kpi = config.tables.kpi
    assert (kpi.kpi, kpi.value_per_kpi, kpi.region) == (
        "conversions",
        "revenue_per_conversion",
        "geo",
    )
    assert config.tables.media.columns == {
        "Channel0": ("Channel0_spend", "Channel0_impression"),
        "Channel1": ("Channel1_spend", "Channel1_impression"),
        "Organic_channel0": (None, "Organic_channel0_impression"),
    }
    assert guess.left_out["population"] == "it never changes within a region"
    assert panel_of(connection, config).controls == ("Promo", "competitor_sales_control")


def test_pymc_marketing(tmp_path: Path, connection) -> None:
    table = pd.DataFrame({"date_week": days(start="2018-04-02")})
    table[["y", "x1", "x2"]] = numbers("y", "x1", "x2")
    table["event_1"] = [int(n == 7) for n in range(WEEKS)]
    table["dayofyear"] = pd.to_datetime(table["date_week"]).dt.dayofyear
    table["t"] = range(WEEKS)
    guess, config = run(tmp_path, {"mmm": table})
    assert config.tables.kpi.kpi == "y"
    assert config.tables.media.columns == {"x1": ("x1", None), "x2": ("x2", None)}
    assert set(guess.left_out) == {"dayofyear", "t"}
    assert panel_of(connection, config).controls == ("event_1",)


def test_a_bare_name_is_the_exposure_of_its_spend(tmp_path: Path, connection) -> None:
    names = ["kpi", "tv", "tv_spend", "paid_search", "paid_search_spend"]
    names += ["price_index", "competitor_adspend", "trade_promo"]
    table = numbers(*names)
    table.insert(0, "date", days())
    _, config = run(tmp_path, {"complex": table})
    assert config.tables.media.columns == {
        "tv": ("tv_spend", "tv"),
        "paid_search": ("paid_search_spend", "paid_search"),
    }
    assert panel_of(connection, config).controls == (
        "price_index", "competitor_adspend", "trade_promo",
    )  # fmt: skip


def test_results_of_media_are_no_controls(tmp_path: Path) -> None:
    names = [
        "tv_spend",
        "search_spend",
        "branded_search_volume",
        "category_demand",
        "sales",
        "profit",
    ]
    table = numbers(*names)
    table["total_spend"] = table["tv_spend"] + table["search_spend"]
    table["search_budget"] = table["search_spend"] * 1.1
    table.insert(0, "week", days())
    guess, config = run(tmp_path, {"funnel": table})
    assert list(config.tables.media.columns) == ["tv", "search"]
    assert config.tables.controls is not None
    assert list(config.tables.controls.named) == ["category_demand"]
    assert set(guess.left_out) == {
        "branded_search_volume",
        "profit",
        "total_spend",
        "search_budget",
    }


def test_long_tables_for_every_role(tmp_path: Path, connection) -> None:
    base = regional(numbers("sales").assign(week=days()), "region", ("north", "south"))
    media = pd.concat(
        [
            base[["week", "region"]].assign(
                channel=channel, spend=base["sales"] / 7, impressions=base["sales"] * 9
            )
            for channel in ("tv", "search", "social")
        ]
    )
    controls = pd.concat(
        [base[["week", "region"]].assign(control=name, value=base["sales"]) for name in ("a", "b")]
    )
    lift = pd.DataFrame({"channel": ["tv"], "x": [1], "delta_x": [1], "delta_y": [1], "sigma": [1]})
    _, config = run(tmp_path, {"media": media, "kpi": base, "controls": controls, "lift": lift})
    assert config.tables.media.layout == "long"
    assert config.tables.controls is not None
    assert config.tables.controls.layout == "long"
    assert config.tables.lift_tests is not None
    panel = panel_of(connection, config)
    assert panel.channels == ("search", "social", "tv")
    assert panel.controls == ("a", "b")
    assert panel.kpi.shape == (2, WEEKS)


def test_a_wide_table_of_controls_beside_long_media(tmp_path: Path) -> None:
    kpi = numbers("sales").assign(week=days())
    media = pd.concat(
        [kpi[["week"]].assign(channel=c, cost=kpi["sales"] / 9) for c in ("tv", "search")]
    )
    controls = numbers("price_index", "brand_interest").assign(week=days())
    _, config = run(tmp_path, {"controls": controls, "media": media, "kpi": kpi})
    assert config.tables.media.spend == "cost"
    assert config.tables.controls is not None
    assert list(config.tables.controls.named) == ["price_index", "brand_interest"]


@pytest.mark.parametrize(
    ("separator", "decimal", "format_", "encoding"),
    [
        (";", ",", "%d.%m.%Y", "utf-8-sig"),
        (";", ",", "%d/%m/%Y", "latin-1"),
        (",", ".", "%m/%d/%Y", "utf-8"),
        ("\t", ".", "%d-%b-%y", "utf-16"),
        ("|", ",", "%Y%m%d", "utf-8"),
        (",", ".", "%G-W%V", "utf-8"),
        (",", ".", "%Y-%m-%d 00:00:00", "utf-8"),
    ],
)
def test_spreadsheets(
    tmp_path: Path, connection, separator: str, decimal: str, format_: str, encoding: str
) -> None:
    table = numbers("Sales Revenue (€)", "TV Ad Spend", "Facebook Ad Spend", "Facebook Impressions")
    table.insert(0, "Week Start", pd.to_datetime(days()).strftime(format_))
    table.insert(1, "Währung", "EUR")
    file = tmp_path / "Media plan 2023.csv"
    out = tmp_path / "out"
    out.mkdir()
    text = table.to_csv(index=False, sep=separator, decimal=decimal).replace("€", "EUR")
    file.write_bytes(text.encode(encoding))
    guess = guess_project([file], InitOptions(out=out))
    (out / "mmm.yaml").write_text(render_yaml(guess), encoding="utf-8")
    config = load_config(out / "mmm.yaml")
    assert config.tables.media.columns == {
        "TV Ad": ("TV Ad Spend", None),
        "Facebook Ad": ("Facebook Ad Spend", "Facebook Impressions"),
    }
    panel = panel_of(connection, config)
    assert str(panel.weeks[0].date()) == "2022-01-03"
    np.testing.assert_allclose(panel.kpi[0], table["Sales Revenue (€)"])


def test_daily_data(tmp_path: Path, connection) -> None:
    rows = 7 * 40 + 3
    table = numbers("orders", "google_ads_cost", "google_ads_clicks", rows=rows)
    table.insert(0, "Date", days(rows, "2022-01-03", "1D"))
    guess, config = run(tmp_path, {"daily": table})
    assert any("daily" in line for line in guess.summary)
    assert any("--value-per-kpi" in line for line in guess.summary)
    panel = panel_of(connection, config)
    assert panel.kpi.shape == (1, 40)
    assert panel.kpi[0, 0] == pytest.approx(table["orders"][:7].sum())


def test_prices_and_promotions_are_told_and_stay_controls(tmp_path: Path) -> None:
    table = numbers("orders", "tv_spend", "price", "competitor_price", "discount", rows=60)
    table.insert(0, "week", days(60, "2022-01-03"))
    table["discount"] = [0.0, 20.0, 0.0] * 20
    guess, config = run(tmp_path, {"weeks": table}, controls="price,competitor_price,discount")
    assert any("kinds: {price: price, discount: promotion}" in line for line in guess.summary)
    assert any("calendar: {country: US}" in line for line in guess.summary)
    assert not config.tables.controls.kinds and config.calendar is None


def test_what_media_create_is_told_and_no_control(tmp_path: Path) -> None:
    frame = numbers("sales", "tv_spend", "price", "brand_searches", "site_visits")
    frame["awareness"] = np.where(np.arange(WEEKS) % 4 == 0, 0.3 + frame["price"] / 10_000, np.nan)
    frame["respondents"] = np.where(frame["awareness"].notna(), 400, np.nan)
    frame.insert(0, "week", days())
    guess, config = run(tmp_path, {"brand": frame})
    assert config.tables.mediators is None  # nothing is one until it is written
    assert not {"brand_searches", "site_visits", "awareness"} & set(config.tables.controls.named)
    (told,) = [line for line in guess.summary if line.startswith("Unpaid")]
    assert "week: week, columns: [brand_searches, site_visits, awareness]" in told
    assert "asked: {awareness: respondents}" in told


def test_flags_are_taken_as_said(tmp_path: Path) -> None:
    table = numbers("a", "b", "c", "d", "e_x", "f_x", "worth")
    table.insert(0, "w", range(WEEKS))
    table.insert(0, "place", "here")
    guess, config = run(
        tmp_path, {"plain": table}, week="w", week_origin=date(2021, 1, 6), region="place",
        kpi="a", value_per_kpi="worth", spend="b", exposure="*_x", controls="d", holdout_weeks=4,
    )  # fmt: skip
    assert config.week_origin == date(2021, 1, 4)
    assert (config.tables.kpi.kpi, config.tables.kpi.value_per_kpi) == ("a", "worth")
    assert config.tables.kpi.region == "place"
    assert config.tables.media.columns == {
        "b": ("b", None),
        "e_x": (None, "e_x"),
        "f_x": (None, "f_x"),
    }
    assert config.tables.controls is not None
    assert list(config.tables.controls.named) == ["d"]
    assert config.model.holdout_weeks == 4
    assert guess.left_out["c"] == "not among --controls"


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        (["tv_spend", "thing"], {}, "--kpi"),
        (["sales"], {}, "--spend"),
        (["sales", "tv_spend"], {"spend": "radio*"}, "--spend: no column matches 'radio\\*'"),
        (["sales", "tv_spend"], {"kpi": "sale"}, "--kpi: .* has no column 'sale'.*sales, tv_spend"),
        (["sales", "tv_spend"], {"week": "when"}, "--week"),
        (["sales", "tv_spend"], {"value_per_kpi": "much"}, "a number is allowed"),
        (["sales", "tv_spend"], {"value_per_kpi": "0"}, "above 0"),
    ],
)
def test_what_cannot_be_guessed_names_the_flag(
    tmp_path: Path, columns: list[str], options: dict[str, str], message: str
) -> None:
    table = numbers(*columns)
    table.insert(0, "date", days())
    with pytest.raises(GuessError, match=message):
        run(tmp_path, {"table": table}, **options)


def test_months_and_tables_without_weeks(tmp_path: Path) -> None:
    table = numbers("sales", "tv_spend")
    with pytest.raises(GuessError, match="--week"):
        run(tmp_path, {"table": table})
    table["date"] = pd.period_range("2018-01", periods=WEEKS, freq="M").astype(str)
    with pytest.raises(GuessError, match="--week"):
        run(tmp_path, {"table": table})


def test_repeated_weeks_without_a_region(tmp_path: Path) -> None:
    table = pd.concat([numbers("sales", "tv_spend").assign(date=days())] * 2)
    with pytest.raises(GuessError, match="--region"):
        run(tmp_path, {"table": table})


def test_weeks_within_years_and_campaigns_within_channels(tmp_path: Path) -> None:
    table = numbers("sales", "tv_spend")
    table["week"] = [n % 52 + 1 for n in range(WEEKS)]
    table["year"] = [2022 + n // 52 for n in range(WEEKS)]
    with pytest.raises(GuessError, match="begins again each year"):
        run(tmp_path, {"table": table})
    media = pd.concat(
        [
            pd.DataFrame({"date": days(), "channel": c, "campaign": f"{c} {n}", "cost": 3.0})
            for c in ("tv", "search")
            for n in range(2)
        ]
    )
    _, config = run(tmp_path, {"media": media, "kpi": numbers("sales").assign(date=days())})
    assert config.tables.media.campaign == "campaign"


def test_one_country_is_national(tmp_path: Path, connection) -> None:
    kpi = numbers("sales").assign(date=days())
    media = kpi[["date"]].assign(country="IT", tv_cost=kpi["sales"], radio_cost=kpi["sales"])
    _, config = run(tmp_path, {"media": media, "kpi": kpi})
    assert panel_of(connection, config).regions == ("national",)


def test_named_media_without_a_word_for_spend(tmp_path: Path) -> None:
    table = numbers("TV", "Radio", "Newspaper", "Sales").assign(Date=days())
    _, config = run(tmp_path, {"advertising": table})
    assert list(config.tables.media.columns) == ["TV", "Radio", "Newspaper"]
    assert config.tables.controls is None


def test_unreadable_tables(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "header.csv").write_text("week,sales\n")
    for name, message in (
        ("none", "does not exist|cannot be opened"),
        ("empty", "empty"),
        ("header", "no rows"),
    ):
        with pytest.raises(GuessError, match=message):
            guess_project([tmp_path / f"{name}.csv"], InitOptions(out=tmp_path))


@pytest.mark.parametrize(
    ("column", "channel"),
    [
        ("tv_spend", "tv"),
        ("tv_impressions", "tv"),
        ("Spend TV", "TV"),
        ("facebookSpend", "facebook"),
        ("Paid.Social.Clicks", "Paid.Social"),
        ("impressions_Channel_03_geometric_max_lag_5", "Channel_03"),
        ("Google Ads Cost (USD)", "Google Ads"),
        ("spend", "spend"),
        ("OOH_GRPs", "OOH"),
        ("cost-of-radio", "of-radio"),
        ("tv\nspend", "tv"),
        ("paid\nsearch cost", "paid search"),
    ],
)
def test_channel_names(column: str, channel: str) -> None:
    assert channel_name(column) == channel
