"""All brands at a glance, also the one that cannot be read; one script unions their tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.report.portfolio import find_projects, portfolio_page, read_portfolio
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import CHANNELS, write_tables


@pytest.fixture
def company(refreshed: ProjectConfig, tmp_path: Path) -> Path:
    """One brand that is well, one held in its newest week, one spoilt, one not refreshed yet."""
    for name in ("acme", "held", "spoilt"):
        folder = tmp_path / name
        shutil.copytree(refreshed.folder, folder, ignore=shutil.ignore_patterns("dagster"))
        file = folder / "mmm.yaml"
        file.write_text(file.read_text().replace("project: tiny", f"project: {name}"))
    (tmp_path / "spoilt" / "warehouse" / "mmm.duckdb").chmod(0o644)
    (tmp_path / "spoilt" / "warehouse" / "mmm.duckdb").write_bytes(b"no database" * 999)
    warehouse = Project(load_config(tmp_path / "held" / "mmm.yaml")).warehouse
    warehouse.amend(
        lambda connection: connection.execute(
            "UPDATE mart.refreshes SET status = 'held', reason = 'a gate' "
            "WHERE refresh_week = (SELECT max(refresh_week) FROM mart.refreshes)"
        ),
        print,
    )
    (tmp_path / "new").mkdir()
    write_tables(tmp_path / "new")
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "mmm.yaml").write_text("project: [")
    return tmp_path


def test_each_brand_is_told_of_whatever_its_state(company: Path) -> None:
    found = {brand.file.parent.name: brand for brand in read_portfolio(find_projects([company]))}
    states = {name: brand.status for name, brand in found.items()}
    assert states == {
        "acme": "published",
        "held": "held",
        "new": "nothing yet",
        "spoilt": "unreadable",
        "wrong": "unreadable",
    }
    acme, held = found["acme"], found["held"]
    assert str(acme.week) == "2024-07-08" and acme.judged > 0 and "ROI" in acme.headline
    assert str(held.week) == "2024-06-24" and held.problem == "2024-07-08: a gate"
    assert "mmm publish --all" in found["spoilt"].problem
    page = portfolio_page(list(found.values()))
    assert page.count("<section>") == 5 and "5 brands, 3 to be looked at" in page
    assert CHANNELS[1] not in page and "&lt;img" in page  # a name from data stays text


def test_places_are_folders_files_and_workspaces(company: Path) -> None:
    (company / "workspace.yaml").write_text("load_from: []\n")
    folder = find_projects([company])
    assert find_projects([company / "workspace.yaml"]) == folder
    assert find_projects([company / "acme" / "mmm.yaml", company]) == folder
    code, said = run("portfolio", company / "acme" / "warehouse")
    assert code == 2 and "there is no mmm.yaml" in said


def test_the_command_writes_a_page_and_one_script_for_all(company: Path) -> None:
    page, script = company / "portfolio.html", company / "portfolio.sql"
    code, said = run("portfolio", company, "--html", page, "--sql", script)
    assert code == 0, said
    assert "spoilt" in said and page.exists()
    assert "-- left out" in script.read_text()
    with duckdb.connect() as connection:
        connection.execute(script.read_text())
        rows = connection.execute(
            "SELECT project, refresh_week::VARCHAR, count(*) FROM all_channel_summary "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        assert rows == [("acme", "2024-07-08", 3), ("held", "2024-06-24", 3)]
        named = connection.execute("SELECT DISTINCT project FROM all_refreshes").fetchall()
        assert sorted(named) == [("acme",), ("held",)]


@pytest.mark.browser
def test_the_page_fits_a_desk_and_a_telephone(company: Path, browser) -> None:
    file = company / "portfolio.html"
    file.write_text(portfolio_page(read_portfolio(find_projects([company]))))
    for width in (1440, 390):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto(file.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("section").count() == 5
        tab.close()
