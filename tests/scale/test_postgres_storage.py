"""Dagster's records in PostgreSQL: refreshes are published, and an outage loses nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mmm_assets.orchestration.run import dagster_instance
from mmm_assets.store.errors import WarehouseError
from tests.mmm_assets.killing import published
from tests.mmm_assets.tiny_project import run_week
from tests.scale.servers import Postgres, refresh_and, tiniest

FIRST, SECOND, THIRD = (date(2023, 10, 16) + timedelta(weeks=n) for n in range(3))
ENGINE = "engine: {storage: postgres}\n"


def restart(postgres: Postgres) -> None:
    postgres.stop()
    postgres.start()


def test_an_outage_of_postgresql_loses_nothing(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMM_DAGSTER_URL", postgres.database("dagster"))
    config = tiniest(tmp_path, ENGINE)
    # Stopped and started again in the middle: the run goes on.
    outcome = refresh_and(config, FIRST, lambda: restart(postgres))
    assert outcome.status == "published", outcome.messages
    before = published(config)
    assert not list((tmp_path / "warehouse" / "dagster").rglob("*.db"))

    # It stays away: the run fails, in words, and what is published stays.
    try:
        with pytest.raises(WarehouseError, match=r"MMM_DAGSTER_URL.*again when it is back"):
            refresh_and(config, SECOND, postgres.stop)
        with (
            pytest.raises(WarehouseError, match="cannot be reached"),
            dagster_instance(config),
        ):
            raise AssertionError("it was opened")
    finally:
        postgres.start()
    assert published(config) == before
    assert run_week(config, SECOND).status == "published"
    after = published(config)
    assert set(after) == {FIRST, SECOND} and after[FIRST] == before[FIRST]
    with dagster_instance(config) as instance:
        statuses = [record.dagster_run.status for record in instance.get_run_records()]
    ended = dg.DagsterRunStatus
    assert statuses == [ended.SUCCESS, ended.FAILURE, ended.SUCCESS]
