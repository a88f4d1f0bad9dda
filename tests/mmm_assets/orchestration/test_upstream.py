"""Raw tables follow the assets that make them, and a week is refreshed when all of them have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.names import Names
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import write_tables

WEEK = "2024-07-08"
WEEKS = dg.WeeklyPartitionsDefinition(start_date="2024-01-01", day_offset=1, end_date="2024-07-22")
DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", end_date="2024-07-22")


@dg.asset(key=["ads", "spend"], partitions_def=WEEKS)
def spend() -> None: ...


@dg.asset(key=["shop", "orders"])
def orders() -> None: ...


@dg.asset(key=["shop", "prices"], partitions_def=DAYS)
def prices() -> None: ...


UPSTREAM = dg.Definitions(assets=[spend, orders, prices])


def with_upstream(folder: Path) -> ProjectConfig:
    write_tables(folder)
    file = folder / "mmm.yaml"
    text = file.read_text().replace("2023-10-02}", f"2023-10-02, last_week: {WEEK}}}")
    for table, key in (("media", "ads/spend"), ("kpi", "shop/orders"), ("controls", "shop/prices")):
        text = text.replace(f"source: {table}.csv,", f"source: {table}.csv, upstream: [{key}],")
    file.write_text(text + "key_prefix: acme\n")
    return load_config(file)


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    return with_upstream(tmp_path)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def tick(config: ProjectConfig, instance: dg.DagsterInstance) -> dg.RunRequest | None:
    repository = build_definitions(config).get_repository_def()
    context = dg.build_sensor_context(instance=instance, repository_def=repository)
    result = repository.get_sensor_def("acme_upstream_ready")(context)
    return result if isinstance(result, dg.RunRequest) else None


def make(instance: dg.DagsterInstance, asset: dg.AssetsDefinition, key: str | None = None) -> None:
    assert dg.materialize([asset], instance=instance, partition_key=key).success


def load(config: ProjectConfig, instance: dg.DagsterInstance) -> None:
    """Materialise the raw tables of the week, as a refresh does."""
    names = Names.of(config)
    job = build_definitions(config).resolve_job_def("acme_refresh")
    raw = [names.asset(f"raw_{table}") for table in ("media", "kpi", "controls")]
    run = job.get_subset(asset_selection=set(raw)).execute_in_process(
        partition_key=WEEK, instance=instance
    )
    assert run.success


def test_raw_tables_depend_on_the_assets_that_make_them(config: ProjectConfig) -> None:
    merged = dg.Definitions.merge(UPSTREAM, build_definitions(config))
    dg.Definitions.validate_loadable(merged)
    graph = merged.get_repository_def().asset_graph
    assert graph.get(dg.AssetKey(["acme", "raw", "media"])).parent_keys == {spend.key}
    assert graph.get(dg.AssetKey(["acme", "raw", "kpi"])).parent_keys == {orders.key}
    assert not graph.get(dg.AssetKey(["acme", "raw", "lift_tests"])).parent_keys
    chosen = merged.resolve_job_def("acme_refresh").asset_layer.selected_asset_keys
    assert spend.key not in chosen  # who makes it refreshes it


def test_a_week_is_refreshed_when_all_have_it_and_again_when_all_are_newer(
    config: ProjectConfig, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(instance, orders)
    make(instance, spend, "2024-07-01")  # of another week
    for day in range(8, 14):
        make(instance, prices, f"2024-07-{day:02}")
    assert tick(config, instance) is None
    make(instance, spend, WEEK)
    assert tick(config, instance) is None  # the Sunday of the daily asset is missing
    make(instance, prices, "2024-07-14")
    asked = tick(config, instance)
    assert asked is not None and asked.partition_key == WEEK
    again = tick(config, instance)
    assert again is not None and again.run_key == asked.run_key  # Dagster starts one run of a key

    load(config, instance)
    assert tick(config, instance) is None
    make(instance, spend, WEEK)  # the week is not published: whatever is new may mend it
    mended = tick(config, instance)
    assert mended is not None and mended.run_key != asked.run_key

    published = "mmm_assets.orchestration.upstream.is_published"
    monkeypatch.setattr(published, lambda warehouse, week: week == date.fromisoformat(WEEK))
    assert tick(config, instance) is None
    make(instance, orders)
    make(instance, prices, "2024-07-14")
    assert tick(config, instance) is not None


def test_what_was_made_before_the_end_of_the_week_does_not_count(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    config = with_upstream(tmp_path)
    file = config.path
    text = file.read_text().replace(f"last_week: {WEEK}", "last_week: 2062-07-03")
    file.write_text(text)
    make(instance, orders)
    make(instance, spend, WEEK)
    assert tick(load_config(file), instance) is None


def test_who_makes_a_table_is_no_part_of_what_a_result_depends_on(config: ProjectConfig) -> None:
    plain = load_config(
        config.path, changes=[f"tables.{name}.upstream=[]" for name in ("media", "kpi", "controls")]
    )
    assert plain.fingerprint == config.fingerprint
    assert "acme_upstream_ready" not in [
        sensor.name for sensor in build_definitions(plain).sensors or []
    ]
    assert Project(plain).warehouse.folder == Project(config).warehouse.folder
