"""Each load can be read as it was delivered, and only what is new in it is stored."""

from __future__ import annotations

import random

import duckdb
import pandas as pd
import pytest

from mmm_assets.inputs.raw_of_last_release import set_aside
from mmm_assets.inputs.raw_rows import rows_table
from mmm_assets.inputs.raw_tables import PROVENANCE, create_raw_tables
from mmm_assets.inputs.roles import ROLES
from tests.mmm_assets.conftest import SmallProject, week

SHOWN = f"SELECT {', '.join(('source_row', *ROLES['kpi'].columns))} FROM raw.kpi"


def load(connection: duckdb.DuckDBPyConnection, role: str = "kpi") -> pd.DataFrame:
    """Rows of the newest load of a role."""
    columns = ", ".join(("source_row", *ROLES[role].columns))
    return connection.execute(
        f"SELECT {columns} FROM raw.{role} "
        "WHERE load_id = (SELECT max(load_id) FROM raw.loads WHERE role = ?) ORDER BY ALL",
        [role],
    ).df()


def stored(connection: duckdb.DuckDBPyConnection, role: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {rows_table(role)}").fetchone()
    assert row is not None
    return int(row[0])


def every_row(connection: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    columns = {name: ", ".join((*PROVENANCE, *role.columns)) for name, role in ROLES.items()}
    return {
        role: connection.execute(f"SELECT {names} FROM raw.{role} ORDER BY ALL").df()
        for role, names in columns.items()
    }


def altered(table: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    """Rows withdrawn, restated, given twice, delivered anew, in another order."""
    rows = table.to_dict("records")
    rows = [row for row in rows if chance.random() > 0.05]
    for row in chance.sample(rows, 5):
        row["sales"] = round(chance.uniform(900, 1100), 2)
    rows += [dict(row) for row in chance.sample(rows, 4)]
    rows += [{**row, "week": week(60 + chance.randrange(20))} for row in chance.sample(rows, 10)]
    if chance.random() < 0.5:
        rows.sort(key=lambda row: (row["region"], row["week"]))
    return pd.DataFrame(rows)


@pytest.mark.parametrize("seed", range(4))
def test_every_load_stays_what_was_delivered(
    small_project: SmallProject, connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    chance = random.Random(seed)
    delivered = {}
    for number in range(1, 7):
        config = small_project.load(connection)
        text = pd.read_csv(config.folder / "kpi.csv", dtype=str)
        newest = connection.execute("SELECT max(load_id) FROM raw.loads WHERE role = 'kpi'")
        row = newest.fetchone()
        assert row is not None
        delivered[row[0]] = text.assign(source_row=range(1, len(text) + 1))
        assert len(delivered) == number
        small_project.kpi = altered(small_project.kpi, chance)
    for number, text in delivered.items():
        found = connection.execute(f"{SHOWN} WHERE load_id = {number} ORDER BY source_row").df()
        expected = text.rename(columns={"sales": "kpi", "value": "value_per_kpi"})
        pd.testing.assert_frame_equal(found, expected[found.columns], check_dtype=False)


def test_a_week_more_is_all_that_is_stored_of_a_file_by_region(
    small_project: SmallProject, connection: duckdb.DuckDBPyConnection
) -> None:
    whole = small_project.kpi.sort_values(["region", "week"])
    for weeks in (38, 39, 40):
        small_project.kpi = whole[whole["week"] < week(weeks)]
        small_project.load(connection)
    assert stored(connection, "kpi") == 40 * 3
    assert stored(connection, "media") == len(small_project.media)
    found = load(connection)
    assert found["source_row"].tolist() == list(range(1, 121))
    runs = connection.execute(
        "SELECT load_id, count(*) FROM raw.contents JOIN raw.loads USING (load_id) "
        "WHERE role = 'kpi' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    # 3 regions, and what each load added to them.
    assert [count for _, count in runs] == [1, 3 + 1, 3 + 3 + 1]


def test_a_query_in_no_order_is_stored_whole(
    small_project: SmallProject, connection: duckdb.DuckDBPyConnection
) -> None:
    small_project.load(connection)
    small_project.kpi = small_project.kpi.sample(frac=1, random_state=1)
    small_project.load(connection)
    assert stored(connection, "kpi") == 2 * 120
    row = connection.execute("SELECT count(*) FROM raw.contents").fetchone()
    assert row == (4,)


def test_tables_of_the_last_release_are_taken_in_whole(
    small_project: SmallProject, connection: duckdb.DuckDBPyConnection
) -> None:
    chance = random.Random(7)
    for _ in range(4):
        small_project.load(connection)
        small_project.kpi = altered(small_project.kpi, chance)
    before = every_row(connection)
    rows = stored(connection, "kpi")
    for role in ROLES:  # as that release wrote them
        connection.execute(f"CREATE TABLE raw.old AS FROM raw.{role}")
        connection.execute(f"DROP VIEW raw.{role}; DROP TABLE {rows_table(role)}")
        connection.execute(f"ALTER TABLE raw.old RENAME TO {role}")
    connection.execute("ALTER TABLE raw.lift_tests DROP COLUMN end_week")
    connection.execute("DROP TABLE raw.contents")
    connection.execute("UPDATE raw.loads SET clock = NULL")
    connection.begin()
    create_raw_tables(connection)
    connection.commit()
    assert set_aside(connection) == set()
    for role, found in every_row(connection).items():
        pd.testing.assert_frame_equal(found, before[role])
    assert stored(connection, "kpi") == rows
    small_project.load(connection)
