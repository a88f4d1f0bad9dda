"""Processes that die, disks that are full or read-only, readers and writers all at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.store.errors import WarehouseBusy
from mmm_assets.store.mart_week import read_week, replace_week
from mmm_assets.store.warehouse import Warehouse

WEEKS = [date(2024, 1, 1) + timedelta(weeks=n) for n in range(3)]
ROWS = 5_000

# Publishes one week after the other, for ever; every row of a state says the same number.
WRITER = """
import os, resource, sys
from datetime import date
from pathlib import Path
import pandas as pd
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.warehouse import Warehouse

ROWS = 5_000

def write(folder, week, state):
    warehouse = Warehouse(Path(folder))
    with warehouse.work() as connection:
        refresh = pd.DataFrame([{"status": "published", "reason": "", "seed": state}])
        replace_week(connection, "refreshes", week, refresh)
        rows = pd.DataFrame({"channel": [f"c{n}" for n in range(ROWS)], "weight": float(state)})
        replace_week(connection, "adstock_curves", week, rows)
    warehouse.publish(week)
"""


def script(code: str, *arguments: object) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER + code, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


HOLDER = """
with Warehouse(Path(sys.argv[1])).turn(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""
FOR_EVER = """
week, state = date.fromisoformat(sys.argv[2]), int(sys.argv[3])
started_by = os.getppid()
print("ready", flush=True)
while os.getppid() == started_by:  # a suite that is killed leaves no writer behind
    state += 1
    write(sys.argv[1], week, state)
"""


def write(warehouse: Warehouse, week: date, state: int) -> None:
    with warehouse.work() as connection:
        refresh = pd.DataFrame([{"status": "published", "reason": "", "seed": state}])
        replace_week(connection, "refreshes", week, refresh)
        rows = pd.DataFrame({"channel": [f"c{n}" for n in range(ROWS)], "weight": float(state)})
        replace_week(connection, "adstock_curves", week, rows)
    warehouse.publish(week)


def states(connection: duckdb.DuckDBPyConnection) -> dict[date, list[tuple]]:
    found = connection.execute(
        "SELECT r.refresh_week, r.seed, min(weight), max(weight), count(*) "
        "FROM mart.refreshes AS r JOIN mart.adstock_curves USING (refresh_week) GROUP BY ALL"
    ).fetchall()
    return {week: rest for week, *rest in found}


def assert_whole(seen: dict[date, list[tuple]], weeks: list[date]) -> None:
    assert sorted(seen) == weeks
    for seed, least, most, count in seen.values():
        assert least == most == seed
        assert count == ROWS


def test_kills_at_random_moments_leave_whole_states_and_lose_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for week in WEEKS:
        write(warehouse, week, 0)
    moments = random.Random(4)
    for kill in range(1, 7):
        writer = script(FOR_EVER, tmp_path, WEEKS[kill % 2], 1000 * kill)
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 0.6))
        writer.kill()
        writer.communicate()
        with warehouse.published() as connection:
            assert_whole(states(connection), WEEKS)
        with warehouse.work() as connection:
            assert_whole(states(connection), WEEKS)
    write(warehouse, WEEKS[0], 7)
    with warehouse.published() as connection:
        seen = states(connection)
    assert seen[WEEKS[0]][0] == 7
    assert seen[WEEKS[2]][0] == 0
    assert not list(tmp_path.glob("mmm.draft*"))


READER = """
import duckdb
looks, seen = 0, set()
print("ready", flush=True)
while not os.path.exists(sys.argv[2]):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        rows = connection.execute(
            "SELECT r.refresh_week, r.seed = min(weight) AND r.seed = max(weight), count(*) "
            "FROM mart.refreshes AS r JOIN mart.adstock_curves USING (refresh_week) "
            "GROUP BY r.refresh_week, r.seed").fetchall()
    looks += 1
    seen |= {(agree, count) for _, agree, count in rows}
print(looks, seen)
"""


