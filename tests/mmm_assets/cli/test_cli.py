"""What a person or a scheduler meets at the terminal: messages, exit codes, nothing broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from mmm_assets.cli import EXIT, app
from mmm_assets.config import ProjectConfig
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import write_tables

cli = CliRunner()


def run(*arguments: str | Path) -> tuple[int, str]:
    result = cli.invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, " ".join(result.output.split())


def test_help_comes_without_the_heavy_libraries() -> None:
    code = (
        "import sys, typer.testing, mmm_assets.cli as c;"
        "r = typer.testing.CliRunner().invoke(c.app, ['--help']);"
        "assert r.exit_code == 0, r.output;"
        "print([m for m in ('torch', 'dagster', 'great_expectations', 'pandas', 'duckdb')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_command_about_tables_trains_and_runs_nothing(
    refreshed: ProjectConfig, tmp_path: Path
) -> None:
    arguments = ["known", "kpi", "--on", "2099-01-01", "--out", str(tmp_path / "kpi.csv")]
    code = (
        "import sys, typer.testing, mmm_assets.cli as c;"
        f"r = typer.testing.CliRunner().invoke(c.app, {[*arguments, '-c', str(refreshed.path)]});"
        "assert r.exit_code == 0, r.output;"
        "print([m for m in ('torch', 'dagster', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_status_shows_the_refreshes_newest_first(refreshed: ProjectConfig) -> None:
    code, said = run("status", "--config", refreshed.path)
    assert code == 0
    assert said.index("2024-07-08") < said.index("2024-06-24")


def test_status_before_the_first_refresh(tmp_path: Path) -> None:
    write_tables(tmp_path)
    code, said = run("status", "--config", tmp_path / "mmm.yaml")
    assert code == 0
    assert "Nothing is published yet" in said


def test_check_passes_on_clean_tables_and_writes_nothing(tmp_path: Path) -> None:
    write_tables(tmp_path)
    code, said = run("check", "--config", tmp_path / "mmm.yaml")
    assert code == 0, said
    assert not (tmp_path / "warehouse").exists()


def test_check_knows_what_earlier_refreshes_were_told(project: ProjectConfig) -> None:
    warehouse = Project(project).warehouse
    before = warehouse.work_file.read_bytes()
    file = project.folder / "media.csv"
    media = pd.read_csv(file)
    media["spend"] *= 100
    media.to_csv(file, index=False)
    code, said = run("check", "--config", project.path)
    assert code == EXIT["refused"]
    assert "rule units_as_before is broken" in said and "times 100" in said
    assert warehouse.work_file.read_bytes() == before


def test_refresh_ends_with_headline_and_where_to_look(project: ProjectConfig) -> None:
    code, said = run("refresh", "--config", project.path, "--week", "2024-07-01")
    assert code == 0, said
    for part in ("skill", "ROI by channel", "index.html", "mmm.duckdb", "SELECT"):
        assert part in said


def test_plan_answers_from_the_published_refresh(refreshed: ProjectConfig, tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    code, said = run("plan", "-c", refreshed.path, "--total", "5000", "--horizon", "4",
                     "--csv", file)  # fmt: skip
    assert code == 0, said
    assert "by the refresh of 2024-07-08" in said
    assert "EUR 5,000.00 in 4 weeks" in said and "90 % interval" in said
    rows = pd.read_csv(file)
    assert rows[rows["region"].isna()]["optimal_spend"].sum() == pytest.approx(1250.0, abs=0.01)


def test_plan_by_week_keeps_contracts_and_adds_up_to_the_cent(
    refreshed: ProjectConfig, tmp_path: Path
) -> None:
    file = tmp_path / "weeks.csv"
    code, said = run("plan", "-c", refreshed.path, "--budget", "20000", "--horizon", "3",
                     "--max-change", "0.9", "--signed", "tv=2024-07-24:900", "--flight", "radio=2",
                     "--csv", file)  # fmt: skip
    assert code == 0, said
    rows = pd.read_csv(file)
    assert round(rows["optimal_spend"].sum(), 2) == 20000.00
    tv = rows[rows["channel"] == "tv"].set_index("week")["optimal_spend"]
    assert list(tv.index) == ["2024-07-15", "2024-07-22", "2024-07-29"]
    assert tv["2024-07-22"] >= 900 - 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by-week", "--signed", "tv=2031-01-06:5"], "the weeks are the Mondays from"),
        (["--signed", "tv=5"], "contract 'tv=5' is not of the form"),
        (["--flight", "tv=x"], "flight 'tv=x' is not of the form"),
        (["--roi", "1e9"], "out of reach"),
        (["--bound", "tv"], "not of the form"),
        (["--bound", "nothing=1:1"], "unknown channels"),
        (["--total", "5", "--roi", "2"], "one of them"),
        (["--week", "2020-01-06"], "no refresh of 2020-01-06 is published"),
    ],
)
def test_plan_refuses_what_cannot_be(
    refreshed: ProjectConfig, options: list[str], message: str
) -> None:
    code, said = run("plan", "-c", refreshed.path, *options)
    assert code == EXIT["usage"]
    assert message in said


def test_report_is_drawn_again_from_the_warehouse_alone(project: ProjectConfig) -> None:
    file = project.reports_folder / "2024-06-24" / "index.html"
    before = file.read_text()
    file.unlink()
    (project.warehouse_folder / "work.duckdb").unlink()
    code, said = run("report", "-c", project.path, "--week", "2024-06-24")
    assert code == 0, said
    assert file.read_text() == before


def test_backfill_runs_every_monday_between(project: ProjectConfig) -> None:
    code, said = run("backfill", "--from", "2024-06-12", "--to", "2024-06-23", "-c", project.path)
    assert code == 0, said
    assert "1 of 1 refreshes published" in said
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


def cell(file: str, column: str, value: object) -> Callable[[Path], None]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        frame.loc[7, column] = value
        return frame

    return rows(file, change)


REFUSED: dict[str, tuple[Callable[[Path], None], str, tuple[str, ...]]] = {
    "missing column": (
        rows("media.csv", lambda f: f.drop(columns="spend")),
        "refused",
        ("media", "spend"),
    ),
    "unknown region": (cell("media.csv", "region", "atlantis"), "refused", ("media", "atlantis")),
    "duplicated keys": (
        rows("kpi.csv", lambda f: pd.concat([f, f.head(2)])),
        "refused",
        ("kpi", "north"),
    ),
    "negative spend": (cell("media.csv", "spend", -5.0), "refused", ("media", "spend", "-5")),
    "text in a number": (cell("kpi.csv", "sales", "many"), "refused", ("kpi", "many")),
    "infinite value": (cell("kpi.csv", "sales", "inf"), "refused", ("kpi", "inf")),
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


ACCEPTED: dict[str, Callable[[Path], None]] = {
    "weeks out of order": rows("kpi.csv", lambda f: f.sample(frac=1, random_state=1)),
    "a gap in the weeks": rows("kpi.csv", lambda f: f[f["week"] != "2023-05-01"]),
    "a channel that is always zero": rows(
        "media.csv",
        lambda f: f.assign(
            spend=f["spend"].where(f["channel"] != "radio", 0),
            impressions=f["impressions"].where(f["channel"] != "radio", 0),
        ),
    ),
    "one region": lambda d: (
        [
            rows(name, lambda f: f[f["region"] == "north"])(d)
            for name in ("kpi.csv", "media.csv", "controls.csv")
        ]
        + [rows("lift.csv", lambda f: f.assign(delta_x=0.2 * f["delta_x"]))(d)]
    ),
}


@pytest.mark.parametrize("oddity", ACCEPTED)
def test_odd_input_is_treated_as_documented(oddity: str, tmp_path: Path) -> None:
    write_tables(tmp_path)
    ACCEPTED[oddity](tmp_path)
    code, said = run("refresh", "--config", tmp_path / "mmm.yaml", "--week", "2024-07-08")
    assert code == 0, said
