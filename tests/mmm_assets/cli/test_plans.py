"""``mmm plan``: budgets between refreshes, and what is said of those that cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig
from tests.mmm_assets.cli.terminal import run


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


def test_a_given_budget_is_priced_as_it_is(refreshed: ProjectConfig, tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    code, said = run("plan", "-c", refreshed.path, "--spend", "tv=4000", "--spend",
                     "radio@north=0", "--horizon", "4", "--csv", file)  # fmt: skip
    assert code == 0, said
    assert "given" in said and "90 % interval" in said
    spend = pd.read_csv(file).set_index(["channel", "region"])[["current_spend", "optimal_spend"]]
    now, then = spend["current_spend"], spend["optimal_spend"]
    assert then["tv"].iloc[0] == pytest.approx(1000)
    assert then["tv"].iloc[1:].to_numpy() == pytest.approx(
        now["tv"].iloc[1:].to_numpy() * 1000 / now["tv"].iloc[0]
    )
    assert then["radio", "north"] == 0 and then["radio", "south"] == now["radio", "south"]
    wrong = tmp_path / "wrong.csv"
    for content, message in (
        ("channel,spend\ntv,5\n", "has no column region"),
        ("channel,region,spend\ntv,,5\nradio,,much\n", "line 3: spend 'much' is not a number"),
    ):
        wrong.write_text(content)
        code, said = run("plan", "-c", refreshed.path, "--spend-file", wrong)
        assert code == EXIT["usage"] and message in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by-week", "--signed", "tv=2031-01-06:5"], "the weeks are the Mondays from"),
        (["--signed", "tv=5"], "contract 'tv=5' is not of the form"),
        (["--flight", "tv=x"], "flight 'tv=x' is not of the form"),
        (["--roi", "1e9"], "out of reach"),
        (["--bound", "tv"], "not of the form"),
        (["--spend", "tv"], "spend 'tv' is not of the form"),
        (["--spend", "tv=-5"], "allowed is 0 or more"),
        (["--spend", "tv@nowhere=5"], "no channel 'tv@nowhere'"),
        (["--spend", "tv=5", "--roi", "2"], "without bounds, goals and weeks"),
        (["--spend-file", "absent.csv"], "absent.csv cannot be read"),
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


def test_a_plan_needs_no_permission_to_write(project: ProjectConfig) -> None:
    folder = project.folder
    for part in (folder, *folder.rglob("*")):
        part.chmod(0o555 if part.is_dir() else 0o444)
    for parent in folder.parents:
        if parent.stat().st_mode & 0o005:  # pytest makes its folders for their owner alone
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    nobody = """
import os, sys
from typer.testing import CliRunner
from mmm_assets.cli import app
if os.geteuid() == 0:  # to whom nothing is read-only
    CliRunner().invoke(app, sys.argv[1:])  # imports all that nobody may not read
    os.setgid(65534)
    os.setuid(65534)
app(sys.argv[1:])
"""
    for command in ("plan", "status"):
        asked = [sys.executable, "-c", nobody, command, "-c", str(project.path)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "2024-07-08" in done.stdout


def test_plan_says_where_it_leaves_the_data(refreshed: ProjectConfig) -> None:
    for total, beyond in (("5000", False), ("900000000", True)):
        code, said = run("plan", "-c", refreshed.path, "--budget", total)
        assert code == 0, said
        assert ("Beyond what the data show" in said) is beyond
