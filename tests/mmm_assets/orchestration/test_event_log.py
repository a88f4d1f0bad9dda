"""What the event log keeps open changes nothing in its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.event_log import EventLog
from mmm_assets.orchestration.run import dagster_instance


@dg.op
def nothing() -> None:
    """Say nothing, in some twelve events."""


@dg.job
def idle() -> None:
    nothing()


@pytest.fixture
def instance(project: ProjectConfig) -> Iterator[dg.DagsterInstance]:
    with dagster_instance(project) as opened:
        yield opened


def files(instance: dg.DagsterInstance) -> Path:
    return Path(instance.root_directory) / "history" / "runs"


def test_dagster_itself_reads_what_was_recorded(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, EventLog)
    asset = dg.AssetKey("panel")
    runs = [record.dagster_run.run_id for record in instance.get_run_records()]
    of_dagster = SqliteEventLogStorage(str(files(instance)))
    of_dagster.register_instance(instance)
    for run in runs:
        said = [event.message for event in instance.all_logs(run)]
        assert said and said == [event.message for event in of_dagster.get_logs_for_run(run)]
    records = [
        storage.fetch_materializations(asset, limit=9).records
        for storage in (instance.event_log_storage, of_dagster)
    ]
    assert records[0] == records[1] and len(records[0]) == 2


def test_the_file_of_a_run_is_written_at_each_event_and_nothing_stays_open(
    project: ProjectConfig,
) -> None:
    with dagster_instance(project) as instance:
        run = idle.execute_in_process(instance=instance).run_id
        # The web server watches this file, and looks again when it is written to.
        assert not (files(instance) / f"{run}.db-wal").exists()
        assert (files(instance) / "index.db-wal").exists()
        folder = files(instance)
    assert not list(folder.glob("*.db-wal"))


def test_more_runs_than_engines_are_read(instance: dg.DagsterInstance) -> None:
    runs = [idle.execute_in_process(instance=instance).run_id for _ in range(5)]
    for run in (*runs, *runs):
        assert instance.all_logs(run)[-1].run_id == run
