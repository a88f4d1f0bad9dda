"""The newest week is published in time, or the check at ``published_refresh`` is red."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.freshness import CHECK, judge
from mmm_assets.store.published_weeks import Refreshed
from tests.mmm_assets.tiny_project import write_tables

EARLIER, NEWEST = date(2024, 7, 1), date(2024, 7, 8)
OVER = datetime(2024, 7, 15, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    write_tables(tmp_path)
    return load_config(tmp_path / "mmm.yaml")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[date, Refreshed]:
    """What the published file says, by week."""
    there: dict[date, Refreshed] = {}
    monkeypatch.setattr("mmm_assets.orchestration.freshness.refreshes", lambda warehouse: there)
    return there


def refresh(status: str) -> Refreshed:
    return Refreshed(status, "run", "data", "config", "0.1.0")


def test_the_newest_week_counts_whatever_was_refreshed_since(
    config: ProjectConfig, published: dict[date, Refreshed]
) -> None:
    published[EARLIER] = refresh("published")
    published[date(2024, 5, 6)] = refresh("published")  # by a backfill, today
    assert judge(config, OVER + timedelta(hours=71))[0]
    passed, said = judge(config, OVER + timedelta(hours=73))
    assert not passed and f"mmm refresh --week {NEWEST}" in said and "not refreshed" in said
    published[NEWEST] = refresh("held")
    passed, said = judge(config, OVER + timedelta(hours=73))
    assert not passed and "is held" in said
    published[NEWEST] = refresh("published")
    assert judge(config, OVER + timedelta(weeks=9))[0]  # no data have come since


def test_the_delay_is_configured(config: ProjectConfig, published: dict[date, Refreshed]) -> None:
    published[EARLIER] = refresh("published")
    soon = load_config(config.path, changes=["schedule.publish_within_hours=6"])
    assert not judge(soon, OVER + timedelta(hours=7))[0]
    assert judge(soon, OVER + timedelta(hours=5))[0]


def test_sources_that_cannot_be_read_are_red(config: ProjectConfig) -> None:
    (config.folder / "kpi.csv").unlink()
    passed, said = judge(config, OVER)
    assert not passed and "cannot be read" in said


def test_the_sensor_records_the_check_without_a_run(config: ProjectConfig) -> None:
    repository = build_definitions(config).get_repository_def()
    context = dg.build_sensor_context(repository_def=repository)
    result = repository.get_sensor_def("freshness")(context)
    assert isinstance(result, dg.SensorResult) and not result.run_requests
    [found] = result.asset_events
    assert isinstance(found, dg.AssetCheckEvaluation)
    assert found.asset_check_key in repository.asset_graph.asset_check_keys
    assert (found.check_name, found.passed) == (CHECK, False)
