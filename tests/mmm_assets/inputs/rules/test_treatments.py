"""Promotions, prices and the calendar, from the tables to the panel, and what is refused."""

import os
from datetime import date

import numpy as np
import pandas as pd
import pytest

from mmm_assets.config.errors import ConfigError
from mmm_assets.inputs.checks import run_checks
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.store.saved_panel import panel_from_bytes, panel_to_bytes

if not os.environ.get("CI"):  # there it fails where it lacks
    pytest.importorskip("holidays")


@pytest.fixture
def promoted(small_project):
    """The small project with a price, a discount, a school holiday and two countries' calendars."""
    controls = small_project.controls
    number = controls.groupby("region").cumcount()
    controls["discount"] = np.where(number % 4 == 1, 20.0, np.nan)
    controls["school"] = (number % 5 == 2).astype(int)
    small_project.content["tables"]["controls"] |= {
        "columns": ["price", "discount", "school"],
        "kinds": {"price": {"kind": "price", "reference": 10}, "discount": "promotion",
                  "school": "event"},
    }  # fmt: skip
    small_project.content["calendar"] = {"country": "DE", "regions": {"south": "AT"}, "after": 0}
    return small_project


def blocked(config, connection) -> dict[str, str]:
    outcomes = run_checks(connection, config, None)
    return {o.rule.name: o.message for o in outcomes if not o.passed}


def test_the_panel_holds_treatments_and_the_days_of_its_regions(promoted, connection) -> None:
    last = date.fromisoformat(max(promoted.kpi["week"]))
    config = promoted.load(connection)
    assert not blocked(config, connection)
    build_panel_tables(connection, config, last)
    panel = read_panel(connection, config, last)
    assert panel.controls == ()
    values = {one.key: panel.treatment[..., t] for t, one in enumerate(panel.treatments)}
    assert values["discount", ""][0, :4].tolist() == [0, 20, 0, 0]  # none is told: none ran
    south = promoted.controls.query("region == 'south'")
    assert values["price", ""][1].tolist() == south["price"].tolist()
    assert {one.name: one.reference for one in panel.treatments}["price"] == 10
    epiphany = values["Epiphany", "day"]  # the sixth of January, a day off in Austria alone
    assert epiphany[1].tolist() == [1.0] + [0.0] * 39
    assert not epiphany[[0, 2]].any()
    assert {one.part for one in panel.treatments if one.kind == "holiday"} == {"before", "day"}
    # A holiday of the week after the last one is expected in it: the calendar is known.
    assert values["German Unity Day", "day"][:, -1].tolist() == [1.0, 0.0, 1.0]

    again = panel_from_bytes(panel_to_bytes(panel))
    assert again.treatments == panel.treatments
    np.testing.assert_array_equal(again.treatment, panel.treatment)
    assert panel_fingerprint(panel) != panel_fingerprint(panel.with_treatments(()))


def test_what_cannot_be_is_refused_with_its_row(promoted, connection) -> None:
    promoted.controls.loc[3, "price"] = 0.0
    promoted.controls.loc[5, "discount"] = 140.0
    promoted.content["calendar"] = {"country": "DE-BA", "regions": {"south": "ZZ", "east": "AT"}}
    said = blocked(promoted.load(connection), connection)
    assert set(said) == {
        "prices_positive", "promotions_are_depths", "calendar_known", "calendar_regions"
    }  # fmt: skip
    assert "row 4 of controls.csv" in said["prices_positive"]
    assert "row 6 of controls.csv" in said["promotions_are_depths"]
    assert "ZZ" in said["calendar_known"]
    assert "DE-BA, perhaps DE-HB or DE-BY or DE-BW" in said["calendar_known"]
    assert "east" in said["calendar_regions"]


def test_weeks_that_begin_on_sundays_are_asked_about(promoted, connection) -> None:
    for table in (promoted.media, promoted.kpi, promoted.controls):
        days = pd.to_datetime(table["week"]) - pd.Timedelta(days=1)
        table["week"] = days.dt.date.astype(str)
    found = blocked(promoted.load(connection), connection)
    assert set(found) == {"calendar_weeks"}
    assert "Sunday" in found["calendar_weeks"]
    promoted.content["week_start"] = "sunday"
    assert not blocked(promoted.load(connection), connection)


@pytest.mark.parametrize(
    ("written", "meant"), [("Germany", "DE"), ("austria", "AT"), ("usa", "US")]
)
def test_a_country_by_its_name_is_told_its_code(promoted, written: str, meant: str) -> None:
    promoted.content["calendar"] = {"country": written}
    with pytest.raises(ConfigError, match=f"did you mean {meant}"):
        promoted.write()


def test_a_kind_of_no_control_is_no_configuration(promoted) -> None:
    promoted.content["tables"]["controls"]["kinds"] = {"rebate": "promotion"}
    with pytest.raises(ConfigError, match="rebate"):
        promoted.write()


def test_a_project_without_any_has_the_fingerprint_that_it_had(small_project) -> None:
    config = small_project.write()
    assert "calendar" not in config.model_dump_json(exclude_none=True)
    assert "kinds" not in config.tables.controls.model_dump()
