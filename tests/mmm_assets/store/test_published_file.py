"""Somebody writes to the file that analysts read: nothing of it reaches another week."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.published_file import foreign_logs, who_writes
from mmm_assets.store.published_weeks import published_weeks
from mmm_assets.store.warehouse import Warehouse

FIRST, SECOND = date(2024, 1, 1), date(2024, 1, 8)
WRITER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("UPDATE mart.adstock_curves SET weight = 99")
print("written", flush=True)
sys.stdin.readline()
"""


def publish(warehouse: Warehouse, week: date, weight: float) -> list[str]:
    with warehouse.work() as connection:
        refresh = {"status": "published", "reason": "", "run_id": "r"}
        replace_week(connection, "refreshes", week, pd.DataFrame([refresh]))
        curve = {"channel": "tv", "lag_weeks": 0, "weight": weight}
        replace_week(connection, "adstock_curves", week, pd.DataFrame([curve]))
    warnings: list[str] = []
    warehouse.publish(week, warnings.append)
    return warnings


def weights(warehouse: Warehouse) -> list[float]:
    with warehouse.published() as connection:
        rows = connection.execute(
            "SELECT weight FROM mart.adstock_curves ORDER BY refresh_week"
        ).fetchall()
    return [weight for (weight,) in rows]


def writer(warehouse: Warehouse) -> subprocess.Popen:
    """A process that has changed the published file and keeps it open."""
    warehouse.published_file.chmod(0o644)
    command = [sys.executable, "-c", WRITER, str(warehouse.published_file)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None and process.stdout.readline() == "written\n"
    return process


def test_the_log_of_a_killed_writer_reaches_no_publication(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, FIRST, 1.0)
    process = writer(warehouse)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    [log] = foreign_logs(warehouse.published_file)
    assert weights(warehouse) == [1.0]  # as it was published
    assert [str(log) in said for said in who_writes(warehouse.published_file)] == [True]
    [warning] = publish(warehouse, SECOND, 2.0)
    assert str(log) in warning and "read_only=True" in warning
    assert foreign_logs(warehouse.published_file) == []
    assert weights(warehouse) == [1.0, 2.0]
    assert publish(warehouse, SECOND, 3.0) == []


def test_a_refresh_publishes_while_somebody_has_the_file_open_for_writing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, FIRST, 1.0)
    process = writer(warehouse)
    log = Path(f"{warehouse.published_file}.wal")
    log.unlink()  # the writer alone, without what it left on disk
    try:
        assert published_weeks(warehouse) == [FIRST]
        [said] = who_writes(warehouse.published_file)
        assert f"process {process.pid}" in said
        publish(warehouse, SECOND, 2.0)
        assert who_writes(warehouse.published_file) == []  # its file is another one by now
    finally:
        process.communicate("done")
    assert weights(warehouse) == [1.0, 2.0]


def test_nobody_may_write_to_a_published_file(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for weight in (1.0, 2.0):
        publish(warehouse, FIRST, weight)
        assert not warehouse.published_file.stat().st_mode & 0o222
        new = tmp_path / "new"
        new.touch()
        warehouse.published_file.chmod(new.stat().st_mode)  # as the last release left it
    assert weights(warehouse) == [2.0]


def test_permissions_and_group_that_somebody_gave_survive(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, FIRST, 1.0)
    group = 65534 if os.geteuid() == 0 else os.getgid()
    warehouse.published_file.chmod(0o640)
    os.chown(warehouse.published_file, -1, group)
    publish(warehouse, FIRST, 2.0)
    found = warehouse.published_file.stat()
    assert stat.S_IMODE(found.st_mode) == 0o640
    assert found.st_gid == group


def test_a_link_stays_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "share" / "tables.duckdb"
    elsewhere.parent.mkdir()
    warehouse = Warehouse(tmp_path / "warehouse")
    publish(warehouse, FIRST, 1.0)
    warehouse.published_file.rename(elsewhere)
    warehouse.published_file.symlink_to(elsewhere)
    publish(warehouse, SECOND, 2.0)
    assert warehouse.published_file.is_symlink()
    assert weights(warehouse) == weights(Warehouse(tmp_path / "warehouse")) == [1.0, 2.0]
    assert [file.name for file in elsewhere.parent.iterdir()] == ["tables.duckdb"]


def test_a_spoilt_file_is_said_plainly(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    publish(warehouse, FIRST, 1.0)
    warehouse.published_file.chmod(0o644)
    warehouse.published_file.write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseError, match=r"mmm\.duckdb cannot be read"):
        weights(warehouse)
