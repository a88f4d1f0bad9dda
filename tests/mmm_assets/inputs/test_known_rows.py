"""Which load of a row counts, held against the words of the module, row by row."""

from __future__ import annotations

import random
from datetime import date

import duckdb
import pandas as pd
import pytest

from mmm_assets.inputs.known_rows import create_known
from tests.mmm_assets.conftest import WEEKS, SmallProject, week

Delivery = tuple[date, date, pd.DataFrame]


def delivered(project: SmallProject, chance: random.Random, number: int) -> Delivery:
    """Rows of some weeks in a row, the KPI of which says the number of the load."""
    if number % 2:  # a window that moves on
        first = number
        last = min(WEEKS - 1, first + 20)
    else:
        first, last = sorted(chance.sample(range(WEEKS), 2))
    whole = project.kpi
    rows = whole[whole["week"].between(week(first), week(last))]
    rows = rows[[chance.random() > 0.1 for _ in range(len(rows))]]
    days = rows["week"].map(date.fromisoformat)
    return days.min(), days.max(), rows.assign(sales=float(number))


def counting(deliveries: list[Delivery]) -> set[tuple[str, str, float]]:
    """Rows of each load on days that no newer load spans."""
    found = set()
    for number, (_, _, rows) in enumerate(deliveries):
        newer = deliveries[number + 1 :]
        for row in rows.to_dict("records"):
            day = date.fromisoformat(row["week"])
            if not any(first <= day <= last for first, last, _ in newer):
                found.add((row["week"], row["region"], row["sales"]))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_row_counts_until_a_newer_load_spans_its_day(
    small_project: SmallProject, connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    chance = random.Random(seed)
    whole = small_project.kpi.copy()
    deliveries = []
    for number in range(8):
        small_project.kpi = whole
        deliveries.append(delivered(small_project, chance, number))
        small_project.kpi = deliveries[-1][2]
        config = small_project.load(connection)
        create_known(connection, config, "kpi")
        rows = connection.execute("SELECT day::VARCHAR, region, kpi FROM known_kpi").fetchall()
        assert len(rows) == len(set(rows))
        assert set(rows) == counting(deliveries)


def test_a_row_of_no_day_counts_in_the_newest_load_alone(
    small_project: SmallProject, connection: duckdb.DuckDBPyConnection
) -> None:
    query = "SELECT kpi FROM known_kpi WHERE day IS NULL"
    small_project.kpi.loc[3, ["week", "sales"]] = ["some day", 1.0]
    create_known(connection, small_project.load(connection), "kpi")
    assert connection.execute(query).fetchall() == [(1.0,)]
    small_project.kpi = small_project.kpi.tail(5)
    create_known(connection, small_project.load(connection), "kpi")
    assert connection.execute(query).fetchall() == []
    row = connection.execute("SELECT count(*) FROM known_kpi").fetchone()
    assert row == (3 * (WEEKS - 5) + 5 - 1,)
