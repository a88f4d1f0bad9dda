"""The warehouse keeps its promises: atomic publishing, untouched weeks, documented columns."""

from __future__ import annotations

import multiprocessing
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets import mart
from mmm_assets.store.mart_week import read_week, replace_week
from mmm_assets.store.schema import create_mart
from mmm_assets.store.sql_text import quote
from mmm_assets.store.warehouse import Warehouse

FIRST, SECOND = date(2024, 1, 1), date(2024, 1, 8)


def refreshes(status: str = "published", reason: str = "") -> pd.DataFrame:
    return pd.DataFrame([{"status": status, "reason": reason, "run_id": "r", "regions": 2}])


def curve(weight: float) -> pd.DataFrame:
    return pd.DataFrame([{"channel": "tv", "lag_weeks": 0, "weight": weight}])


def write(warehouse: Warehouse, week: date, weight: float, status: str = "published") -> None:
    with warehouse.work() as connection:
        replace_week(connection, "refreshes", week, refreshes(status))
        replace_week(connection, "adstock_curves", week, curve(weight))
    warehouse.publish(week)


def current_weight(warehouse: Warehouse) -> list[tuple]:
    with warehouse.published() as connection:
        return connection.execute("SELECT weight FROM mart.current_adstock_curves").fetchall()


def test_every_table_column_and_view_is_documented() -> None:
    connection = duckdb.connect()
    create_mart(connection)
    undocumented = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT c.table_name || '.' || c.column_name FROM duckdb_columns() AS c "
        "JOIN duckdb_tables() AS t USING (table_oid) WHERE c.comment IS NULL"
    ).fetchall()
    assert undocumented == []
    views = connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchone()
    assert views == (len(mart.TABLES),)


def test_a_column_added_to_the_contract_reaches_an_old_file() -> None:
    connection = duckdb.connect()
    create_mart(connection)
    last = mart.BY_NAME["refreshes"].columns[-1].name
    connection.execute("DROP VIEW mart.current_refreshes")
    connection.execute(f"ALTER TABLE mart.refreshes DROP COLUMN {quote(last)}")
    create_mart(connection)
    found = connection.execute(f"SELECT {last} FROM mart.current_refreshes").fetchall()
    assert found == []


def test_replacing_a_week_leaves_the_others_alone() -> None:
    connection = duckdb.connect()
    create_mart(connection)
    replace_week(connection, "adstock_curves", FIRST, curve(0.1))
    replace_week(connection, "adstock_curves", SECOND, curve(0.2))
    replace_week(connection, "adstock_curves", FIRST, curve(0.3))
    assert read_week(connection, "adstock_curves", FIRST)["weight"].tolist() == [0.3]
    assert read_week(connection, "adstock_curves", SECOND)["weight"].tolist() == [0.2]


def test_a_column_outside_the_contract_is_refused() -> None:
    connection = duckdb.connect()
    create_mart(connection)
    with pytest.raises(ValueError, match="surprise"):
        replace_week(connection, "adstock_curves", FIRST, curve(0.1).assign(surprise=1))


def test_current_views_show_the_newest_published_week(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    write(warehouse, SECOND, 0.2)
    write(warehouse, FIRST, 0.1)  # a backfill of an earlier week changes nothing there
    assert current_weight(warehouse) == [(0.2,)]
    write(warehouse, date(2024, 1, 15), 0.9, status="held")
    assert current_weight(warehouse) == [(0.2,)]


def test_unfinished_weeks_are_not_published_with_others(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.work() as connection:
        replace_week(connection, "adstock_curves", SECOND, curve(0.7))
    write(warehouse, FIRST, 0.1)
    with warehouse.published() as connection:
        assert read_week(connection, "adstock_curves", SECOND).empty


def test_a_failing_step_leaves_the_working_file_as_it_was(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    write(warehouse, FIRST, 0.1)
    with pytest.raises(RuntimeError), warehouse.work() as connection:
        replace_week(connection, "adstock_curves", FIRST, curve(0.5))
        raise RuntimeError
    with warehouse.work() as connection:
        assert read_week(connection, "adstock_curves", FIRST)["weight"].tolist() == [0.1]


def test_duckdb_holds_no_more_memory_than_it_is_given(tmp_path: Path) -> None:
    with Warehouse(tmp_path, memory_limit="100MB").work() as connection:
        said = connection.execute("SELECT current_setting('memory_limit')").fetchone()
        assert said == ("95.3 MiB",)
        connection.execute("CREATE TEMP TABLE big AS SELECT random() AS x FROM range(15_000_000)")
        held = connection.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchone()
        assert held is not None and held[0] <= 100_000_000


def test_what_a_killed_publish_left_behind_is_cleaned_up(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    write(warehouse, FIRST, 0.1)
    (tmp_path / "mmm.draft").write_bytes(b"half a file")
    write(warehouse, FIRST, 0.4)
    assert current_weight(warehouse) == [(0.4,)]
    assert not (tmp_path / "mmm.draft").exists()


def test_an_open_reader_keeps_its_state_and_does_not_stop_a_publish(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    write(warehouse, FIRST, 0.1)
    # An analyst in another process, as DuckDB shares one database inside a process.
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    reader = context.Process(target=_read_twice, args=(str(warehouse.published_file), theirs))
    reader.start()
    assert mine.recv() == [(0.1,)]
    write(warehouse, FIRST, 0.4)
    mine.send("published")
    assert mine.recv() == [(0.1,)]
    reader.join()
    assert current_weight(warehouse) == [(0.4,)]


def _read_twice(file: str, pipe) -> None:
    query = "SELECT weight FROM mart.current_adstock_curves"
    with duckdb.connect(file, read_only=True) as connection:
        pipe.send(connection.execute(query).fetchall())
        pipe.recv()
        pipe.send(connection.execute(query).fetchall())


def test_nothing_published_yet_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is published yet"):
        Warehouse(tmp_path).published().__enter__()


def test_a_rehearsal_knows_deliveries_and_refreshes_and_no_result(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    write(warehouse, FIRST, 0.1)
    with duckdb.connect(str(warehouse.work_file)) as connection:
        connection.execute("CREATE TABLE raw.delivered AS SELECT 7 AS x")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")  # as a killed process
    assert warehouse.work_file.with_name("work.duckdb.wal").exists()
    with warehouse.rehearsal() as connection, warehouse.turn("work", seconds=0):
        assert connection.execute("FROM raw.delivered").fetchall() == [(7,)]
        assert read_week(connection, "refreshes", FIRST)["run_id"].tolist() == ["r"]
        assert read_week(connection, "adstock_curves", FIRST).empty
        connection.execute("DROP TABLE raw.delivered")
    with warehouse.work() as connection:
        assert connection.execute("FROM raw.delivered").fetchall() == [(7,)]


def test_a_rehearsal_needs_no_working_file(tmp_path: Path) -> None:
    with Warehouse(tmp_path).rehearsal() as connection:
        assert read_week(connection, "refreshes", FIRST).empty
    assert list(tmp_path.iterdir()) == []
