"""A configured query reaches what it may, and an error inside it is said as its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import load_config
from mmm_assets.inputs.query_process import lock_in
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.sources import load_raw
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import write_tables


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nothing_like_it FROM 'kpi.csv'", "nothing_like_it"),
        ("SELECT error('the view is broken') AS week", "the view is broken"),
        ("SELECT CAST('many' AS DOUBLE) AS week", "Could not convert string 'many'"),
    ],
)
def test_the_error_of_a_query_is_said(tmp_path: Path, query: str, said: str) -> None:
    write_tables(tmp_path)
    file = tmp_path / "mmm.yaml"
    source = "kpi: {source: kpi.csv,"
    assert source in file.read_text()
    file.write_text(file.read_text().replace(source, f'kpi: {{sql: "{query}",'))
    for command in ("refresh", "check"):
        code, found = run(command, "-c", file, "--week", "2024-07-08")
        assert code == EXIT["refused"], found
        assert said in found and "query of tables.kpi" in found
        assert "aborted" not in found


def test_a_query_reads_its_project_and_what_is_allowed_alone(tmp_path: Path) -> None:
    """Other brands' folders stay closed, also by a detour or a link."""
    project, other = tmp_path / "acme", tmp_path / "other"
    for folder in (project, other):
        folder.mkdir()
        write_tables(folder)
    (project / "link").symlink_to(other)
    reaches = [
        f"FROM '{other}/kpi.csv'",
        "FROM '../other/kpi.csv'",
        "FROM 'link/kpi.csv'",
        f"FROM read_text('{other}/mmm.yaml')",
        f"FROM glob('{other}/*')",
        "FROM read_text('/etc/passwd')",
        "FROM read_csv('http://127.0.0.1:1/kpi.csv')",
    ]
    for reach in reaches:
        with pytest.raises(SourceError, match=r"queries\.(folders|extensions)"):
            loaded(project, f"SELECT * {reach}")
    here = ["FROM 'kpi.csv'", "FROM read_csv('*kpi.csv')", f"FROM '{project}/kpi.csv'"]
    for allowed in here:
        assert loaded(project, f"SELECT week, region, sales {allowed}") == 320
    text = (project / "mmm.yaml").read_text()
    (project / "mmm.yaml").write_text(text + "queries: {folders: [../other]}\n")
    assert loaded(project, f"SELECT week, region, sales FROM '{other}/kpi.csv'") == 320
    (project / "mmm.yaml").write_text(text + "queries: {folders: ['${NOT_THERE}']}\n")
    with pytest.raises(SourceError, match="the query needs NOT_THERE in the environment"):
        loaded(project, "SELECT week, region, sales FROM 'kpi.csv'")


def test_a_query_changes_no_setting_and_sees_no_warehouse(tmp_path: Path) -> None:
    write_tables(tmp_path)
    for query in (
        "SELECT * FROM raw.loads",
        "SET enable_external_access = true",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'mmm.duckdb'",
        "SELECT 1; SELECT 2",
    ):
        with pytest.raises(SourceError):
            loaded(tmp_path, query)
    assert not (tmp_path / "out.csv").exists()
    with duckdb.connect() as connection:
        asked = {"into": str(tmp_path / "rows"), "memory_limit": "1GB", "extensions": [],
                 "files": {}, "servers": {}, "buckets": {}, "folders": [str(tmp_path)]}  # fmt: skip
        lock_in(connection, asked)
        for setting in ("enable_external_access = true", "lock_configuration = false",
                        "allowed_directories = ['/']"):  # fmt: skip
            with pytest.raises(duckdb.InvalidInputException, match="locked"):
                connection.execute(f"SET {setting}")


def test_a_database_that_is_attached_is_read_and_never_written(tmp_path: Path) -> None:
    write_tables(tmp_path)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE kpi AS FROM '{tmp_path}/kpi.csv'")
    with (tmp_path / "mmm.yaml").open("a") as file:
        file.write("queries: {attach: {shop: {file: shop.duckdb}}}\n")
    assert loaded(tmp_path, "SELECT week, region, sales FROM shop.main.kpi") == 320
    with pytest.raises(SourceError, match="must be one SELECT"):
        loaded(tmp_path, "DROP TABLE shop.main.kpi")


def test_what_lies_beside_the_configuration_is_no_code(tmp_path: Path) -> None:
    write_tables(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    (tmp_path / "duckdb.py").write_text("raise SystemExit('taken over')")
    assert loaded(tmp_path, "SELECT week, region, sales FROM 'kpi.csv' -- all of it") == 320


def test_an_extension_that_is_not_there_is_said_with_the_next_step(tmp_path: Path) -> None:
    write_tables(tmp_path)
    with pytest.raises(SourceError, match=r"queries\.extensions"):
        loaded(tmp_path, "SELECT * FROM sqlite_scan('sales.db', 'kpi')")


def test_values_of_the_environment_are_not_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path)
    monkeypatch.setenv("PG_PASSWORD", "geheim2026")
    with pytest.raises(SourceError) as caught:
        loaded(tmp_path, "SELECT error('connecting with password=${PG_PASSWORD} failed')")
    assert "geheim2026" not in str(caught.value) and "***" in str(caught.value)


def loaded(folder: Path, query: str) -> int:
    """Rows that a query loads as the KPI of a project."""
    text = (folder / "mmm.yaml").read_text()
    (folder / "mmm.yaml").write_text(text.replace("{source: kpi.csv,", f'{{sql: "{query}",'))
    try:
        config = load_config(folder / "mmm.yaml")
    finally:
        (folder / "mmm.yaml").write_text(text)
    with duckdb.connect() as connection:
        return load_raw(connection, config, "kpi", datetime.now(UTC)).rows
