"""Weeks that begin on a Sunday or a Saturday stay those weeks; each is named by its Monday."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest

from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel


def moved(frame: pd.DataFrame, days: int) -> pd.DataFrame:
    """The table with its weeks so many days earlier."""
    return frame.assign(
        week=[str(date.fromisoformat(day) - timedelta(days=days)) for day in frame["week"]]
    )


def daily(frame: pd.DataFrame) -> pd.DataFrame:
    """A row for each day of a week; the whole KPI is on its last day."""
    days = [moved(frame, -n) for n in range(7)]
    return pd.concat([day.assign(sales=day["sales"] * (n == 6)) for n, day in enumerate(days)])


@pytest.mark.parametrize(("start", "early"), [("sunday", 1), ("saturday", 2)])
def test_the_panel_is_that_of_the_mondays(
    small_project, connection, start: str, early: int
) -> None:
    last = date.fromisoformat(max(small_project.kpi["week"]))
    config = small_project.load(connection)
    fingerprint = config.fingerprint
    build_panel_tables(connection, config, last)
    usual = read_panel(connection, config, last)

    small_project.media = moved(small_project.media, early)
    small_project.controls = moved(small_project.controls, early)
    small_project.kpi = daily(moved(small_project.kpi, early))
    small_project.content["week_start"] = start
    with duckdb.connect() as other:
        config = small_project.load(other)
        assert config.fingerprint != fingerprint
        build_panel_tables(other, config, last)
        panel = read_panel(other, config, last)
    assert panel.weeks.equals(usual.weeks)
    assert panel.kpi == pytest.approx(usual.kpi)
    assert panel.exposure == pytest.approx(usual.exposure)
    assert panel.observed.all()


def test_a_lift_test_is_in_the_weeks_that_its_days_are_in(small_project, connection) -> None:
    sunday = date.fromisoformat(max(small_project.kpi["week"])) - timedelta(days=1)
    lines = ["channel,x,delta_x,delta_y,sigma,start_week,end_week"]
    for end in (sunday + timedelta(days=6), sunday + timedelta(days=7)):  # of the week; after it
        lines.append(f"tv,,100,50,9,{sunday - timedelta(days=7)},{end}")
    (small_project.folder / "lift.csv").write_text("\n".join(lines))
    small_project.content["tables"]["lift_tests"] = {
        "source": "lift.csv", "start_week": "start_week", "end_week": "end_week",
    }  # fmt: skip
    small_project.content["week_start"] = "sunday"
    config = small_project.load(connection)
    last = sunday + timedelta(days=1)
    build_panel_tables(connection, config, last)
    (test,) = read_lift_tests(connection, config, read_panel(connection, config, last))
    assert (test.start, test.end) == (
        pd.Timestamp(last) - pd.Timedelta(weeks=1),
        pd.Timestamp(last),
    )


def test_a_holiday_is_in_the_week_that_its_day_is_in(small_project, connection) -> None:
    pytest.importorskip("holidays")
    last = date.fromisoformat(max(small_project.kpi["week"]))
    small_project.content |= {"week_start": "sunday", "calendar": {"country": "DE-BB"}}
    config = small_project.load(connection)
    build_panel_tables(connection, config, last)
    panel = read_panel(connection, config, last)
    (easter,) = (  # Sunday, 9 April 2023
        column
        for column, own in enumerate(panel.treatments)
        if "Easter Sunday" in own.name and own.part == "day"
    )
    weeks = panel.weeks[panel.treatment[0, :, easter] > 0]
    assert weeks.tolist() == [pd.Timestamp("2023-04-10")]
