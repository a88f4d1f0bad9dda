"""One answer to which weeks are published: what analysts see, held weeks told apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.published_weeks import (
    UnknownRefresh,
    is_published,
    published_week,
    published_weeks,
    refreshes,
)
from mmm_assets.store.warehouse import Warehouse

FIRST, SECOND, HELD, DRAFT = (date(2024, 1, day) for day in (1, 8, 15, 22))


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Two published weeks, a held one, and one that only the working file knows."""
    found = Warehouse(tmp_path)
    for week, status in ((SECOND, "published"), (FIRST, "published"), (HELD, "held")):
        write(found, week, status)
        found.publish(week)
    write(found, DRAFT, "published")
    return found


def write(warehouse: Warehouse, week: date, status: str) -> None:
    with warehouse.work() as connection:
        row = {"status": status, "reason": "", "run_id": f"run of {week}"}
        replace_week(connection, "refreshes", week, pd.DataFrame([row]))


def test_published_weeks_are_those_that_analysts_see(warehouse: Warehouse) -> None:
    assert published_weeks(warehouse) == [FIRST, SECOND]
    assert [is_published(warehouse, week) for week in (FIRST, HELD, DRAFT)] == [True, False, False]


def test_held_weeks_are_known_as_such(warehouse: Warehouse) -> None:
    found = refreshes(warehouse)
    assert list(found) == [FIRST, SECOND, HELD]
    assert (found[HELD].status, found[HELD].run_id) == ("held", f"run of {HELD}")


def test_without_a_week_the_newest_published_is_meant(warehouse: Warehouse) -> None:
    assert published_week(warehouse, None) == SECOND
    assert published_week(warehouse, FIRST) == FIRST
    with pytest.raises(UnknownRefresh, match=r"no refresh of 2024-01-15 .* 2024-01-01, 2024-01-08"):
        published_week(warehouse, HELD)


def test_before_the_first_publication_there_is_none(tmp_path: Path) -> None:
    assert refreshes(Warehouse(tmp_path)) == {}
    with pytest.raises(UnknownRefresh, match="mmm refresh"):
        published_week(Warehouse(tmp_path), None)
