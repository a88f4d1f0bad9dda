"""Brands that share one Dagster instance do not see each other, whatever happens to one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.failures import PROCESS_TAG
from mmm_assets.orchestration.names import Names
from mmm_assets.orchestration.retention import tidy
from mmm_assets.orchestration.run import dagster_instance
from mmm_assets.orchestration.status import overview
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import write_tiniest

NEWEST = date(2024, 7, 8)


@dataclass
class Brand:
    """A project, what Dagster loads of it, and the instance that it shares."""

    config: ProjectConfig
    instance: dg.DagsterInstance

    def __post_init__(self) -> None:
        self.names = Names.of(self.config)
        self.repository = build_definitions(self.config).get_repository_def()
        self.job = self.repository.get_job(self.names.word("refresh"))

    def run(self, asset: str) -> dg.ExecuteInProcessResult:
        """Materialise one asset of the newest week, with its checks."""
        chosen = self.job.get_subset(asset_selection={self.names.asset(asset)})
        return chosen.execute_in_process(
            partition_key=NEWEST.isoformat(), instance=self.instance, raise_on_error=False
        )

    def noticed(self, failed: dg.ExecuteInProcessResult) -> list[str]:
        """Statuses of the notices that the sensor of this brand sends of a failed run."""
        sensor = self.names.word("failure_notice")
        run = self.instance.get_run_by_id(failed.run_id)
        [event] = [event for event in failed.all_events if event.is_job_failure]
        assert run is not None
        context = dg.build_run_status_sensor_context(
            sensor, event, self.instance, run, repository_def=self.repository
        ).for_run_failure()
        self.repository.get_sensor_def(sensor)(context)
        file = self.config.folder / "notices.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line)["status"] for line in lines]


def write_brand(refreshed: ProjectConfig, folder: Path, prefix: str) -> ProjectConfig:
    """Copy a refreshed project, which had no prefix, under one."""
    shutil.copytree(refreshed.folder, folder, ignore=shutil.ignore_patterns("dagster"))
    file = folder / "mmm.yaml"
    own = f"key_prefix: {prefix}\nnotify: {{file: notices.jsonl}}\nretention: {{runs: 10}}\n"
    file.write_text(file.read_text() + own)
    return load_config(file)


@pytest.fixture
def brands(
    refreshed: ProjectConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Brand]]:
    """Three in one home: one is well, one's data are refused, one is held by a gate."""
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    configs = [
        write_brand(refreshed, tmp_path / name, name) for name in ("acme", "broken", "waiting")
    ]
    with dagster_instance(configs[0]) as instance:
        yield [Brand(config, instance) for config in configs]
    os.environ.pop("DAGSTER_HOME", None)


def test_a_brand_sees_nothing_of_the_others(brands: list[Brand]) -> None:
    acme, broken, waiting = brands
    instance = acme.instance
    (broken.config.folder / "media.csv").write_text("week,region,channel\n2024-07-08,north,tv\n")
    with Project(waiting.config).warehouse.work() as connection:
        connection.execute("UPDATE mart.channel_summary SET direct = -1")

    well, refused, held = acme.run("published_refresh"), broken.run("raw_media"), None
    assert well.success and not refused.success
    held = waiting.run("published_refresh")
    assert not held.success

    def materialised(brand: Brand, asset: str) -> set[str]:
        return instance.get_materialized_partitions(brand.names.asset(asset))

    assert materialised(acme, "published_refresh") == {NEWEST.isoformat()}
    for brand in (broken, waiting):
        assert not materialised(brand, "published_refresh")
        assert not materialised(brand, "raw_media")
    keys = {key.path[0] for key in instance.all_asset_keys()}
    assert keys <= {"acme", "broken", "waiting"}  # nothing lies under a name that all could share

    assert [brand.noticed(refused) for brand in brands] == [[], ["refused"], ["held"]]
    assert broken.noticed(held) == ["refused"]  # of its own alone; the gates told of the held one

    last = {brand.config.key_prefix: dict(overview(brand.config)) for brand in brands}
    assert "last run" not in last["acme"]
    assert refused.run_id in last["broken"]["last run"]
    assert held.run_id in last["waiting"]["last run"]


