"""Old models, panels, dashboards, runs and logs go; what is published stays."""

from __future__ import annotations

from datetime import date

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.retention import tidy
from mmm_assets.orchestration.run import dagster_instance
from mmm_assets.store.project import Project
from tests.mmm_assets.killing import published

EARLIER, NEWEST = date(2024, 6, 24), date(2024, 7, 8)


def panels(found: Project) -> list[date]:
    with found.warehouse.work() as connection:
        rows = connection.execute(
            "SELECT DISTINCT refresh_week FROM staging.panel_kpi ORDER BY 1"
        ).fetchall()
    return [week for (week,) in rows]


def rows(found: Project, table: str) -> list[date]:
    with found.warehouse.work() as connection:
        weeks = connection.execute(f"SELECT DISTINCT refresh_week FROM {table} ORDER BY 1")
        return [week for (week,) in weeks.fetchall()]


def test_details_go_and_summaries_stay_in_the_working_file(project: ProjectConfig) -> None:
    text = project.path.read_text()
    project.path.write_text(text + "retention: {details: 1}\n")
    found = Project(load_config(project.path))
    with dagster_instance(project) as instance:
        with found.warehouse.week_turn(EARLIER):  # somebody works on that week
            tidy(found, instance)
        assert rows(found, "mart.predictions") == [EARLIER, NEWEST]
        tidy(found, instance)
    assert rows(found, "mart.predictions") == panels(found) == [NEWEST]
    assert rows(found, "mart.response_curves") == [EARLIER, NEWEST]
    assert rows(found, "mart.channel_summary") == [EARLIER, NEWEST]
    assert found.warehouse.model_folder(EARLIER).exists()
    assert len(rows(found, "staging.parts")) == 2


def test_only_the_newest_are_kept(project: ProjectConfig) -> None:
    text = project.path.read_text()
    project.path.write_text(text + "retention: {models: 1, reports: 1, runs: 10}\n")
    found = Project(load_config(project.path))
    before = published(project)
    old = found.warehouse.model_folder(EARLIER)
    with dagster_instance(project) as instance:
        with found.warehouse.week_turn(EARLIER):  # somebody works on that week
            tidy(found, instance)
        assert old.exists()
        tidy(found, instance)
        assert len(instance.get_run_records()) == 2
    assert not old.exists()
    assert found.warehouse.model_folder(NEWEST).exists()
    assert panels(found) == [NEWEST]
    assert not (project.reports_folder / str(EARLIER)).exists()
    assert (project.reports_folder / str(NEWEST) / "index.html").exists()
    assert published(project) == before
