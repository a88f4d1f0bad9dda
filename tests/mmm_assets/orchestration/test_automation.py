"""The schedule and the sensor ask for the right week, and for none twice."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.arrival import newest_complete_week
from mmm_assets.orchestration import automation
from mmm_assets.orchestration.automation import weekly_partitions
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.run import dagster_instance
from tests.mmm_assets.tiny_project import write_tables


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


def look(config: ProjectConfig, cursor: str | None) -> dg.SensorResult:
    repository = build_definitions(config).get_repository_def()
    context = dg.build_sensor_context(cursor=cursor, repository_def=repository)
    result = repository.get_sensor_def("new_files")(context)
    assert isinstance(result, dg.SensorResult)
    return result


def asked(result: dg.SensorResult) -> list[str | None]:
    return [request.partition_key for request in result.run_requests or []]


def test_the_sensor_starts_one_refresh_for_files_that_have_come_to_rest(
    config: ProjectConfig,
) -> None:
    arriving = look(config, None)
    assert asked(arriving) == []
    first = look(config, arriving.cursor)
    assert asked(first) == ["2024-07-08"]
    assert asked(look(config, first.cursor)) == []

    spoil(config, "kpi.csv", lambda kpi: kpi[kpi["week"] <= "2024-07-01"])
    assert asked(look(config, first.cursor)) == []
    second = look(config, look(config, first.cursor).cursor)
    assert asked(second) == ["2024-07-01"]


@pytest.mark.parametrize(
    ("file", "lacks"),
    [
        ("media.csv", lambda rows: rows["week"] == "2024-07-08"),
        ("controls.csv", lambda rows: rows["week"] == "2024-07-08"),
        ("kpi.csv", lambda rows: (rows["week"] == "2024-07-08") & (rows["region"] == "west")),
    ],
    ids=["no media", "no controls", "a region without KPI"],
)
def test_a_week_is_complete_when_every_table_has_it(
    config: ProjectConfig, file: str, lacks: Callable[[pd.DataFrame], pd.Series]
) -> None:
    assert newest_complete_week(config) == date(2024, 7, 8)
    spoil(config, file, lambda rows: rows[~lacks(rows)])
    assert newest_complete_week(config) == date(2024, 7, 1)


def spoil(config: ProjectConfig, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    file = config.folder / name
    change(pd.read_csv(file)).to_csv(file, index=False)


def test_the_sensor_waits_for_a_file_that_is_not_there(config: ProjectConfig) -> None:
    (config.folder / "kpi.csv").unlink()
    second = look(config, look(config, None).cursor)
    assert asked(second) == []
    assert "cannot be read yet" in str(second.skip_reason)


def test_sources_are_read_once_however_often_somebody_looks(config: ProjectConfig) -> None:
    """A week that is not over yet is looked for every minute, all the same of one reading."""
    reads = []

    def count(event: str, arguments: tuple) -> None:
        if event == "open" and str(arguments[0]).endswith("media.csv"):
            reads.append(arguments[0])

    sys.addaudithook(count)
    file = config.path
    file.write_text(file.read_text().replace("2023-10-02}", "2023-10-02, last_week: 2024-07-01}"))
    config = load_config(file)
    cursor = look(config, None).cursor
    first = look(config, cursor)
    assert "2024-07-08, is not over yet" in str(first.skip_reason)
    assert reads
    seen, cursor = len(reads), first.cursor
    for _ in range(3):
        again = look(config, cursor)
        cursor = again.cursor
        assert "is not over yet" in str(again.skip_reason)
        assert tick(config, datetime(2024, 7, 8, 6, tzinfo=UTC)) == ["2024-07-01"]
    assert len(reads) == seen
    (config.warehouse_folder / "arrival.json").write_text("{")
    assert newest_complete_week(config) == date(2024, 7, 8)
    assert len(reads) > seen


def test_the_sensor_sees_what_a_query_returns(
    config: ProjectConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config.path
    query = "SELECT week, region, sales FROM 'kpi.csv'"
    file.write_text(file.read_text().replace("{source: kpi.csv,", f'{{sql: "{query}",'))
    config = load_config(file)
    second = look(config, look(config, None).cursor)
    assert asked(second) == ["2024-07-08"]
    spoil(config, "kpi.csv", lambda kpi: kpi[kpi["week"] <= "2024-07-01"])
    resting = look(config, second.cursor)
    assert "no source has changed" in str(resting.skip_reason)  # which is asked now and then
    monkeypatch.setattr(automation, "BETWEEN_LOOKS", 0.0)
    changed = look(config, resting.cursor)
    assert "arriving" in str(changed.skip_reason)
    assert asked(look(config, changed.cursor)) == ["2024-07-01"]
    (config.folder / "kpi.csv").unlink()
    assert "cannot be read yet" in str(look(config, changed.cursor).skip_reason)


def test_the_schedule_waits_for_late_data_and_then_says_so(config: ProjectConfig) -> None:
    file = config.folder / "mmm.yaml"
    file.write_text(
        file.read_text() + "notify: {when: [held, refused, failed, late], file: notices.jsonl}\n"
    )
    config = load_config(file)
    spoil(config, "kpi.csv", lambda kpi: kpi[kpi["week"] <= "2024-07-01"])
    monday = datetime(2024, 7, 15, 6, tzinfo=UTC)
    assert tick(config, monday) == []
    assert tick(config, monday + timedelta(hours=23)) == []
    assert not (config.folder / "notices.jsonl").exists()
    assert tick(config, monday + timedelta(hours=24)) == ["2024-07-08"]  # with what there is
    notice = json.loads((config.folder / "notices.jsonl").read_text())
    assert (notice["status"], notice["refresh_week"]) == ("late", "2024-07-08")
    write_tables(config.folder)
    assert tick(config, monday + timedelta(hours=5)) == ["2024-07-08"]


def killed(
    config: ProjectConfig, instance: dg.DagsterInstance, **tags: str
) -> dg.RunRequest | dg.SkipReason | None:
    """What the sensor makes of a run of a job whose process was killed."""
    repository = build_definitions(config).get_repository_def()
    job = repository.get_job("refresh")
    run = instance.create_run_for_job(
        job, tags={"dagster/partition": "2024-07-08", **tags}, status=dg.DagsterRunStatus.STARTED
    )
    event = instance.report_run_failed(run, "the process was killed")
    found = instance.get_run_by_id(run.run_id)
    assert found is not None and event is not None
    context = dg.build_run_status_sensor_context(
        "killed_backfill_runs", event, instance, found, repository_def=repository
    ).for_run_failure()
    result = repository.get_sensor_def("killed_backfill_runs")(context)
    assert result is None or isinstance(result, dg.RunRequest | dg.SkipReason)
    return result


def test_a_killed_run_of_a_backfill_is_started_again_once(config: ProjectConfig) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        again = killed(config, instance, **{"dagster/backfill": "all"})
        assert isinstance(again, dg.RunRequest)
        assert again.partition_key == "2024-07-08"
        assert again.tags["dagster/max_retries"] == "0"  # schedule.retries is 1
        assert isinstance(killed(config, instance), dg.SkipReason)  # Dagster looks after it
        file = config.path
        file.write_text(file.read_text() + "schedule: {retries: 0}\n")
        never = killed(load_config(file), instance, **{"dagster/backfill": "all"})
        assert isinstance(never, dg.SkipReason)


def test_dagster_tries_runs_again_whose_process_died(config: ProjectConfig) -> None:
    with dagster_instance(config) as instance:
        assert instance.run_retries_enabled and instance.run_retries_max_retries == 1
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_enabled


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
    assert {"panel", "holdout_metrics", "optimal_budgets", "dashboard"} <= {
        spec.key.path[-1] for spec in specs
    }
    for spec in specs:
        assert spec.description
        assert spec.kinds
        assert spec.owners == ["team:tests"]
        assert spec.group_name in {"raw", "panel", "model", "results", "publication"}
        assert spec.partitions_def is not None