def test_checks_are_recorded_under_their_brand(brands: list[Brand]) -> None:
    acme, broken, _ = brands
    run = acme.run("holdout_metrics")
    assert run.success
    found = run.get_asset_check_evaluations()
    assert {check.asset_key for check in found} == {acme.names.asset("holdout_metrics")}
    check = dg.AssetCheckKey(acme.names.asset("holdout_metrics"), found[0].check_name)
    other = dg.AssetCheckKey(broken.names.asset("holdout_metrics"), found[0].check_name)
    summary = acme.instance.event_log_storage.get_asset_check_summary_records([check, other])
    assert summary[check].last_check_execution_record is not None
    assert summary[other].last_check_execution_record is None


def test_a_brand_buries_and_removes_runs_of_its_own_alone(brands: list[Brand]) -> None:
    acme, broken, waiting = brands
    instance = acme.instance
    ended = [
        instance.create_run_for_job(
            brand.repository.get_job(brand.names.word("plan")),
            status=dg.DagsterRunStatus.SUCCESS,
        ).run_id
        for brand in (acme, broken)
        for _ in range(12)
    ]
    killed = instance.create_run_for_job(
        waiting.job, tags={PROCESS_TAG: "0" * 32}, status=dg.DagsterRunStatus.STARTED
    )
    tidy(Project(acme.config), instance)
    assert [bool(instance.get_run_by_id(run_id)) for run_id in ended] == (
        [False] * 2 + [True] * 10 + [True] * 12
    )
    for config, status in ((acme.config, "STARTED"), (waiting.config, "FAILURE")):
        with dagster_instance(config) as again:
            found = again.get_run_by_id(killed.run_id)
        assert found is not None and found.status.value == status


def test_two_brands_in_one_code_location_keep_their_names(brands: list[Brand]) -> None:
    """As ``dg`` loads them: one set of definitions, merged."""
    acme, broken, _ = brands
    merged = dg.Definitions.merge(*(build_definitions(brand.config) for brand in (acme, broken)))
    dg.Definitions.validate_loadable(merged)
    job = merged.resolve_job_def("broken_refresh")
    assert job.asset_layer.selected_asset_keys == set(broken.names.assets.values())
    chosen = job.get_subset(asset_selection={broken.names.asset("response_curves")})
    assert chosen.execute_in_process(
        partition_key=NEWEST.isoformat(), instance=acme.instance
    ).success


def test_a_project_without_a_prefix_has_the_names_it_had(refreshed: ProjectConfig) -> None:
    """Its instance goes on: the same keys, the same jobs, the same configuration for its fits."""
    definitions = build_definitions(refreshed)
    keys = {spec.key for spec in definitions.resolve_all_asset_specs()}
    assert keys == set(Names().assets)
    jobs = {job.name for job in definitions.get_repository_def().get_all_jobs()}
    assert {"refresh", "plan", "publish_held", "rollback"} <= jobs
    with_prefix = refreshed.model_copy(update={"key_prefix": "acme"})
    with_prefix.__dict__.pop("fingerprint", None)
    assert with_prefix.fingerprint == refreshed.fingerprint


def test_fifty_brands_share_no_name(tmp_path: Path) -> None:
    write_tiniest(tmp_path)
    config = load_config(tmp_path / "mmm.yaml")
    found: list[set[str]] = []
    for number in range(50):
        brand = config.model_copy(update={"key_prefix": f"brand_{number}"})
        loaded = build_definitions(brand)
        parts = [*loaded.jobs, *loaded.schedules, *loaded.sensors]
        keys = {key.to_user_string() for asset in loaded.assets for key in asset.keys}
        found.append(keys | {part.name for part in parts} | set(loaded.resources))
    assert len(set.union(*found)) == sum(map(len, found)) == 50 * len(found[0])
