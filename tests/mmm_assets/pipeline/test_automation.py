"""The schedule and the sensor ask for the right week, and for none twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from tiny_project import write_tables

from mmm_assets.automation import new_files, weekly_partitions
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.definitions import build_definitions
from mmm_assets.project import Project


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    write_tables(tmp_path)
    return load_config(tmp_path / "mmm.yaml")


def tick(config: ProjectConfig, at: datetime) -> list[str | None]:
    repository = build_definitions(config).get_repository_def()
    context = dg.build_schedule_context(scheduled_execution_time=at, repository_def=repository)
    data = repository.get_schedule_def("weekly_refresh").evaluate_tick(context)
    return [request.partition_key for request in data.run_requests or []]


def test_the_schedule_refreshes_the_newest_complete_week(config: ProjectConfig) -> None:
    assert tick(config, datetime(2024, 7, 15, 6, tzinfo=UTC)) == ["2024-07-08"]
    assert tick(config, datetime(2024, 7, 21, 6, tzinfo=UTC)) == ["2024-07-08"]


def test_the_schedule_skips_weeks_that_are_no_partition(config: ProjectConfig) -> None:
    assert tick(config, datetime(2023, 2, 6, 6, tzinfo=UTC)) == []


def look(config: ProjectConfig, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(cursor=cursor, resources={"project": Project(config)})
    result = new_files(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def test_the_sensor_starts_one_refresh_for_changed_files(config: ProjectConfig) -> None:
    first = look(config, None)
    assert isinstance(first, dg.SensorResult)
    assert [request.partition_key for request in first.run_requests or []] == ["2024-07-08"]
    assert isinstance(look(config, first.cursor), dg.SkipReason)

    file = config.folder / "kpi.csv"
    kpi = pd.read_csv(file)
    kpi[kpi["week"] <= "2024-07-01"].to_csv(file, index=False)
    second = look(config, first.cursor)
    assert isinstance(second, dg.SensorResult)
    assert [request.partition_key for request in second.run_requests or []] == ["2024-07-01"]


def test_the_sensor_waits_for_a_file_that_is_not_there(config: ProjectConfig) -> None:
    (config.folder / "kpi.csv").unlink()
    assert isinstance(look(config, None), dg.SkipReason)


def test_partitions_are_mondays_from_the_first_to_the_last_week(tmp_path: Path) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    file.write_text(file.read_text().replace("2023-10-02}", "2023-10-02, last_week: 2023-10-16}"))
    keys = weekly_partitions(load_config(file)).get_partition_keys()
    assert list(keys) == ["2023-10-02", "2023-10-09", "2023-10-16"]


def test_a_last_week_ahead_of_the_clock_is_a_partition(tmp_path: Path) -> None:
    write_tables(tmp_path)
    ahead = datetime.now(UTC).date() + timedelta(weeks=60)
    ahead -= timedelta(days=ahead.weekday())
    file = tmp_path / "mmm.yaml"
    file.write_text(file.read_text().replace("2023-10-02}", f"2023-10-02, last_week: {ahead}}}"))
    keys = weekly_partitions(load_config(file)).get_partition_keys()
    assert keys[-1] == ahead.isoformat()


def test_every_asset_says_what_it_is(config: ProjectConfig) -> None:
    definitions = build_definitions(config)
    specs = list(definitions.resolve_all_asset_specs())
    assert len(specs) == 16
    for spec in specs:
        assert spec.description
        assert spec.kinds
        assert spec.owners == ["team:tests"]
        assert spec.group_name in {"raw", "panel", "model", "results", "publication"}
        assert spec.partitions_def is not None
