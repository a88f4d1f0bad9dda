"""``mmm refresh`` and its kin at the terminal: messages, exit codes, nothing broken."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import CHANNELS, WEEKS, write_tables

GAP = "2023-05-01"


def test_status_shows_the_refreshes_newest_first(refreshed: ProjectConfig) -> None:
    code, said = run("status", "--config", refreshed.path)
    assert code == 0
    assert said.index("2024-07-08") < said.index("2024-06-24")
    assert "was made with" not in said


def test_status_says_that_the_configuration_is_another_than_that_of_the_newest_refresh(
    project: ProjectConfig,
) -> None:
    project.path.write_text(project.path.read_text().replace("kpi_name: sales", "kpi_name: salec"))
    code, said = run("status", "--config", project.path)
    assert code == 0
    assert "is not what 2024-07-08 was made with" in " ".join(said.split())


def test_status_before_the_first_refresh(tmp_path: Path) -> None:
    write_tables(tmp_path)
    code, said = run("status", "--config", tmp_path / "mmm.yaml")
    assert code == 0
    assert "Nothing is published yet" in said


def test_status_says_what_the_files_take_and_when_the_disk_is_full(
    project: ProjectConfig,
) -> None:
    code, said = run("status", "-c", project.path)
    assert code == 0
    assert "mmm.duckdb" in said and "work.duckdb" in said and "disk is full" not in said
    file = Project(project).warehouse.published_file
    size = file.stat().st_size
    file.chmod(0o644)
    os.truncate(file, shutil.disk_usage(file.parent).free)  # a hole takes no room
    said = run("status", "-c", project.path)[1]
    assert "disk is full" in said and "lower retention.details" in said
    code, text = run("status", "--json", "-c", project.path)
    found = json.loads(text)
    assert code == 0
    assert not found["disk"]["fits"]
    assert found["disk"]["published"]["total"] < size
    assert [row["refresh_week"] for row in found["refreshes"]] == ["2024-07-08", "2024-06-24"]


def test_the_report_of_a_refresh_without_details_is_refused_with_the_next_step(
    project: ProjectConfig,
) -> None:
    project.path.write_text(project.path.read_text() + "retention: {details: 1}\n")
    assert run("publish", "--all", "-c", project.path)[0] == 0
    code, said = run("report", "-c", project.path, "--week", "2024-06-24")
    said = " ".join(said.split())
    assert code == EXIT["usage"]
    assert "only summaries are left" in said and "mmm refresh --week 2024-06-24" in said
    assert run("report", "-c", project.path)[0] == 0
    page = (project.reports_folder / "2024-07-08" / "index.html").read_text()
    assert "of that refresh only summaries are left" in page
    assert "was restated" not in page


def test_report_is_drawn_again_from_the_warehouse_alone(project: ProjectConfig) -> None:
    file = project.reports_folder / "2024-06-24" / "index.html"
    before = file.read_text()
    file.unlink()
    (project.warehouse_folder / "work.duckdb").unlink()
    code, said = run("report", "-c", project.path, "--week", "2024-06-24")
    assert code == 0, said
    assert file.read_text() == before


def test_backfill_runs_every_monday_between(project: ProjectConfig) -> None:
    rows("kpi.csv", lambda f: f.assign(sales=0))(project.folder)
    code, said = run("backfill", "--from", "2024-06-12", "--to", "2024-06-23", "-c", project.path)
    assert code == EXIT["refused"], said
    assert "0 of 1 refreshes published" in said
    assert "Refresh 2024-06-17" in said


def rows(file: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        change(pd.read_csv(folder / file)).to_csv(folder / file, index=False)

    return damage


def text(file: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = (folder / file).read_text()
        assert old in content
        (folder / file).write_text(content.replace(old, new))

    return damage


def cell(file: str, column: str, value: object, row: int = 7) -> Callable[[Path], None]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
        return frame

    return rows(file, change)


def damage_cells(folder: Path) -> None:
    """Break a rule in each of five places, so that one delivery shows them all."""
    cell("media.csv", "region", "atlantis")(folder)
    cell("media.csv", "spend", -5.0, row=20)(folder)
    cell("kpi.csv", "sales", "many")(folder)
    cell("kpi.csv", "sales", "inf", row=20)(folder)
    rows("kpi.csv", lambda f: pd.concat([f, f.tail(2)]))(folder)


REFUSED: dict[str, tuple[Callable[[Path], None], str, tuple[str, ...]]] = {
    "missing column": (
        rows("media.csv", lambda f: f.drop(columns="spend")),
        "refused",
        ("media", "spend"),
    ),
    "cells and rows": (
        damage_cells,
        "refused",
        ("atlantis", "value -5", "many", "inf", "kpi, rule keys_unique", "west"),
    ),
    "KPI all zero": (rows("kpi.csv", lambda f: f.assign(sales=0)), "refused", ("kpi",)),
    "KPI constant": (
        rows("kpi.csv", lambda f: f.assign(sales=12)),
        "refused",
        ("kpi", "highest 12"),
    ),
    "empty file": (lambda d: (d / "kpi.csv").write_text(""), "refused", ("kpi.csv", "empty")),
    "not a CSV": (
        lambda d: (d / "kpi.csv").write_bytes(bytes(range(256)) * 40),
        "refused",
        ("kpi.csv",),
    ),
    "missing file": (lambda d: (d / "kpi.csv").unlink(), "refused", ("kpi.csv",)),
    "unknown key": (
        text("mmm.yaml", "holdout_weeks", "holdout_wekks"),
        "usage",
        ("holdout_wekks", "holdout_weeks"),
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_bad_input_is_refused_and_published_stays(fault: str, project: ProjectConfig) -> None:
    damage, status, named = REFUSED[fault]
    published = (project.warehouse_folder / "mmm.duckdb").read_bytes()
    damage(project.folder)
    code, said = run("refresh", "--config", project.path, "--week", "2024-07-08")
    assert code == EXIT[status], said
    assert "Traceback" not in said
    for part in named:
        assert part in said
    assert (project.warehouse_folder / "mmm.duckdb").read_bytes() == published


def test_one_week_of_kpi_is_too_little(tmp_path: Path) -> None:
    write_tables(tmp_path)
    rows("kpi.csv", lambda f: f[f["week"] == f["week"].max()])(tmp_path)
    code, said = run("refresh", "--config", tmp_path / "mmm.yaml")
    assert code == EXIT["refused"], said
    assert "enough_weeks" in said


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProjectConfig, str]:
    """A refresh of weeks out of order, a week without KPI and a channel never on air."""
    folder = tmp_path_factory.mktemp("odd")
    write_tables(folder)
    rows("kpi.csv", lambda f: f[f["week"] != GAP].sample(frac=1, random_state=1))(folder)
    silent = {"spend": 0, "impressions": 0}
    rows("media.csv", lambda f: f.mask(f["channel"] == "radio", f.assign(**silent)))(folder)
    code, said = run("refresh", "--config", folder / "mmm.yaml", "--week", "2024-07-08")
    assert code == 0, said
    return load_config(folder / "mmm.yaml"), said


def test_refresh_ends_with_headline_and_where_to_look(odd: tuple[ProjectConfig, str]) -> None:
    for part in ("skill", "ROI by channel", "index.html", "mmm.duckdb", "SELECT"):
        assert part in odd[1]


def test_a_week_without_kpi_is_masked_whatever_the_order(odd: tuple[ProjectConfig, str]) -> None:
    with Project(odd[0]).warehouse.published() as connection:
        weeks = connection.execute(
            "SELECT week::DATE::VARCHAR, count(actual), count(predicted) "
            "FROM mart.current_predictions WHERE split = 'train' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert len(weeks) == len(WEEKS)
    assert [week for week, actual, _ in weeks if actual != 4] == [GAP]
    assert {predicted for _, _, predicted in weeks} == {4}


def test_a_channel_never_on_air_is_left_out_with_a_warning(
    odd: tuple[ProjectConfig, str],
) -> None:
    with Project(odd[0]).warehouse.published() as connection:
        channels = connection.execute("SELECT channel FROM mart.current_channel_summary").fetchall()
        warned = connection.execute(
            "SELECT rule FROM mart.current_data_checks WHERE table_name = 'media' AND NOT passed"
        ).fetchall()
    assert sorted(channels) == sorted((name,) for name in CHANNELS if name != "radio")
    assert warned == [("channels_active",)]


def test_one_region_is_refreshed(tmp_path: Path) -> None:
    write_tables(tmp_path)
    for name in ("kpi.csv", "media.csv", "controls.csv"):
        rows(name, lambda f: f[f["region"] == "north"])(tmp_path)
    rows("lift.csv", lambda f: f.assign(delta_x=0.2 * f["delta_x"]))(tmp_path)
    code, said = run("refresh", "--config", tmp_path / "mmm.yaml", "--week", "2024-07-08")
    assert code == 0, said
