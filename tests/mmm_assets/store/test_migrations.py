"""Files of older layouts are brought to this one step by step; newer ones are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.store.errors import NewerFile
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.migrations import FIRST, VERSION, Migration, file_version, migrate
from mmm_assets.store.warehouse import Warehouse

WEEK = date(2024, 1, 1)


def fill(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS notes (said VARCHAR)")
    connection.execute("INSERT INTO notes VALUES (?)", [folder.name])


def stumble(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.execute("INSERT INTO notes VALUES ('half')")
    raise OSError("the disk is full")


@pytest.fixture
def old(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A file that bears no version."""
    connection = duckdb.connect(str(tmp_path / "work.duckdb"))
    connection.execute("CREATE TABLE notes (said VARCHAR)")
    return connection


def said(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute("SELECT said FROM notes").fetchall()


def test_each_step_is_made_once_and_of_its_own_file(
    old: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    steps = [Migration("first", work=fill), Migration("second", published=fill)]
    assert migrate(old, tmp_path / "work.duckdb", "work", steps) == ["first", "second"]
    assert said(old) == [(tmp_path.name,)]
    assert file_version(old) == FIRST + 2
    assert migrate(old, tmp_path / "work.duckdb", "work", steps) == []
    longer = [*steps, Migration("third", work=fill)]
    assert migrate(old, tmp_path / "work.duckdb", "work", longer) == ["third"]
    assert len(said(old)) == 2


def test_a_step_that_fails_leaves_those_before_it(
    old: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "work.duckdb"
    steps = [Migration("first", work=fill), Migration("second", work=stumble)]
    with pytest.raises(OSError, match="disk is full"):
        migrate(old, file, "work", steps)
    assert said(old) == [(tmp_path.name,)]
    assert file_version(old) == FIRST + 1
    assert migrate(old, file, "work", [steps[0], Migration("second", work=fill)]) == ["second"]


def test_a_new_file_has_the_newest_version_at_once(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "work.duckdb")) as connection:
        assert file_version(connection) is None
        steps = [Migration("never made", work=stumble)]
        assert migrate(connection, tmp_path / "work.duckdb", "work", steps) == []
        assert file_version(connection) == FIRST + 1


def test_both_files_of_a_newer_release_are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.work() as connection:
        refresh = pd.DataFrame([{"status": "published", "reason": "", "run_id": "r"}])
        replace_week(connection, "refreshes", WEEK, refresh)
    warehouse.publish(WEEK)
    for file in (warehouse.work_file, warehouse.published_file):
        file.chmod(0o644)
        with duckdb.connect(str(file)) as connection:
            newer = "INSERT INTO platform.versions VALUES (?, 'later', '9.0', NULL)"
            connection.execute(newer, [VERSION + 1])
    before = [file.read_bytes() for file in (warehouse.work_file, warehouse.published_file)]
    told = rf"\.duckdb is of version {VERSION + 1} .* versions up to {VERSION}\. .* restore DIR"
    with pytest.raises(NewerFile, match=f"work{told}"), warehouse.work():
        pass
    with pytest.raises(NewerFile, match=f"work{told}"), warehouse.rehearsal():
        pass
    with pytest.raises(NewerFile, match=f"mmm{told}"), warehouse.published():
        pass
    with pytest.raises(NewerFile, match=f"mmm{told}"):
        warehouse.publish(WEEK)
    after = [file.read_bytes() for file in (warehouse.work_file, warehouse.published_file)]
    assert after == before
