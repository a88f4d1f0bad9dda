"""Backfills go on where they stopped, and touch the weeks that they are asked for alone."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from typer.testing import CliRunner

from mmm_assets.cli import app
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.finished_weeks import FinishedWeeks
from mmm_assets.orchestration.publication import finish_interrupted
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project
from tests.mmm_assets.killing import published

FIRST, MISSING, LAST = date(2024, 6, 24), date(2024, 7, 1), date(2024, 7, 8)


def test_a_resumed_backfill_does_what_is_missing_and_touches_nothing_else(
    project: ProjectConfig,
) -> None:
    before = published(project)
    # The Mondays between two days of other names.
    days = [str(FIRST - timedelta(days=4)), str(LAST + timedelta(days=2))]
    arguments = ["backfill", "--from", days[0], "--to", days[1], "-c", str(project.path)]
    done = CliRunner().invoke(app, [*arguments, "--resume"])
    assert done.exit_code == 0, done.output
    assert "1 of 3 refreshes published, 2 were there already" in done.output
    after = published(project)
    assert after.pop(MISSING)
    assert after == before

    # Its forecasts of earlier refreshes are those of the published models.
    warehouse = Project(project).warehouse
    with warehouse.published() as connection:
        track = read_week(connection, "forecast_track", MISSING)
        skill = read_week(connection, "forecast_skill", MISSING)
    assert track["forecast_from"].dt.date.unique().tolist() == [FIRST]
    assert track["week"].dt.date.unique().tolist() == [MISSING]
    assert len(track) == 4
    kpi = pd.read_csv(project.folder / "kpi.csv")
    actual = kpi[kpi["week"] == str(MISSING)].set_index("region")["sales"]
    assert track.set_index("region")["actual"].to_dict() == actual.to_dict()
    assert skill["region_weeks"].tolist() == [4, 4]
    assert not list((warehouse.folder / "drafts").iterdir())


def test_weeks_are_done_while_data_configuration_and_code_are_the_same(
    project: ProjectConfig,
) -> None:
    assert FinishedWeeks(project).is_done(FIRST)
    assert not FinishedWeeks(project).is_done(MISSING)
    file = project.folder / "kpi.csv"
    kpi = pd.read_csv(file)
    kpi.loc[kpi["week"] == str(LAST), "sales"] *= 1.01
    kpi.to_csv(file, index=False)
    assert FinishedWeeks(project).is_done(FIRST)  # which sees nothing of the last week
    assert not FinishedWeeks(project).is_done(LAST)
    lift = pd.read_csv(project.folder / "lift.csv")
    lift.assign(delta_y=2 * lift["delta_y"]).to_csv(project.folder / "lift.csv", index=False)
    assert not FinishedWeeks(project).is_done(FIRST)  # a test that is said to have gained more
    lift.to_csv(project.folder / "lift.csv", index=False)
    text = project.path.read_text()
    project.path.write_text(text + "notify: {file: notices.jsonl}\n")
    assert FinishedWeeks(load_config(project.path)).is_done(FIRST)  # no result depends on that
    project.path.write_text(text.replace("members: 2", "members: 3"))
    assert not FinishedWeeks(load_config(project.path)).is_done(FIRST)


def test_what_a_kill_left_between_tables_and_files_is_finished(project: ProjectConfig) -> None:
    found = Project(project)
    warehouse = found.warehouse
    draft, models = warehouse.draft_folder(LAST), warehouse.model_folder(LAST)
    draft.mkdir(parents=True)
    (draft / "final.safetensors").write_bytes(b"newer")
    (draft / "dashboard.html").write_text("newer")
    with warehouse.published() as connection:
        run = read_week(connection, "refreshes", LAST)["run_id"].item()

    (draft / "publishing").write_text("a run whose tables were not published")
    finish_interrupted(found)
    assert (models / "final.safetensors").read_bytes() != b"newer"

    (draft / "publishing").write_text(run)
    with warehouse.week_turn(LAST):  # somebody is at it: not ours to finish
        finish_interrupted(found)
        assert (models / "final.safetensors").read_bytes() != b"newer"
    finish_interrupted(found)
    assert (models / "final.safetensors").read_bytes() == b"newer"
    assert (project.reports_folder / str(LAST) / "index.html").read_text() == "newer"
    assert not draft.exists()
