"""The warehouse in DuckLake: the same tables as in files, one transaction a refresh."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import boto3
import duckdb
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from mmm_assets import mart
from mmm_assets.cli import app
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.kept_loads import loading
from mmm_assets.orchestration.republication import publish_all
from mmm_assets.store.backup import back_up
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.lake_tables import Lake, extension
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.project import Project
from mmm_assets.store.verification import faults
from mmm_assets.store.warehouse import Warehouse
from tests.mmm_assets.killing import published
from tests.mmm_assets.tiny_project import run_week, write_two_kpis
from tests.scale.servers import Postgres, free_port, lake, refresh_and, tiniest

FIRST, SECOND, THIRD = (date(2023, 10, 16) + timedelta(weeks=n) for n in range(3))


@pytest.fixture(scope="module")
def in_files(tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    """Two weeks as DuckDB files hold them."""
    config = tiniest(tmp_path_factory.mktemp("files"))
    for week in (FIRST, SECOND):
        assert run_week(config, week).status == "published"
    return config


@pytest.fixture(scope="module")
def in_lake(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> ProjectConfig:
    """The first week in a lake."""
    postgres.database("lake")
    config = tiniest(tmp_path_factory.mktemp("lake"), lake(postgres, "lake", "acme"))
    assert run_week(config, FIRST).status == "published"
    return config


@pytest.fixture
def analyst(in_lake: ProjectConfig) -> Iterator[duckdb.DuckDBPyConnection]:
    """Somebody with DuckDB, and the address of the catalogue."""
    assert in_lake.lake is not None
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        for name in ("ducklake", "postgres_scanner"):
            connection.execute(f"LOAD '{extension(name)}'")
        connection.execute(
            f"ATTACH 'ducklake:{in_lake.lake.catalogue}' AS mmm (METADATA_SCHEMA 'acme', READ_ONLY)"
        )
        yield connection


def test_readers_see_whole_refreshes_that_are_those_of_files(
    in_files: ProjectConfig, in_lake: ProjectConfig
) -> None:
    seen, over = [published(in_lake)], threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.append(published(in_lake))

    reader = threading.Thread(target=read)
    reader.start()
    outcome = run_week(in_lake, SECOND)
    over.set()
    reader.join()
    assert outcome.status == "published", outcome.messages
    after = published(in_lake)
    assert after == published(in_files)
    assert len(seen) > 3
    assert all(state in (seen[0], after) for state in seen)
    assert not list((in_lake.folder / "warehouse").glob("*.duckdb"))
    assert faults(Project(in_lake)) == []


def test_analysts_find_tables_views_and_what_they_mean(
    analyst: duckdb.DuckDBPyConnection,
) -> None:
    ask = analyst.execute
    [(channels,)] = ask("SELECT count(*) FROM mmm.mart.current_channel_summary").fetchall()
    assert channels == 3
    comments = dict(
        ask("SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'mart'").fetchall()
    )
    assert comments == {table.name: table.comment for table in mart.TABLES}
    columns = ask(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'mmm' AND schema_name = 'mart' "
        "AND NOT starts_with(table_name, 'current_')"
    ).fetchall()
    wanted = {(t.name, c.name, c.comment) for t in mart.TABLES for c in t.all_columns}
    assert set(columns) == wanted
    with pytest.raises(duckdb.Error, match="read-only"):
        ask("DELETE FROM mmm.mart.refreshes")


@pytest.mark.parametrize("command", ["status", "check", "verify", "report"])
def test_commands_do_not_know_where_the_tables_are(in_lake: ProjectConfig, command: str) -> None:
    said = CliRunner().invoke(app, [command, "-c", str(in_lake.path)])
    assert said.exit_code == 0, said.output


def test_all_weeks_are_published_again(in_lake: ProjectConfig) -> None:
    before, told = published(in_lake), list[str]()
    assert publish_all(Project(in_lake), told.append) == sorted(before)
    assert published(in_lake) == before and told == []


def test_an_outage_of_the_catalogue_loses_nothing(
    in_lake: ProjectConfig, postgres: Postgres
) -> None:
    before = published(in_lake)
    outcome = refresh_and(in_lake, THIRD, postgres.stop)
    try:
        assert outcome.status == "failed"
        assert "What is published stays as it is" in outcome.messages[0]
        with pytest.raises(WarehouseError, match="cannot be used"):
            published(in_lake)
    finally:
        postgres.start()
    assert published(in_lake) == before
    assert run_week(in_lake, THIRD).status == "published"
    after = published(in_lake)
    assert {week: after[week] for week in before} == before and THIRD in after


def test_files_in_a_bucket(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    keys = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        store = boto3.client(
            "s3", endpoint_url=keys["AWS_ENDPOINT_URL"], region_name="eu-central-1"
        )
        here = {"LocationConstraint": "eu-central-1"}
        store.create_bucket(Bucket="acme", CreateBucketConfiguration=here)
        address = f"postgres:host=127.0.0.1 port={postgres.port} user=mmm dbname=bucket"
        postgres.database("bucket")
        warehouse = Warehouse(tmp_path, lake=Lake(address, "acme", "s3://acme/mmm"))
        curve = pd.DataFrame({"channel": "tv", "lag_weeks": range(500), "weight": 0.5})
        for week in (FIRST, SECOND):
            with warehouse.work() as connection:
                row = pd.DataFrame([{"status": "published", "run_id": "r"}])
                replace_week(connection, "refreshes", week, row)
                replace_week(connection, "adstock_curves", week, curve)
            warehouse.publish(week)
        with warehouse.published() as connection:
            sql = "SELECT min(refresh_week), sum(weight) FROM mart.current_adstock_curves"
            assert connection.execute(sql).fetchone() == (SECOND, 250.0)
        kept = [found["Key"] for found in store.list_objects_v2(Bucket="acme")["Contents"]]
    finally:
        server.stop()
    assert any(key.startswith("mmm/acme/mart/adstock_curves/") for key in kept)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_project_of_files_brings_its_loads_along(
    in_files: ProjectConfig, postgres: Postgres, tmp_path: Path
) -> None:
    shutil.copytree(in_files.folder, tmp_path / "moved")
    file = tmp_path / "moved" / "mmm.yaml"
    postgres.database("moved")
    file.write_text(file.read_text() + lake(postgres, "moved", "acme"))
    project = Project(load_config(file))
    with Project(in_files).warehouse.work() as connection:
        loads = connection.execute("SELECT load_id, role, rows FROM raw.loads").fetchall()
    told: list[str] = []
    with loading(project.warehouse, told.append) as connection:
        found = connection.execute("SELECT load_id, role, rows FROM raw.loads").fetchall()
    assert sorted(found) == sorted(loads)
    assert "3 loads" in told[0]


def test_what_is_for_files_alone_says_so(in_lake: ProjectConfig, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"mmm backup is for DuckDB files.*pg_dump"):
        back_up(Project(in_lake), tmp_path, lambda line: None)


def test_a_password_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_PASSWORD", "geheim2026")
    place = Lake("postgres:host=127.0.0.1 port=1 password=${LAKE_PASSWORD}", "acme", str(tmp_path))
    with pytest.raises(WarehouseError, match="cannot be used") as caught:
        Warehouse(tmp_path, lake=place).published().__enter__()
    assert "geheim" not in str(caught.value) and "${LAKE_PASSWORD}" in str(caught.value)
    monkeypatch.delenv("LAKE_PASSWORD")
    with pytest.raises(WarehouseError, match="LAKE_PASSWORD in the environment"):
        Warehouse(tmp_path, lake=place).published().__enter__()


def test_further_kpis_lie_in_a_lake_as_in_files(postgres: Postgres, tmp_path: Path) -> None:
    postgres.database("lake_of_two")
    write_two_kpis(tmp_path)
    file = tmp_path / "mmm.yaml"
    file.write_text(file.read_text() + lake(postgres, "lake_of_two", "two"))
    config = load_config(file)
    assert run_week(config, FIRST).status == "published"
    with Project(config).warehouse.published() as connection:
        rows = connection.execute(
            "SELECT kpi, is_main, count(*) FROM mart.current_kpi_channel_summary GROUP BY ALL "
            "ORDER BY is_main"
        ).fetchall()
        assert rows == [("new_customers", False, 3), ("sales", True, 3)]
        assert connection.execute("SELECT count(*) FROM mart.current_kpi_frontier").fetchone()[0]
    assert faults(Project(config)) == []
