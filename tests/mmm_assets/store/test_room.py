"""Dead space is given back, and what would not fit is refused before it is begun."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.room import FileSize, free_bytes, size_of, write_anew_if_wasteful
from mmm_assets.store.warehouse import Warehouse

WEEKS = [date(2024, 1, 1) + timedelta(weeks=n) for n in range(8)]
ROWS = 400_000


def write(warehouse: Warehouse, week: date, rows: int = ROWS) -> None:
    media = f"""
        INSERT INTO mart.media (refresh_week, region, spend, exposure)
        SELECT $week, 'north', hash(i, $week) / 1e3, hash(-i, $week) / 1e3 FROM range({rows}) t(i)
    """
    refresh = pd.DataFrame([{"status": "published", "reason": "", "has_details": True}])
    with warehouse.work() as connection:
        replace_week(connection, "refreshes", week, refresh)
        connection.execute(media, {"week": week})
    warehouse.publish(week)


def test_the_published_file_stops_growing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, details=2)
    sizes = []
    for week in WEEKS:
        write(warehouse, week)
        sizes.append(warehouse.published_file.stat().st_size)
    assert max(sizes[3:]) <= 1.1 * max(sizes[:3])


def test_a_file_of_many_details_shrinks_when_few_are_kept(tmp_path: Path) -> None:
    every = Warehouse(tmp_path)
    for week in WEEKS:
        write(every, week)
    before = every.published_file.stat().st_size
    few = Warehouse(tmp_path, details=1)
    few.publish(WEEKS[-1])
    assert few.published_file.stat().st_size < before / 4
    assert not os.access(few.published_file, os.W_OK) or os.geteuid() == 0
    assert few.published_file.stat().st_mode & 0o222 == 0
    with few.published() as connection:
        assert connection.execute("SELECT count(*) FROM mart.current_media").fetchone() == (ROWS,)
    with few.work() as connection:
        connection.execute("DELETE FROM mart.media WHERE refresh_week < ?", [WEEKS[-1]])
    few.give_back()
    assert few.work_file.stat().st_size < before / 4
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == [
        "mmm.duckdb",
        "work.duckdb",
    ]


def test_a_file_written_anew_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA mart")
        connection.execute("CREATE TABLE mart.kept AS SELECT 1 AS a")
        connection.execute("COMMENT ON COLUMN mart.kept.a IS 'one'")
        connection.execute("CREATE VIEW mart.seen AS SELECT * FROM mart.kept")
        connection.execute("COMMENT ON VIEW mart.seen IS 'all'")
        connection.execute("CREATE MACRO mart.of(x) AS TABLE SELECT * FROM mart.seen WHERE a = x")
    write_anew_if_wasteful(file, FileSize(total=2**40, dead=2**40))
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("SELECT * FROM mart.of(1)").fetchall() == [(1,)]
        comments = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'kept' "
            "UNION ALL SELECT comment FROM duckdb_views() WHERE view_name = 'seen'"
        )
        assert comments.fetchall() == [("one",), ("all",)]


def test_a_publication_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    write(warehouse, WEEKS[0], rows=10)
    warehouse.published_file.chmod(0o644)
    os.truncate(warehouse.published_file, free_bytes(tmp_path))  # a hole takes no room
    before = sorted(tmp_path.iterdir())
    with pytest.raises(WarehouseError, match="nothing was written"):
        write(warehouse, WEEKS[1], rows=10)
    assert sorted(tmp_path.iterdir()) == before
    with warehouse.published() as connection:
        assert connection.execute("SELECT refresh_week FROM mart.refreshes").fetchall() == [
            (WEEKS[0],)
        ]


def test_dead_blocks_are_counted(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT random() AS x FROM range(2_000_000)")
        connection.execute("CREATE TABLE kept AS SELECT 1 AS x")
        connection.execute("CHECKPOINT")
        connection.execute("DROP TABLE t")
        connection.execute("CREATE TABLE last AS SELECT random() AS x FROM range(200_000)")
        connection.execute("CHECKPOINT")
        size = size_of(connection)
    assert size.total > size.dead > 2_000_000
    assert "of it free" in str(FileSize(100_000_000, 50_000_000))
