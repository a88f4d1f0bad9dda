"""The two DuckDB files of a project: a working file, and a published one that analysts open.

DuckDB allows one writing process per file and then no reader at all, so nothing here holds a
connection for long, every use of the working file queues behind one lock, and analysts never open
that file. Publishing replaces one refresh week in a copy of the published file and renames the
copy over it: a reader sees the old state or the new one, never a mixture, and a process that dies
on the way leaves the old one as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb

from mmm_assets.store.errors import WarehouseBusy, WarehouseError
from mmm_assets.store.metadata_journal import ONE_CHECKPOINT, journal_of, keep_metadata
from mmm_assets.store.migrations import migrate, require_known_version
from mmm_assets.store.published_file import PUBLISH, open_as_published
from mmm_assets.store.publishing import Change, change_draft, draft_of, put_in_place
from mmm_assets.store.room import (
    FileSize,
    Room,
    free_bytes,
    require_room,
    size_of,
    write_anew_if_wasteful,
)
from mmm_assets.store.schema import create_schemas
from mmm_assets.store.sql_text import quote_text

RESTORE, DECIDED = ".restore", "decided"
"""Folder of a restore on its way, and the note in it after which it must be finished."""

WORK = "work"
"""Name of the lock under which the working tables are opened."""

SPILL = ".spill"
"""Folder in which DuckDB keeps what does not fit into memory."""


class Turn(Protocol):
    """Holds a lock of the warehouse, see `Warehouse.turn`."""

    def __call__(self, name: str, seconds: float | None = None) -> AbstractContextManager[None]:
        """Hold it for the length of a block."""
        ...


@dataclass(frozen=True)
class FileTables:
    """The tables of a warehouse as two DuckDB files.

    Parameters
    ----------
    folder
        Where the files lie; created when first written to.
    memory_limit
        What DuckDB may use; it spills to ``.spill`` beyond that. None: its default.
    details
        How many refreshes keep their rows by region and week.
    turn
        Holds a lock of the warehouse.
    """

    folder: Path
    memory_limit: str | None
    details: int
    turn: Turn
    _completed: set[int] = field(default_factory=set, init=False, compare=False, repr=False)
    """Working files, by inode, that have all that today's contract asks for."""

    @property
    def work_file(self) -> Path:
        """The file that refreshes write: schemas ``raw``, ``staging`` and ``mart``."""
        return self.folder / "work.duckdb"

    @property
    def published_file(self) -> Path:
        """The file that analysts open: schema ``mart`` and its ``current_*`` views."""
        return self.folder / "mmm.duckdb"

    @property
    def there(self) -> bool:
        """Whether anything was ever loaded."""
        return self.work_file.exists()

    @contextmanager
    def open_work(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the working tables, complete and of this release's layout; the turn is held."""
        with self._open_work_file() as connection:
            migrate(connection, self.work_file, "work")
            self._complete(connection)
            yield connection

    def _complete(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create what today's contract asks for, once for each file that this object opens."""
        file = self.work_file.stat().st_ino  # another one after a restore
        if file not in self._completed:
            create_schemas(connection)
            self._completed.add(file)

    @contextmanager
    def _open_work_file(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the working file; a process that dies meanwhile leaves a journal to undo it by."""
        self.require_no_cut_restore()
        if not self.work_file.exists():
            self._completed.clear()  # its number may be that of a file that is gone
            with connect(self.work_file, self.memory_limit, ONE_CHECKPOINT) as connection:
                yield connection
            return
        with (
            self.work_file.open("rb") as stream,
            connect(self.work_file, self.memory_limit, ONE_CHECKPOINT) as connection,
        ):
            keep_metadata(connection, self.work_file, stream)
            yield connection
        journal_of(self.work_file).unlink(missing_ok=True)

    def require_no_cut_restore(self) -> None:
        """Refuse where a process was killed while it put a backup in place.

        Raises
        ------
        WarehouseError
            If so.
        """
        if (self.folder / RESTORE / DECIDED).exists():
            raise WarehouseError(
                f"a restore of {self.folder} was cut short. Say it again:  mmm restore DIR"
            )

    @contextmanager
    def open_published(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the published tables read-only, see `Warehouse.published`."""
        if not self.published_file.exists():
            raise FileNotFoundError(f"nothing is published yet: {self.published_file} is missing")
        with open_as_published(self.published_file) as connection:
            require_known_version(connection, self.published_file)
            try:
                yield connection
            except duckdb.IOException as error:  # a spoilt block is met when it is read
                said = " ".join(str(error).split())
                raise WarehouseError(
                    f"{self.published_file} cannot be read: {said}. {PUBLISH}"
                ) from error

    def publish(self, change: Change, warn: Callable[[str], None], anew: bool) -> None:
        """Change the published file, or a new one, whole or not at all; the turn is held."""
        with draft_of(self.published_file) as draft:
            require_room(self.needed_to_publish(anew), draft.parent)
            if self.published_file.exists() and not anew:
                shutil.copyfile(self.published_file, draft)
            with self.turn(WORK), connect(draft, self.memory_limit) as connection:
                change_draft(connection, self.published_file, self.work_file, change)
                size = size_of(connection)
            put_in_place(draft, self.published_file, size, warn)

    def needed_to_publish(self, anew: bool = False) -> int:
        """Bytes that the next publication takes meanwhile: the file as it is, and another week.

        Raises
        ------
        WarehouseError
            If the published file cannot be read.
        """
        if anew or not self.published_file.exists():
            return self.work_file.stat().st_size if self.work_file.exists() else 0
        size = self.published_file.stat().st_size
        with self.open_published() as connection:
            row = connection.execute("SELECT count(*) FROM mart.refreshes").fetchone()
        weeks = min(row[0], self.details) if row else 0
        return size + size // max(1, weeks)

    def room(self) -> Room:
        """What the files take of the disk; of one that others hold, what is dead is not known.

        Raises
        ------
        WarehouseError
            If the published file cannot be read.
        """
        published = working = None
        if self.published_file.exists():
            with self.open_published() as connection:
                published = size_of(connection)
        if self.work_file.exists():
            working = FileSize(self.work_file.stat().st_size, 0)
            with (
                suppress(WarehouseError, duckdb.Error),
                self.turn(WORK, seconds=0),
                duckdb.connect(str(self.work_file), read_only=True) as connection,
            ):
                working = size_of(connection)
        return Room(published, working, free_bytes(self.folder), self.needed_to_publish())

    def give_back(self) -> None:
        """Write the working file anew where too much of it is dead; the turn is held."""
        if not self.work_file.exists():
            return
        with self._open_work_file() as connection:
            size = size_of(connection)  # to close it leaves no log
        write_anew_if_wasteful(self.work_file, size)

    def attach_work(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the working tables as ``work``, for reading."""
        connection.execute(f"ATTACH {quote_text(str(self.work_file))} AS work (READ_ONLY)")

    def sweep(self) -> None:
        """Remove what killed processes left of DuckDB's spilled data; the turn is held."""
        shutil.rmtree(self.folder / SPILL, ignore_errors=True)


def connect(
    file: Path, memory_limit: str | None, further: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file for writing.

    Raises
    ------
    WarehouseBusy
        If another process has it open.
    WarehouseError
        If it cannot be opened.
    """
    # Extensions are never fetched: a refresh must not depend on a network.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "temp_directory": str(file.parent / SPILL),
        **(further or {}),
    }
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    try:
        return duckdb.connect(str(file), config=settings)
    except duckdb.IOException as error:
        locked = "Could not set lock" in str(error)
        kind = WarehouseBusy if locked else WarehouseError
        raise kind(f"{file} cannot be opened: {error}") from error
