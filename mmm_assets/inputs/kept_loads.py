"""Loads as files: what each load appended to ``raw``, also kept outside of the working file.

A file holds what its load wrote and no more, as ``raw`` keeps differences: in ``load`` its row of
``raw.loads``, in ``run`` those of ``raw.contents``, in ``row`` the rows that no load before it had
brought. All files together are ``raw``.

A file is there before its transaction is committed. A process that is killed in between leaves a
file of a load that ``raw`` does not know: the next one takes it in, as what was delivered. A load
without a file, of an earlier release for one, gets its file when something is loaded next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from mmm_assets.inputs.load_times import correct_load_times
from mmm_assets.inputs.raw_rows import rows_table
from mmm_assets.inputs.raw_tables import create_raw_tables
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.load_files import LoadFile, draft_file, keep, load_files, remove_drafts
from mmm_assets.store.sql_text import quote_text
from mmm_assets.store.warehouse import Warehouse

_RESULTS = "Results of earlier refreshes come back with  mmm restore --from-loads --force"


@contextmanager
def loading(
    warehouse: Warehouse, warn: Callable[[str], None] = lambda message: None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the working file to load into it, as `Warehouse.work`; each load is a file, too.

    Parameters
    ----------
    warn
        Told of loads that came from their files: a process was killed, or the working file lost.

    Raises
    ------
    WarehouseError
        If the files hold loads that ``raw`` does not know, and one of them is spoilt or missing.
    """
    with warehouse.work() as connection:
        remove_drafts(warehouse.loads_folder)
        if taken := take_in(connection, warehouse.loads_folder):
            said = f"{taken} loads that {warehouse.work_file} lacked were taken in from their files"
            lost = taken == len(load_files(warehouse.loads_folder))
            warn(f"{said}. {_RESULTS}" if lost else said)
        yield connection
        keep_loads(connection, warehouse.loads_folder)


def take_in(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Append the loads that are in files and not in ``raw``.

    Returns
    -------
    int
        How many.

    Raises
    ------
    WarehouseError
        If a file is spoilt or missing.
    """
    create_raw_tables(connection)
    row = connection.execute("SELECT max(load_id) FROM raw.loads").fetchone()
    known = newest = (row and row[0]) or 0
    for file in load_files(folder):
        if file.number <= newest:
            continue
        if file.number > newest + 1:
            raise WarehouseError(
                f"{folder} lacks the file of load {newest + 1}. Put it back from a backup, where "
                "it has the same name"
            )
        file.require_whole()
        _append(connection, file)
        newest = file.number
    if newest > known:
        correct_load_times(connection)
    return int(newest - known)


def keep_loads(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the file of each load in ``raw`` that has none: all of them, or none."""
    there = {file.name for file in load_files(folder)}
    loads = connection.execute("SELECT load_id, role, file FROM raw.loads ORDER BY 1").fetchall()
    written: list[LoadFile] = []
    try:
        for number, role, name in loads:
            if name not in there:
                written.append(_write(connection, folder, role, number))
                _note(connection, written[-1])
    except BaseException:
        remove_drafts(folder)
        for file in written:
            file.path.unlink()
        raise


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, role: str, number: int) -> LoadFile:
    draft = draft_file(folder, role, number)
    this = f"WHERE load_id = {int(number)}"
    connection.execute(
        f"""
        COPY (
            SELECT load FROM (SELECT * EXCLUDE (file) FROM raw.loads {this}) AS load
            UNION ALL BY NAME SELECT run FROM raw.contents AS run {this}
            UNION ALL BY NAME SELECT row FROM (FROM {rows_table(role)} {this}) AS row
        ) TO {quote_text(str(draft))} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)
        """
    )
    return keep(draft, role, number)


def _append(connection: duckdb.DuckDBPyConnection, file: LoadFile) -> None:
    tables = {rows_table(file.role): "row", "raw.contents": "run", "raw.loads": "load"}
    for table, column in tables.items():
        connection.execute(
            f"INSERT INTO {table} BY NAME "
            f'SELECT unnest("{column}") FROM read_parquet(?) WHERE "{column}" IS NOT NULL',
            [str(file.path)],
        )
    _note(connection, file)


def _note(connection: duckdb.DuckDBPyConnection, file: LoadFile) -> None:
    connection.execute("UPDATE raw.loads SET file = ? WHERE load_id = ?", [file.name, file.number])
