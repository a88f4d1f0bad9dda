"""A checkpoint of the working file that is cut short in the midst of a block is undone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from mmm_assets.store.metadata_journal import journal_of
from mmm_assets.store.warehouse import Warehouse

HEADERS = slice(4096, 12288)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    found = Warehouse(tmp_path / "warehouse")
    found.folder.mkdir()
    with found.work() as connection:
        connection.execute("CREATE TABLE raw.numbers AS SELECT range AS n FROM range(5000)")
    return found


def in_a_child(action: Callable[[], None]) -> None:
    """Do something in a process that ends without closing what it has open."""
    child = os.fork()
    if not child:
        try:
            action()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def cut_checkpoint(warehouse: Warehouse) -> None:
    """Leave what a process leaves that is killed in the midst of rewriting a block."""

    def write() -> None:
        with warehouse.work() as connection:
            connection.execute("INSERT INTO raw.numbers SELECT range FROM range(7)")
            connection.commit()  # in the log; no checkpoint was made
            os._exit(0)

    in_a_child(write)
    before = warehouse.work_file.read_bytes()
    done = shutil.copyfile(warehouse.work_file, warehouse.folder / "done.duckdb")
    shutil.copyfile(f"{warehouse.work_file}.wal", f"{done}.wal")
    with duckdb.connect(str(done)) as connection:
        connection.execute("CHECKPOINT")
    after = done.read_bytes()
    done.unlink()
    # New blocks are whole; of a block that was there, its first half; the header is the old one.
    blocks = [(at, at + 262_144) for at in range(HEADERS.stop, len(before), 262_144)]
    rewritten = [(a, b) for a, b in blocks if before[a:b] != after[a:b]]
    assert rewritten, "DuckDB writes no block in place any more: the journal can go"
    cut = bytearray(after)
    cut[HEADERS] = before[HEADERS]
    for begin, end in rewritten:
        cut[(begin + end) // 2 : end] = before[(begin + end) // 2 : end]
    warehouse.work_file.write_bytes(cut)


def numbers(warehouse: Warehouse) -> int:
    with warehouse.work() as connection:
        row = connection.execute("SELECT count(*) FROM raw.numbers").fetchone()
    assert row
    return int(row[0])


def test_a_cut_checkpoint_loses_nothing(warehouse: Warehouse) -> None:
    cut_checkpoint(warehouse)
    alone = warehouse.folder.with_name("alone.duckdb")
    shutil.copyfile(warehouse.work_file, alone)
    with pytest.raises(duckdb.IOException, match="Corrupt"):
        duckdb.connect(str(alone)).execute("FROM raw.numbers").fetchall()
    assert numbers(warehouse) == 5007
    assert not journal_of(warehouse.work_file).exists()
    assert numbers(warehouse) == 5007


def test_a_journal_of_an_earlier_state_changes_nothing(warehouse: Warehouse) -> None:
    in_a_child(lambda: warehouse.work().__enter__() and os._exit(0))
    journal = journal_of(warehouse.work_file)
    old = journal.read_bytes()
    with warehouse.work() as connection:
        connection.execute("DELETE FROM raw.numbers WHERE n >= 100")
    assert not journal.exists()
    for content in (old, old[:-1], b""):
        journal.write_bytes(content)
        assert numbers(warehouse) == 100


def test_a_file_has_one_checkpoint_while_it_is_open(warehouse: Warehouse) -> None:
    """A second one would be of metadata that the journal does not hold."""
    with warehouse.work() as connection:
        connection.execute(
            "INSERT INTO raw.numbers SELECT (random() * 1e15)::BIGINT FROM range(4_000_000)"
        )
        before = warehouse.work_file.read_bytes()[HEADERS]
        connection.commit()
        assert warehouse.work_file.read_bytes()[HEADERS] == before
        connection.begin()
