"""What regions and currencies say of holidays, and what they do not."""

import os

import pytest

from mmm_assets.config import load_config
from mmm_assets.guessing.calendars import propose_calendar
from mmm_assets.guessing.guess import InitOptions, guess_project, render_yaml
from mmm_assets.inputs.holiday_days import has_holidays
from tests.mmm_assets.guessing.test_guess import days, numbers, panel_of, regional

if not os.environ.get("CI"):  # there it fails where it lacks
    pytest.importorskip("holidays")


@pytest.mark.parametrize(
    ("regions", "currency", "country", "own"),
    [
        (["DE", "AT", "CH"], None, None, {"DE": "DE", "AT": "AT", "CH": "CH"}),
        (["Deutschland", "France", "UK"], None, None,
         {"Deutschland": "DE", "France": "FR", "UK": "GB"}),
        (["Bayern", "Hessen", "Online"], None, "DE", {"Bayern": "DE-BY", "Hessen": "DE-HE"}),
        (["Bavaria", "Lower Saxony"], None, "DE", {"Bavaria": "DE-BY", "Lower Saxony": "DE-NI"}),
        (["England", "Scotland"], "EUR", "GB", {"England": "GB-ENG", "Scotland": "GB-SCT"}),
        (["California", "New York"], None, "US", {}),  # shops keep the days of the country
        (["NY", "CA", "TX"], None, "US", {}),
        (["CA", "DE", "IN"], None, None, {"CA": "CA", "DE": "DE", "IN": "IN"}),
        (["CA", "DE", "IN"], "$", "US", {}),
        (["Germany"], None, "DE", {}),
        (["north", "south"], "GBP", "GB", {}),
        ([], "sek", "SE", {}),
    ],
)  # fmt: skip
def test_names_and_currencies_that_say_a_country(regions, currency, country, own) -> None:
    found = propose_calendar(regions, currency)
    assert (found.country, found.regions) == (country, own)
    assert all(map(has_holidays, filter(None, [country, *own.values()])))


@pytest.mark.parametrize(
    "regions",
    [["geo_00", "geo_01"], ["north", "south"], ["501", "502"], ["Central", "Western"], ["A", "B"],
     ["EMEA", "APAC"], ["NY"], ["Region DE", "Region 2"], []],
)  # fmt: skip
def test_names_that_say_nothing(regions) -> None:
    assert propose_calendar(regions, None) is None
    assert propose_calendar(regions, "EUR") is None  # many countries pay with it


def test_a_proposal_is_told_and_written_where_weeks_have_dates(tmp_path) -> None:
    table = numbers("revenue", "tv_spend")
    table.insert(0, "week", days())
    table = regional(table, "state", ("Bayern", "Hessen"))
    for name, column in (("dated", table["week"]), ("numbered", list(range(60)) * 2)):
        out = tmp_path / name
        out.mkdir()
        table.assign(week=column).to_csv(out / "table.csv", index=False)
        guess = guess_project([out / "table.csv"], InitOptions(out=out))
        (out / "mmm.yaml").write_text(render_yaml(guess), encoding="utf-8")
        told = [line for line in guess.summary if line.startswith("Holidays")]
        calendar = load_config(out / "mmm.yaml").calendar
        if name == "numbered":
            assert calendar is None and not told
        else:
            assert calendar.places(["Bayern", "x"]) == {"Bayern": "DE-BY", "x": "DE"}
            assert "Bayern: DE-BY" in told[0] and "take out" in told[0]


def test_a_table_of_events_is_known_by_its_columns(tmp_path, connection) -> None:
    table = numbers("revenue", "tv_spend")
    table.insert(0, "week", days())
    table = regional(table, "place", ("north", "south"))
    table.to_csv(tmp_path / "table.csv", index=False)
    (tmp_path / "events.csv").write_text(
        "from,to,event,place\n03.03.2022,10.03.2022,fair,north\n29.08.2022,,strike,\n"
        "15.09.2022,16.09.2022,fair,south\n"
    )
    guess = guess_project(
        [tmp_path / "table.csv", tmp_path / "events.csv"], InitOptions(out=tmp_path)
    )
    (tmp_path / "mmm.yaml").write_text(render_yaml(guess), encoding="utf-8")
    assert any("Events    in 'events.csv'" in line for line in guess.summary)
    panel = panel_of(connection, load_config(tmp_path / "mmm.yaml"))
    assert {one.name for one in panel.treatments} == {"fair", "strike"}
