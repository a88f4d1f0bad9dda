"""Two refreshes, or two configurations, side by side: what is said, drawn, and left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mmm_assets.cli import EXIT
from mmm_assets.comparison.listings import listings
from mmm_assets.comparison.page import comparison_page
from mmm_assets.comparison.sides import Side, side_of_refresh
from mmm_assets.config import ProjectConfig
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_weeks
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import CHANNELS


@pytest.fixture(scope="module")
def sides(refreshed: ProjectConfig) -> tuple[Side, Side]:
    project = Project(refreshed)
    a, b = (side_of_refresh(project, week) for week in published_weeks(project.warehouse))
    return a, b


def test_two_refreshes_are_set_side_by_side(refreshed: ProjectConfig, sides) -> None:
    code, said = run("compare", "-c", refreshed.path)
    assert code == 0, said
    assert run("compare", "2024-06-24", "2024-07-08", "-c", refreshed.path) == (0, said)
    assert run("compare", "2024-06-24", "-c", refreshed.path) == (0, said)
    told = {found.title: found.rows for found in listings(*sides)}
    assert list(told["ROI"].columns) == ["channel", "2024-06-24", "2024-07-08", "change"]
    summary = sides[1].tables["channel_summary"].set_index("channel")
    for row in told["ROI"].itertuples(index=False):
        assert row[2].startswith(f"{summary.loc[row[0], 'roi']:.3g}")
    assert set(told["Recommended weekly spend"]["channel"]) == set(CHANNELS)
    assert set(told["Gates"].iloc[:, 1]) == {"holds"}
    assert len(told["Response curves"]) == 3 * len(CHANNELS)
    tests = told["Trust tests"].set_index("test")["2024-07-08"]
    shown = sides[1].tables["trust_tests"].set_index(["test", "measure"])
    found = shown.loc[("holdout_accuracy", "mape")]
    assert tests["holdout accuracy, mape"] == f"{found['value']:.3g}, {found['verdict']}"
    assert "skill against last value" in said and "differs most" in said


@pytest.mark.browser
def test_the_page_is_drawn_on_a_screen_and_on_a_phone(sides, browser, tmp_path: Path) -> None:
    file = tmp_path / "compare.html"
    file.write_text(comparison_page("tiny", "sales", "EUR", *sides), encoding="utf-8")
    for width in (1440, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))  # noqa: B023
        page.on("dialog", lambda dialog: faults.append(dialog.message))  # noqa: B023
        page.goto(file.as_uri())
        page.wait_for_function("window.report?.ready")
        page.evaluate("report.drawAll()")
        assert page.locator(".chart[data-drawn]").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.select_option('select[data-view="curves-drawn"]', label="tv")
        drawn = page.evaluate("document.getElementById('chart-curves-drawn').data[2].y.length")
        assert drawn > 5 and faults == []
        page.close()


def test_another_configuration_is_fitted_to_what_the_refresh_knew_and_kept_nowhere(
    refreshed: ProjectConfig, tmp_path: Path
) -> None:
    """Read anew, and fitted anew, by a configuration that changes nothing: the same numbers."""
    files = [f for f in refreshed.folder.rglob("*") if f.is_file() and "dagster" not in f.parts]
    before = {file: file.stat().st_size for file in files}
    file = tmp_path / "page.html"
    asked = ("--set", "zero_kpi=zero", "--html", file, "-c", refreshed.path)
    code, said = run("compare", "2024-07-08", *asked)
    assert code == 0, said
    changes = said.split("ROI channel")[1].split("Response curves")[0]
    assert changes.count(" 0 %") == 3 * len(CHANNELS)
    judged = r" [0-9.]+, (?:good|doubtful)"
    assert re.search(f"holdout accuracy, mape{judged}{judged}", said)
    now = {f: f.stat().st_size for f in refreshed.folder.rglob("*") if f in before}
    assert now.keys() == before.keys() and published_weeks(Project(refreshed).warehouse)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["2024-06-24", "2024-06-24"], "no two refreshes to compare"),
        (["2024-06-24", "2024-07-01"], "there is no refresh of 2024-07-01"),
        (["2024-07-01", "--set", "model.steps=1"], "there is no refresh of 2024-07-01"),
        (["2024-06-24", "2024-07-08", "--set", "a=1"], "take one refresh"),
        (["--set", "model.preset=cheap"], "model.preset"),
        (["--set", "model.preset"], "is no KEY=VALUE"),
        (["--set", "project.name=x"], "'project' holds a value"),
        (["--with", "gone.yaml"], "gone.yaml does not exist"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    refreshed: ProjectConfig, asked: list[str], message: str
) -> None:
    code, said = run("compare", *asked, "-c", refreshed.path)
    assert code == EXIT["usage"]
    assert message in said
