"""Queries read PostgreSQL and S3-compatible storage and nothing else; no password is told."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import duckdb
import psycopg2
import pytest
from moto.server import ThreadedMotoServer

from mmm_assets.cli import EXIT
from mmm_assets.config import load_config
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.source_state import queries_state
from mmm_assets.inputs.sources import load_raw
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import write_tables
from tests.scale.servers import Postgres, free_port

PASSWORD = "it's\\geh\"eim; 26"

SERVER = """
queries:
  attach:
    sales:
      postgres: {{host: 127.0.0.1, port: {port}, database: sales, user: reader,
                 password: "${{PG_PASSWORD}}"}}
"""
BUCKET = """
queries:
  buckets:
    exports:
      {{scope: s3://deliveries/ads/, key_id: "${{S3_KEY}}", secret: "${{S3_SECRET}}",
        region: eu-central-1, endpoint: 127.0.0.1:{port}, url_style: path, use_ssl: false}}
"""


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Postgres:
    """Table ``shop.kpi`` and a role, asked for its password, that may read and write it."""
    allowed = postgres.folder / "data" / "pg_hba.conf"
    asked = "host sales reader 127.0.0.1/32 scram-sha-256\n"
    allowed.write_text(asked + allowed.read_text())
    with psycopg2.connect(postgres.database("sales")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("CREATE ROLE reader LOGIN PASSWORD %s", [PASSWORD])
        cursor.execute("CREATE SCHEMA shop CREATE TABLE kpi (week date, region text, sales float)")
        cursor.execute(
            "INSERT INTO shop.kpi SELECT '2024-01-01'::date + 7 * n, 'north', n "
            "FROM generate_series(1, 40) AS n"
        )
        cursor.execute("GRANT USAGE ON SCHEMA shop TO reader; GRANT ALL ON shop.kpi TO reader")
    connection.close()
    return postgres


@pytest.fixture(scope="module")
def bucket() -> Iterator[int]:
    """Port of a storage with s3://deliveries/ads/ and …/salaries/; moto keeps one for a process."""
    port = free_port()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    store = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1",
        aws_access_key_id="key", aws_secret_access_key="s3cret/key",
    )  # fmt: skip
    store.create_bucket(
        Bucket="deliveries", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    with duckdb.connect() as connection:
        for month in (1, 2):
            file = Path(f"/tmp/part-{port}-{month}.parquet")
            connection.execute(
                "COPY (SELECT DATE '2024-01-01' + 7 * (n + 20 * ($month - 1))::INTEGER AS week, "
                "'north' AS region, n AS sales FROM range(20) AS t(n)) "
                f"TO '{file}' (FORMAT PARQUET)",
                {"month": month},
            )
            store.upload_file(str(file), "deliveries", f"ads/part-{month}.parquet")
            store.upload_file(str(file), "deliveries", f"salaries/part-{month}.parquet")
            file.unlink()
    yield port
    server.stop()


def rows_of(folder: Path, queries: str, query: str) -> int:
    """Rows that a query loads as the KPI of a project."""
    write_tables(folder)
    file = folder / "mmm.yaml"
    text = file.read_text().replace("{source: kpi.csv,", f'{{sql: "{query}",')
    file.write_text(text + queries)
    config = load_config(file)
    with duckdb.connect() as connection:
        return load_raw(connection, config, "kpi", datetime.now(UTC)).rows


def test_a_server_is_read_by_a_password_of_the_environment(
    tmp_path: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = SERVER.format(port=database.port)
    select = "SELECT week, region, sales FROM sales.shop.kpi"
    with pytest.raises(SourceError, match="the query needs PG_PASSWORD in the environment"):
        rows_of(tmp_path, queries, select)
    monkeypatch.setenv("PG_PASSWORD", "another")
    with pytest.raises(SourceError, match="password authentication failed"):
        rows_of(tmp_path, queries, select)
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    assert rows_of(tmp_path, queries, select) == 40
    before = queries_state(load_config(tmp_path / "mmm.yaml"))
    with psycopg2.connect(database.url("sales")) as connection:
        connection.cursor().execute("INSERT INTO shop.kpi VALUES ('2025-01-06', 'north', 1)")
    connection.close()
    assert queries_state(load_config(tmp_path / "mmm.yaml")) != before


def test_a_server_is_only_read_and_no_other_one_is(
    tmp_path: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    queries = SERVER.format(port=database.port)
    deletes = "WITH gone AS (DELETE FROM shop.kpi RETURNING week) SELECT * FROM gone"
    for query, said in (
        (f"SELECT * FROM postgres_query('sales', '{deletes}')", "data-modifying statement"),
        ("SELECT * FROM postgres_execute('sales', 'DELETE FROM shop.kpi')", "READ ONLY"),
        ("FROM postgres_scan('host=other', 'pg_catalog', 'pg_roles')", "queries.attach"),
        ("FROM Postgres_Scan_Pushdown('host=other', 'x', 'y')", "queries.attach"),
        ("FROM postgres_attach('host=other')", "queries.attach"),
    ):
        with pytest.raises(SourceError, match=said):
            rows_of(tmp_path, queries, query)
    with psycopg2.connect(database.url("sales")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM shop.kpi")
        assert cursor.fetchone()[0] >= 40
    connection.close()


def test_no_error_and_no_query_tells_a_password(
    tmp_path: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    with pytest.raises(SourceError) as caught:
        rows_of(tmp_path, SERVER.format(port=free_port()), "SELECT * FROM sales.shop.kpi")
    assert "onnect" in str(caught.value) and "geh" not in str(caught.value)
    queries = SERVER.format(port=database.port)
    for asked in (
        "secret_string FROM duckdb_secrets()",
        "coalesce(path, '') FROM duckdb_databases()",
    ):
        column = asked.split(" FROM ")[0]
        query = f"SELECT error(string_agg({column})) FROM {asked.split(' FROM ')[1]}"
        with pytest.raises(SourceError) as caught:
            rows_of(tmp_path, queries, query)
        assert "geh" not in str(caught.value)


def test_a_bucket_is_read_as_far_as_its_scope(
    tmp_path: Path, bucket: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_KEY", "key")
    monkeypatch.setenv("S3_SECRET", "s3cret/key")
    queries = BUCKET.format(port=bucket)
    select = "SELECT week, region, sales FROM read_parquet('s3://deliveries/{}/*.parquet')"
    assert rows_of(tmp_path, queries, select.format("ads")) == 40
    for beyond in ("salaries", "ads/../salaries"):
        with pytest.raises(SourceError, match=r"disabled by configuration|No files found"):
            rows_of(tmp_path, queries, select.format(beyond))
    with pytest.raises(SourceError) as caught:
        rows_of(tmp_path, BUCKET.format(port=free_port()), select.format("ads"))
    assert "s3cret" not in str(caught.value)


def test_the_extensions_are_files_of_installed_packages() -> None:
    """Nothing is downloaded: what is loaded lies in the environment."""
    for name in ("httpfs", "postgres_scanner"):
        assert importlib.util.find_spec(f"duckdb_extension_{name}") is not None


def test_init_looks_at_the_tables_of_a_server(
    tmp_path: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg2.connect(database.url("sales")) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "CREATE TABLE shop.spend AS SELECT '2023-01-02'::date + 7 * n AS week, region, "
            "(100 * random())::numeric(12, 2) AS tv_spend, (50 * random())::float8 AS search_spend "
            "FROM generate_series(0, 59) AS n, (VALUES ('Bayern'), ('Hessen')) AS r (region)"
        )
        cursor.execute(
            "CREATE VIEW shop.weeks AS SELECT week, region, 500 + 3 * tv_spend AS revenue "
            "FROM shop.spend"
        )
        cursor.execute("CREATE TABLE shop.staff AS SELECT 'Anna' AS name")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader")
        cursor.execute("DROP TABLE shop.kpi")
    connection.close()
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    host = f"127.0.0.1:{database.port}/sales"
    code, said = run("init", "--attach", f"postgresql://reader:${{PG_PASSWORD}}@{host}",
                     "--out", tmp_path)  # fmt: skip
    assert code == 0, said
    assert "sales.shop.staff" in said and "no day beside a number" in said
    assert "calendar" in said  # which the names of regions propose
    config = load_config(tmp_path / "mmm.yaml")
    assert config.queries.attach["sales"].postgres.password == "${PG_PASSWORD}"
    assert config.tables.media.columns == {
        "tv": ("tv_spend", None), "search": ("search_spend", None)
    }  # fmt: skip
    assert config.tables.kpi.kpi == "revenue"
    assert '"sales"."shop"."weeks"' in config.tables.kpi.sql
    with duckdb.connect() as own:
        assert load_raw(own, config, "media", datetime.now(UTC)).rows == 240

    for address, message in (
        (f"postgresql://reader:{PASSWORD[:4]}@{host}", "history of your shell"),
        (f"postgresql://reader:${{PG_WRONG}}@{host}", "PG_WRONG in the environment"),
        (f"postgresql://nobody:${{PG_PASSWORD}}@{host}", "cannot be read"),
        ("mysql://reader@host/sales", "address of a server"),
    ):
        code, said = run("init", "--attach", address, "--out", tmp_path / "other")
        assert code == EXIT["usage"] and message in said, said
        assert PASSWORD not in said and not (tmp_path / "other").exists()
