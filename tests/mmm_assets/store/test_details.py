"""Rows by region and week are kept of the newest refreshes, summaries of all."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.warehouse import Warehouse

WEEKS = [date(2024, 1, 1) + timedelta(weeks=n) for n in range(5)]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path, details=2)


def write(warehouse: Warehouse, week: date, status: str = "published") -> None:
    refresh = {"status": status, "reason": "", "run_id": "r", "has_details": True}
    curves = {"channel": "tv", "region": [None, "north"], "response": [3.0, 1.0]}
    with warehouse.work() as connection:
        replace_week(connection, "refreshes", week, pd.DataFrame([refresh]))
        replace_week(connection, "response_curves", week, pd.DataFrame(curves))
        replace_week(connection, "media", week, pd.DataFrame({"region": ["north"], "spend": [1.0]}))
        replace_week(connection, "channel_summary", week, pd.DataFrame({"channel": ["tv"]}))
    warehouse.publish(week)


def weeks_of(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> list[date]:
    rows = connection.execute(
        f"SELECT refresh_week FROM mart.{table} WHERE {condition} ORDER BY 1"
    ).fetchall()
    return [week for (week,) in rows]


def assert_details_of(warehouse: Warehouse, weeks: list[date], published: list[date]) -> None:
    with warehouse.published() as connection:
        assert weeks_of(connection, "media", "true") == weeks
        assert weeks_of(connection, "response_curves", "region IS NOT NULL") == weeks
        assert weeks_of(connection, "response_curves", "region IS NULL") == published
        assert weeks_of(connection, "channel_summary", "true") == published
    there = refreshes(warehouse)
    assert [week for week, found in there.items() if found.has_details] == weeks


def test_the_newest_refreshes_keep_their_details(warehouse: Warehouse) -> None:
    for count, week in enumerate(WEEKS, 1):
        write(warehouse, week)
        assert_details_of(warehouse, WEEKS[max(0, count - 2) : count], WEEKS[:count])


def test_an_old_week_made_anew_is_summaries_alone(warehouse: Warehouse) -> None:
    for week in (*WEEKS, WEEKS[0]):
        write(warehouse, week)
    assert_details_of(warehouse, WEEKS[3:], WEEKS)


def test_held_refreshes_push_out_no_published_one(warehouse: Warehouse) -> None:
    write(warehouse, WEEKS[0])
    for week in WEEKS[1:]:
        write(warehouse, week, "held")
    assert_details_of(warehouse, [WEEKS[0], *WEEKS[3:]], WEEKS)


def test_to_keep_more_brings_nothing_back_and_loses_nothing(warehouse: Warehouse) -> None:
    for week in WEEKS[:4]:
        write(warehouse, week)
    write(Warehouse(warehouse.folder, details=4), WEEKS[4])
    assert_details_of(warehouse, WEEKS[2:], WEEKS)


def test_a_refresh_of_the_last_release_has_its_details(warehouse: Warehouse) -> None:
    write(warehouse, WEEKS[0])
    with warehouse.work() as connection:
        connection.execute("UPDATE mart.refreshes SET has_details = NULL")
    warehouse.publish(WEEKS[0])
    assert_details_of(warehouse, WEEKS[:1], WEEKS[:1])
    for week in WEEKS[1:3]:
        write(warehouse, week)
    assert_details_of(warehouse, WEEKS[1:3], WEEKS[:3])


def test_the_published_file_made_again_has_what_is_left(warehouse: Warehouse) -> None:
    for week in WEEKS:
        write(warehouse, week)
    warehouse.publish_again(WEEKS, print)
    assert_details_of(warehouse, WEEKS[3:], WEEKS)
