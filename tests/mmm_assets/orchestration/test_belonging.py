"""Only parts that belong together are published, and a plan reads what was published."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.finished_weeks import FinishedWeeks
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.planning.questions import ask, plan_budget
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes
from tests.mmm_assets.killing import published

NEWEST = date(2024, 7, 8)


def materialise(config: ProjectConfig, *assets: str) -> str:
    """Materialise assets alone; return what was refused, nothing where all went well."""
    run = (
        build_definitions(config)
        .resolve_job_def("refresh")
        .execute_in_process(
            asset_selection=[dg.AssetKey(asset) for asset in assets],
            partition_key=NEWEST.isoformat(),
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
    )
    failures = run.filter_events(lambda event: event.is_step_failure)
    return failures[0].step_failure_data.user_failure_data.description if failures else ""


def restate(config: ProjectConfig) -> None:
    """Deliver one and a half times the spend."""
    media = pd.read_csv(config.folder / "media.csv")
    media.assign(spend=1.5 * media["spend"]).to_csv(config.folder / "media.csv", index=False)


def test_results_of_an_older_panel_are_not_published(project: ProjectConfig) -> None:
    before = published(project)
    restate(project)
    assert materialise(project, "raw_media") == ""
    assert materialise(project, "panel") == ""
    said = materialise(project, "published_refresh")
    assert "fitted_model" in said and "channel_summary" in said and "older than panel" in said
    assert f"mmm refresh --week {NEWEST}" in said
    assert published(project) == before
    assert not FinishedWeeks(project).is_done(NEWEST)


def test_a_page_of_older_tables_is_not_published(project: ProjectConfig) -> None:
    with Project(project).warehouse.work() as connection:
        connection.execute(
            'UPDATE staging.parts SET note = json_merge_patch(note, \'{"fingerprint": "0"}\') '
            "WHERE part = 'predictions'"
        )
    assert "dashboard: older than predictions" in materialise(project, "published_refresh")
    assert materialise(project, "dashboard") == ""
    assert materialise(project, "published_refresh") == ""


def test_a_week_of_two_configurations_is_not_done(project: ProjectConfig) -> None:
    text = project.path.read_text()
    project.path.write_text(text + "budget: {horizon: 5}\n")
    changed = load_config(project.path)
    assert materialise(changed, "optimal_budgets", "dashboard", "published_refresh") == ""
    found = refreshes(Project(changed).warehouse)[NEWEST]
    assert found.status == "published" and found.config_fingerprint == "mixed"
    assert not FinishedWeeks(changed).is_done(NEWEST)


def test_a_refresh_of_which_nothing_is_noted_is_made_again(project: ProjectConfig) -> None:
    with Project(project).warehouse.work() as connection:
        connection.execute("DROP TABLE staging.parts")
    assert "panel" in materialise(project, "published_refresh")


def test_a_plan_is_of_the_published_panel(project: ProjectConfig) -> None:
    asked = ask({}, 4)
    before = plan_budget(Project(project), NEWEST, asked)
    restate(project)
    assert materialise(project, "raw_media") == ""
    assert materialise(project, "panel") == ""
    after = plan_budget(Project(project), NEWEST, asked)
    assert after.current_spend.sum() == pytest.approx(before.current_spend.sum(), rel=1e-12)
    assert after.spend.sum(axis=0).tolist() == before.spend.sum(axis=0).tolist()


def test_one_table_can_be_materialised_with_its_checks(project: ProjectConfig) -> None:
    run = (
        build_definitions(project)
        .resolve_job_def("refresh")
        .execute_in_process(
            asset_selection=[dg.AssetKey("raw_kpi")],
            partition_key=NEWEST.isoformat(),
            instance=dg.DagsterInstance.ephemeral(),
        )
    )
    evaluated = run.get_asset_check_evaluations()
    assert {check.asset_key.path[-1] for check in evaluated} == {"raw_kpi"}
    assert len(evaluated) > 10