def test_readers_meet_no_error_and_no_torn_state_while_two_writers_publish(
    tmp_path: Path,
) -> None:
    warehouse = Warehouse(tmp_path)
    for week in WEEKS:
        write(warehouse, week, 0)
    stop = tmp_path / "stop"
    readers = [script(READER, warehouse.published_file, stop) for _ in range(3)]
    for reader in readers:
        assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
    code = "for n in range(3): write(sys.argv[1], date.fromisoformat(sys.argv[2]), n + 1)"
    writers = [script(code, tmp_path, week) for week in WEEKS[:2]]
    said = [writer.communicate()[1] for writer in writers]
    stop.touch()
    assert [writer.returncode for writer in writers] == [0, 0], said
    for reader in readers:
        out, errors = reader.communicate()
        assert reader.returncode == 0, errors
        looks, seen = out.strip().split(" ", 1)
        assert int(looks) > 0
        assert seen == str({(True, ROWS)})
    with warehouse.published() as connection:
        assert [states(connection)[week][0] for week in WEEKS] == [3, 3, 0]


def test_a_full_disk_changes_nothing_and_takes_no_room(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for week in WEEKS:
        write(warehouse, week, 0)
    before = warehouse.published_file.read_bytes()
    full = """
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
Warehouse(Path(sys.argv[1])).publish(date.fromisoformat(sys.argv[2]))
"""
    writer = script(full, tmp_path, WEEKS[0], len(before) // 2)
    errors = writer.communicate()[1]
    assert writer.returncode == 1
    assert "File too large" in errors  # what a full disk is called under a limit
    assert warehouse.published_file.read_bytes() == before
    assert not list(tmp_path.glob("mmm.draft*"))
    write(warehouse, WEEKS[0], 3)
    with warehouse.published() as connection:
        assert states(connection)[WEEKS[0]][0] == 3


def test_a_read_only_warehouse_is_said_plainly(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    folder.chmod(0o555)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_mode & 0o005:  # pytest makes its folders for their owner alone
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    attempt = """
if os.geteuid() == 0:  # to whom nothing is read-only
    os.setgid(65534)
    os.setuid(65534)
try:
    write(sys.argv[1], date(2024, 1, 1), 1)
except WarehouseError as error:
    print(error)
"""
    said = script(attempt, folder).communicate()
    assert f"{folder / '.locks'} cannot be written to: Permission denied" in said[0], said


def test_a_lock_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    week = WEEKS[0]
    message = "another run is working on the refresh week 2024-01-01; waited 0 s"
    holder = script(HOLDER, tmp_path, "week-2024-01-01")
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(WarehouseBusy, match=message), warehouse.week_turn(week, seconds=0):
        pass
    with warehouse.week_turn(WEEKS[1], seconds=0):  # another week is not in the way
        pass
    holder.communicate("let go")
    with warehouse.week_turn(week, seconds=0):
        pass


def test_a_turn_inside_the_same_turn_is_a_mistake_and_no_deadlock(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.work(), pytest.raises(WarehouseBusy, match="turn inside a turn"):
        warehouse.work().__enter__()
    with warehouse.work():
        pass


def test_the_lock_of_a_killed_process_comes_free(tmp_path: Path) -> None:
    holder = script(HOLDER, tmp_path, "work")
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(WarehouseBusy), Warehouse(tmp_path).turn("work", seconds=0):
        pass
    holder.kill()
    holder.communicate()
    with Warehouse(tmp_path).turn("work", seconds=1), Warehouse(tmp_path).turn("publish"):
        pass


def test_spilled_data_of_a_killed_process_is_swept_away(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.work() as connection:
        replace_week(connection, "adstock_curves", WEEKS[0], pd.DataFrame({"channel": ["tv"]}))
    (tmp_path / ".spill").mkdir(exist_ok=True)
    (tmp_path / ".spill" / "left.tmp").write_bytes(os.urandom(100))
    warehouse.sweep()
    assert not (tmp_path / ".spill").exists()
    with warehouse.work() as connection:
        assert len(read_week(connection, "adstock_curves", WEEKS[0])) == 1
