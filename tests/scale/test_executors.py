"""Steps as processes and as Ray jobs; weeks as Ray jobs side by side, in their order."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.project_resource import PARTITION_TAG
from mmm_assets.orchestration.reconstruction import reconstructable_refresh
from mmm_assets.orchestration.run import QUIET, dagster_instance
from mmm_assets.orchestration.side_by_side import refresh_side_by_side
from mmm_assets.store.errors import WarehouseBusy
from mmm_assets.store.project import Project
from tests.mmm_assets.killing import published
from tests.mmm_assets.tiny_project import run_week
from tests.scale.servers import Postgres, Ray, kill_when_trained, lake, tiniest

WEEKS = [date(2023, 10, 16) + timedelta(weeks=n) for n in range(2)]
FIRST = WEEKS[0]


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    """Two weeks, one after the other in one process."""
    config = tiniest(tmp_path_factory.mktemp("in_process"))
    for week in WEEKS:
        assert run_week(config, week).status == "published"
    return config


@pytest.fixture(scope="module")
def ray(postgres: Postgres) -> Iterator[Ray]:
    """Ray with two cores, whose workers know where Dagster's records are."""
    folder = Path(tempfile.mkdtemp(prefix="mmm-ray-"))  # names of sockets are short
    os.environ["MMM_DAGSTER_URL"] = postgres.database("dagster_of_ray")
    started = Ray.start(folder)
    yield started
    started.stop()
    del os.environ["MMM_DAGSTER_URL"]
    shutil.rmtree(folder, ignore_errors=True)


def test_steps_as_processes_bring_the_same_and_hold_the_week(
    in_process: ProjectConfig, tmp_path: Path
) -> None:
    config = tiniest(tmp_path, "engine: {executor: multiprocess}\n")
    refused = []

    def try_the_week() -> None:
        while not (tmp_path / "warehouse" / "work.duckdb").exists():
            time.sleep(0.05)
        try:
            with Project(config).warehouse.week_turn(FIRST, seconds=0):
                pass
        except WarehouseBusy as error:
            refused.append(error)

    other = threading.Thread(target=try_the_week)
    other.start()
    outcome = run_week(config, FIRST)
    other.join()
    assert outcome.status == "published", outcome.messages
    assert published(config)[FIRST] == published(in_process)[FIRST]
    assert refused


def test_steps_as_ray_jobs(ray: Ray, tmp_path: Path) -> None:
    engine = f"{{executor: ray, storage: postgres, ray_address: '{ray.address}'}}"
    config = tiniest(tmp_path, f"engine: {engine}\n")
    first = [dg.AssetKey(f"raw_{name}") for name in ("media", "kpi", "controls", "lift_tests")]
    with (
        dagster_instance(config) as instance,
        dg.execute_job(
            reconstructable_refresh(config),
            instance,
            run_config=QUIET,
            tags={PARTITION_TAG: FIRST.isoformat()},
            asset_selection=first,
        ) as result,
    ):
        assert result.success
    with Project(config).warehouse.work() as connection:
        [(loads,)] = connection.execute("SELECT count(*) FROM raw.loads").fetchall()
    assert loads == 3


def test_weeks_side_by_side_with_a_worker_that_is_killed(
    in_process: ProjectConfig, ray: Ray, postgres: Postgres, tmp_path: Path
) -> None:
    postgres.database("lake")
    engine = f"{{launcher: ray, storage: postgres, ray_address: '{ray.address}'}}"
    config = tiniest(tmp_path, f"engine: {engine}\n{lake(postgres, 'lake', 'acme')}")
    killed = threading.Thread(target=kill_when_trained, args=(config, FIRST))
    killed.start()
    said: list[str] = []
    with dagster_instance(config) as instance:
        outcomes = list(refresh_side_by_side(config, instance, WEEKS, said.append))
    killed.join()
    assert [outcome.status for outcome in outcomes] == ["published"] * 2
    assert [outcome.refresh_week for outcome in outcomes] == WEEKS
    assert said == [f"the process of {FIRST} was killed; it is started again"]
    assert published(config) == published(in_process)
