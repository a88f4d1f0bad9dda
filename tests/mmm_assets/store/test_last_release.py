"""What the last release wrote is still read: its published file and its saved fits."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets import mart
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw
from mmm_assets.planning.questions import ask, plan_budget
from mmm_assets.report import build_index, build_report
from mmm_assets.store.errors import UnusableModel
from mmm_assets.store.mart_week import read_week, replace_week
from mmm_assets.store.migrations import FIRST, MIGRATIONS, VERSION, file_version
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_weeks
from mmm_assets.store.saved_fits import published_models
from mmm_model.effects.predictions import predictions
from tests.mmm_assets.tiny_project import run_week, write_tiniest

OF_THEN = Path(__file__).with_name("last_release")
WEEK = date(2023, 10, 30)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The tiniest project as the last release left it after one refresh."""
    write_tiniest(tmp_path)
    config: ProjectConfig = load_config(tmp_path / "mmm.yaml")
    found = Project(config)
    shutil.copytree(OF_THEN, found.warehouse.model_folder(WEEK))
    with duckdb.connect(str(found.warehouse.work_file)) as connection:
        connection.execute((OF_THEN / "work.sql").read_text())
        connection.execute((OF_THEN / "mart.sql").read_text())
    with duckdb.connect(str(found.warehouse.published_file)) as connection:
        connection.execute((OF_THEN / "mart.sql").read_text())
    return found


def test_its_published_file_is_read(project: Project) -> None:
    assert published_weeks(project.warehouse) == [WEEK]
    with project.warehouse.published() as connection:
        assert "0.1.0" in set(read_week(connection, "refreshes", WEEK)["code_version"])
        assert "tiny" in build_report(connection, WEEK)
    with project.warehouse.published() as connection:
        assert str(WEEK) in build_index(connection)


def test_a_new_refresh_joins_it_and_completes_its_columns(project: Project) -> None:
    later = date(2023, 11, 6)
    with project.warehouse.work() as connection:
        refresh = pd.DataFrame([{"status": "published", "reason": "", "run_id": "new"}])
        replace_week(connection, "refreshes", later, refresh)
    project.warehouse.publish(later)
    assert published_weeks(project.warehouse) == [WEEK, later]
    with project.warehouse.published() as connection:
        assert len(read_week(connection, "predictions", WEEK))
        for table in mart.TABLES:
            found = connection.execute(f"DESCRIBE mart.current_{table.name}").fetchall()
            assert {row[0] for row in found} >= {column.name for column in table.all_columns}


def test_its_files_are_brought_to_the_version_of_this_release_when_written_to(
    project: Project,
) -> None:
    warehouse = project.warehouse
    with warehouse.published() as connection:  # which is read as it is
        assert file_version(connection) == FIRST
    with duckdb.connect(str(warehouse.work_file)) as connection:
        loads = connection.execute("SELECT count(*) FROM raw.loads").fetchone()
        rows = connection.execute("SELECT * FROM raw.kpi ORDER BY ALL").fetchall()
    with warehouse.work() as connection:
        assert file_version(connection) == VERSION
        steps = connection.execute("SELECT version, what FROM platform.versions").fetchall()
        assert steps == [(FIRST + n + 1, step.what) for n, step in enumerate(MIGRATIONS)]
        assert connection.execute("SELECT count(clock), count(*) FROM raw.loads").fetchone() == (
            (0, *loads)
        )
        assert connection.execute("SELECT * FROM raw.kpi ORDER BY ALL").fetchall() == rows
    warehouse.publish(WEEK)
    with warehouse.published() as connection:
        assert file_version(connection) == VERSION
        assert "0.1.0" in set(read_week(connection, "refreshes", WEEK)["code_version"])


def test_the_next_refresh_knows_what_it_loaded(project: Project) -> None:
    outcome = run_week(project.config, WEEK)
    assert outcome.status == "published", outcome.messages
    with project.warehouse.work() as connection:  # the same deliveries: no load is new
        assert connection.execute("SELECT count(*) FROM raw.loads").fetchone() == (3,)


def test_its_fits_predict_what_they_predicted(project: Project) -> None:
    with project.warehouse.work() as connection:
        for role in ROLES:
            load_raw(connection, project.config, role, datetime.now(UTC))
        build_panel_tables(connection, project.config, WEEK)
        panel = read_panel(connection, project.config, WEEK)
    training = published_models(project, WEEK).training()
    with project.warehouse.published() as connection:
        then = read_week(connection, "predictions", WEEK)
    keys = ["split", "region", "week"]
    now = predictions(training, panel).astype({"week": then["week"].dtype})
    pd.testing.assert_frame_equal(
        now.sort_values(keys)[then.columns].reset_index(drop=True),
        then.sort_values(keys).reset_index(drop=True),
        rtol=1e-6,
    )


def test_a_plan_of_its_panel_needs_the_tables_as_they_were(project: Project) -> None:
    """It saved no panel beside the fits: the staging tables serve while they say the same."""
    asked = ask({}, 1)
    with pytest.raises(UnusableModel, match="mmm refresh --week 2023-10-30"):
        plan_budget(project, WEEK, asked)
    with project.warehouse.work() as connection:
        for role in ROLES:
            load_raw(connection, project.config, role, datetime.now(UTC))
        build_panel_tables(connection, project.config, WEEK)
        now = panel_fingerprint(read_panel(connection, project.config, WEEK))
    with duckdb.connect(str(project.warehouse.published_file)) as connection:
        connection.execute("UPDATE mart.refreshes SET data_fingerprint = ?", [now])
    assert plan_budget(project, WEEK, asked).spend.sum() > 0
