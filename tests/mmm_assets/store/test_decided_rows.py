"""What people decide is kept for good: whatever becomes of refreshes, and of either file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.config.errors import UsageError
from mmm_assets.store.decided_rows import DECISIONS, Decision, Entry, decided_by, keep
from mmm_assets.store.manifest import state_of
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.warehouse import Warehouse

WEEKS = [date(2024, 1, 1) + timedelta(weeks=n) for n in range(3)]


def write(warehouse: Warehouse, week: date) -> None:
    refresh = {"status": "published", "reason": "", "run_id": "r", "has_details": True}
    with warehouse.work() as connection:
        replace_week(connection, "refreshes", week, pd.DataFrame([refresh]))
    warehouse.publish(week)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path, details=1)
    for week in WEEKS[:2]:
        write(made, week)
    return made


def refuse_twice(connection: duckdb.DuckDBPyConnection) -> None:
    if connection.execute(f"FROM mart.{DECISIONS} WHERE about = 'Q1'").fetchone():
        raise UsageError("Q1 exists")


def decide(warehouse: Warehouse, week: date = WEEKS[0]) -> None:
    entry = Entry("adopt plan", "Q1", week, "r", Decision("why", "Ann"))
    keep(warehouse, entry, {}, refuse_twice)


def kept(warehouse: Warehouse) -> list[str]:
    with warehouse.published() as connection:
        rows = connection.execute(f"SELECT about FROM mart.current_{DECISIONS}").fetchall()
    return [name for (name,) in rows]


def test_a_decision_outlives_refreshes_and_the_loss_of_either_file(warehouse: Warehouse) -> None:
    before = state_of(warehouse)
    decide(warehouse)
    assert kept(warehouse) == ["Q1"]
    assert state_of(warehouse).beyond(before)[0].startswith("the decision 'adopt plan Q1")
    for week in (WEEKS[0], WEEKS[2]):  # its own made anew, and a later one
        write(warehouse, week)
    assert kept(warehouse) == ["Q1"]
    warehouse.published_file.unlink()
    warehouse.publish_again(WEEKS[1:], warn=lambda message: None)  # its own is not whole
    assert kept(warehouse) == ["Q1"]
    with warehouse.work() as connection:  # the working file from a day before it
        connection.execute(f"DELETE FROM mart.{DECISIONS}")
    write(warehouse, WEEKS[0])
    assert kept(warehouse) == ["Q1"]


def test_one_that_was_cut_short_is_published_with_the_next_refresh(warehouse: Warehouse) -> None:
    in_the_way = warehouse.published_file.with_suffix(".draft")
    in_the_way.mkdir()
    with pytest.raises(OSError):
        decide(warehouse)
    in_the_way.rmdir()
    assert kept(warehouse) == []
    write(warehouse, WEEKS[2])
    assert kept(warehouse) == ["Q1"]


def test_of_two_at_the_same_time_one_is_refused_and_nothing_of_it_stays(
    warehouse: Warehouse,
) -> None:
    def try_it(_: int) -> str:
        try:
            decide(Warehouse(warehouse.folder))
        except UsageError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(try_it, range(3))) == ["", "Q1 exists", "Q1 exists"]
    assert kept(warehouse) == ["Q1"]


def test_an_earlier_refresh_knows_nothing_of_it(warehouse: Warehouse) -> None:
    decide(warehouse, WEEKS[1])
    with warehouse.work() as connection:
        assert len(decided_by(connection, DECISIONS, WEEKS[0])) == 0
        assert len(decided_by(connection, DECISIONS, WEEKS[2])) == 1
