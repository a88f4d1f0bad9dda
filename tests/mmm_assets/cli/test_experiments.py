"""``mmm experiment``: a test is designed, kept, refused, read, and handed to the lift tests."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.sources import load_raw
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run


def test_a_kept_design_stands_in_the_way_of_another(project: ProjectConfig) -> None:
    code, said = run("experiment", "design", "radio", "--weeks", "4",
                     "--keep", "Radio autumn", "-c", project.path)  # fmt: skip
    assert code == 0, said
    assert "2024-07-15 to 2024-08-11" in said and "A/A: of" in said and "sales expected" in said
    assert "Kept as 'Radio autumn'" in said
    import duckdb

    with duckdb.connect(str(project.warehouse_folder / "mmm.duckdb"), read_only=True) as published:
        ((regions, start),) = published.execute(
            "SELECT regions, start_week FROM mart.current_experiments"
        ).fetchall()
    assert str(start) == "2024-07-15"

    again = ["experiment", "design", "tv", "--weeks", "4", "--region", regions.split("|")[0]]
    code, said = run(*again, "-c", project.path)
    assert code == EXIT["usage"] and "another test runs there then" in said
    assert "--start 2024-09-09" in said
    code, said = run(*again, "--start", "2024-09-09", "-c", project.path)
    assert code == 0, said  # after the weeks in which its regions rest

    code, said = run("experiment", "read", "radio AUTUMN", "-c", project.path)
    assert code == EXIT["usage"]
    assert "runs to the week of 2024-08-05" in said and "mmm refresh --week 2024-08-05" in said

    code, said = run("experiment", "withdraw", "Radio autumn", "-c", project.path)
    assert code == EXIT["usage"] and "--reason" in said
    code, said = run("experiment", "withdraw", "Radio autumn", "--reason", "no stock", "-c",
                     project.path)  # fmt: skip
    assert code == 0, said
    code, said = run(*again, "-c", project.path)
    assert code == 0, said


def delivered(folder: Path) -> Path:
    """Daily rows of six cities, two of which lose 80 a day in the last three weeks."""
    rng = np.random.default_rng(3)
    days = pd.date_range("2024-03-04", periods=105, freq="D")
    common = 1000 + 100 * np.sin(np.arange(105) / 9) + 60 * (days.weekday < 5)
    rows = []
    for city, size in zip("ABCDEF", (1.0, 0.8, 1.3, 0.7, 1.1, 0.9), strict=True):
        kpi = size * common + rng.normal(0, 12, 105)
        spend = np.full(105, 50.0 * size)
        if city in "AB":
            kpi[-21:] -= 80
            spend[-21:] = 0.0
        rows.append(pd.DataFrame({"date": days, "city": city, "orders": kpi, "cost": spend}))
    file = folder / "geo_test.csv"
    pd.concat(rows).to_csv(file, index=False)
    return file


def test_daily_rows_become_a_row_of_the_lift_tests(tmp_path: Path, project: ProjectConfig) -> None:
    file = delivered(tmp_path)
    text = project.path.read_text().replace("end_week: end,", "end_week: end, region: region,")
    project.path.write_text(text)
    lift = project.folder / "lift.csv"
    before = pd.read_csv(lift).assign(region="")
    before.to_csv(lift, index=False)
    asked = ["experiment", "read", "--rows", file, "--channel", "radio", "--region", "A",
             "--region", "B", "--start", "2024-05-27", "--end", "2024-06-16", "--append",
             "-c", project.path]  # fmt: skip
    code, said = run(*asked)
    assert code == 0, said
    assert "found." in said and "by days on 4 regions" in said
    added = pd.read_csv(lift).iloc[-1]
    assert added["region"] == "A|B" and added["start"] == "2024-05-27"
    assert added["end"] == "2024-06-10" and len(pd.read_csv(lift)) == len(before) + 1
    assert abs(added["delta_y"] + 2 * 7 * 80) <= 2.5 * added["sigma"]
    assert added["delta_x"] == np.float64(-1.8 * 50 * 7)

    code, said = run(*asked)
    assert code == EXIT["usage"] and "already" in said
    assert len(pd.read_csv(lift)) == len(before) + 1


def by_day(project: ProjectConfig) -> ProjectConfig:
    """Let KPI and spend come by day; north loses 40 % from a Wednesday to a Tuesday."""
    rng = np.random.default_rng(1)
    for table, columns in (("kpi", ["sales"]), ("media", ["spend", "impressions"])):
        rows = pd.read_csv(project.folder / f"{table}.csv", parse_dates=["week"])
        days = rows.loc[rows.index.repeat(7)].reset_index(drop=True)
        days["week"] += pd.to_timedelta(days.groupby(rows.index.repeat(7)).cumcount(), unit="D")
        share = rng.normal(1, 0.03, len(days)) / 7
        during = days["week"].between("2024-06-19", "2024-07-09") & (days["region"] == "north")
        if table == "kpi":
            days["sales"] *= np.where(during, 0.6, 1.0) * share
        else:
            days[columns] *= np.where(during & (days["channel"] == "tv"), 0.0, 1 / 7)[:, None]
        days.to_csv(project.folder / f"{table}.csv", index=False)
    with Project(project).warehouse.work() as connection:
        for role in ("kpi", "media"):
            load_raw(connection, project, role, datetime.now(UTC))
        connection.execute("DELETE FROM staging.knowledge")  # as if it had come in time
    return project


def test_a_test_within_weeks_is_read_on_its_own_days(project: ProjectConfig) -> None:
    asked = ["experiment", "read", "--channel", "tv", "--region", "north", "-c", project.path,
             "--start", "2024-06-19"]  # fmt: skip
    code, said = run(*asked, "--end", "2024-07-09")
    assert code == EXIT["usage"]
    assert "--start 2024-06-17 --end 2024-07-14" in said and "comes by week" in said

    weekly = pd.read_csv(project.folder / "kpi.csv").query("region == 'north'")["sales"]
    by_day(project)
    code, said = run(*asked, "--end", "2024-07-09")
    assert code == 0, said
    assert "by weeks from Wednesday on 3 regions" in said
    assert "Read from the refresh of 2024-07-08" in said
    row = re.search(r"tv,north,2024-06-17,2024-07-08,(\S+),(\S+),(\S+)", said)
    spend, lift, sigma = map(float, row.groups())
    lost = -0.4 * weekly.iloc[-4:].mean() * 21 / 28  # of a week of the four that it touches
    assert abs(lift - lost) <= 2.5 * sigma < abs(lost) and spend < 0
    code, said = run(*asked, "--end", "2024-07-06")
    assert code == 0 and "by days on 3 regions" in said, said  # no whole weeks long
    code, said = run(*asked, "--end", "2024-07-16")
    assert code == EXIT["usage"] and "knows days up to 2024-07-14" in said


def test_rows_that_cannot_be_read_say_what_and_what_next(
    tmp_path: Path, refreshed: ProjectConfig
) -> None:
    file = delivered(tmp_path)
    asked = ["experiment", "read", "--rows", file, "--channel", "radio", "-c", refreshed.path]
    when = ["--start", "2024-05-27", "--end", "2024-06-16"]
    for more, message in (
        ([*when, "--region", "Z"], "no region 'Z'; they have A, B"),
        ([*when, "--currency", "$"], "in USD and the project in EUR: convert"),
        ([*when, "--currency", "EURO"], "did you mean EUR"),
        ([*when], "no region without the test, as national data"),
        (["--start", "2024-03-06", "--end", "2024-03-20", "--region", "A"], "days before"),
        (["--start", "2024-06-03", "--end", "2024-06-23", "--region", "A"], "lacks 7 of its days"),
        ([*when, "--kpi", "sales"], "no column 'sales'"),
    ):
        code, said = run(*asked, *more)
        assert code == EXIT["usage"] and message in said, said
    code, said = run("experiment", "design", "cinema", "-c", refreshed.path)
    assert code == EXIT["usage"] and "the channels are" in said
