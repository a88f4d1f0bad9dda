"""Where the tables live: a working file that refreshes write, a published file that analysts read.

DuckDB allows one writing process per file and then no reader at all, so nothing here holds
a connection for long, every use of the working file queues behind one lock, and analysts
never open that file. Publishing replaces one refresh week in a copy of the published file
and renames the copy over it: a reader sees the old state or the new one, never a mixture,
and a process that dies on the way leaves the old one as it was.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from mmm_assets.store.errors import WarehouseBusy, WarehouseError
from mmm_assets.store.locks import LOCK_SECONDS, hold
from mmm_assets.store.metadata_journal import (
    ONE_CHECKPOINT,
    journal_of,
    keep_metadata,
    undo_cut_checkpoint,
)
from mmm_assets.store.migrations import migrate, require_known_version
from mmm_assets.store.published_file import PUBLISH, open_as_published
from mmm_assets.store.publishing import (
    Change,
    change_draft,
    draft_of,
    put_in_place,
    replace_weeks,
)
from mmm_assets.store.room import (
    FileSize,
    Room,
    free_bytes,
    require_room,
    size_of,
    write_anew_if_wasteful,
)
from mmm_assets.store.schema import create_schemas
from mmm_assets.store.sql_text import quote, quote_text

LOADS = "loads"
"""Folder of the files of loads, see ``load_files``."""

KEPT = ("work.duckdb", "work.duckdb.wal", "mmm.duckdb", LOADS, "models", "drafts")
"""What of its folder a warehouse cannot do without: a backup holds it, a restore replaces it.
Locks, spilled data and Dagster's records of its runs are left out."""

RESTORE, DECIDED = ".restore", "decided"
"""Folder of a restore on its way, and the note in it after which it must be finished."""

WORK = "work"
"""Name of the lock under which the working file is opened."""

SPILL = ".spill"
"""Folder in which DuckDB keeps what does not fit into memory."""


@dataclass(frozen=True)
class Warehouse:
    """The two DuckDB files of a project and what lies beside them.

    Parameters
    ----------
    folder
        Where the files lie; created when first written to.
    memory_limit
        What DuckDB may use, e.g. ``2GB``; it spills to ``.spill`` beyond that. None: its default.
    details
        How many refreshes keep their rows by region and week.
    """

    folder: Path
    memory_limit: str | None = None
    details: int = 13
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
    def loads_folder(self) -> Path:
        """Folder in which each load is a file of its own."""
        return self.folder / LOADS

    def model_folder(self, refresh_week: date) -> Path:
        """Folder of the saved models of a published refresh."""
        return self.folder / "models" / refresh_week.isoformat()

    def draft_folder(self, refresh_week: date) -> Path:
        """Folder of the models and the dashboard of a refresh that is not published yet."""
        return self.folder / "drafts" / refresh_week.isoformat()

    @contextmanager
    def work(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the working file for a short while, inside one transaction.

        Yields
        ------
        duckdb.DuckDBPyConnection
            Committed when the block ends, rolled back when it raises.

        Raises
        ------
        WarehouseBusy
            If the file did not come free within ``LOCK_SECONDS``.
        WarehouseError
            If the folder cannot be written to, or a newer release wrote the file.
        """
        with self.turn(WORK), self._open_work_file() as connection:
            migrate(connection, self.work_file, "work")
            self._complete(connection)
            connection.begin()
            try:
                yield connection
            except BaseException:
                with suppress(duckdb.Error):  # after a full disk there is nothing to roll back
                    connection.rollback()
                raise
            connection.commit()

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
            with _connect(self.work_file, self.memory_limit, ONE_CHECKPOINT) as connection:
                yield connection
            return
        with (
            self.work_file.open("rb") as stream,
            _connect(self.work_file, self.memory_limit, ONE_CHECKPOINT) as connection,
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
    def rehearsal(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a file that knows what was delivered, and is thrown away in the end.

        Of the working file it has the rows as delivered and the list of refreshes; whoever waits
        for that file waits while these are copied, however long its history is.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rehearsal.duckdb"
            with _connect(file, self.memory_limit) as connection:
                if self.work_file.exists():
                    with self.turn(WORK):
                        _take_over(connection, self.work_file)
                require_known_version(connection, self.work_file)
                migrate(connection, file, "work")
                create_schemas(connection)
                yield connection

    @contextmanager
    def published(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the published file as an analyst would, read-only.

        Yields
        ------
        duckdb.DuckDBPyConnection
            On a copy where somebody has the file open for writing, or left a log beside it.

        Raises
        ------
        FileNotFoundError
            If nothing has been published yet.
        WarehouseError
            If the file cannot be read, or a newer release wrote it.
        """
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

    def publish(
        self, refresh_week: date, warn: Callable[[str], None] = lambda message: None
    ) -> None:
        """Replace one refresh week in the published file by what the working file holds.

        Atomic: the new state is built in a copy, synced to disk and renamed over the old one. What
        it costs depends on the rows of a week and of the details that are kept, not on the
        number of refreshes before.

        Parameters
        ----------
        warn
            Told that somebody had written to the published file.

        Raises
        ------
        WarehouseError
            If the disk has no room for it; nothing is written then.
        """
        of_week = partial(replace_weeks, refresh_weeks=[refresh_week], details=self.details)
        self._publish(of_week, warn)

    def amend(self, change: Change, warn: Callable[[str], None] = lambda message: None) -> None:
        """Change what is said of refreshes that are in the published file; as `publish`.

        Parameters
        ----------
        change
            Given a copy of the file to write to.
        """
        self._publish(change, warn)

    def publish_again(self, refresh_weeks: Sequence[date], warn: Callable[[str], None]) -> None:
        """Make the published file anew, of these weeks of the working file alone.

        As `publish`; what cannot be read of the old file is not needed.
        """
        of_weeks = partial(replace_weeks, refresh_weeks=refresh_weeks, details=self.details)
        self._publish(of_weeks, warn, anew=True)

    def _publish(self, change: Change, warn: Callable[[str], None], anew: bool = False) -> None:
        with self.turn("publish"), draft_of(self.published_file) as draft:
            require_room(self.needed_to_publish(anew), draft.parent)
            if self.published_file.exists() and not anew:
                shutil.copyfile(self.published_file, draft)
            with self.turn(WORK), _connect(draft, self.memory_limit) as connection:
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
        with self.published() as connection:
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
            with self.published() as connection:
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
        """Write the working file anew where too much of it is dead."""
        with self.turn(WORK):
            if not self.work_file.exists():
                return
            with self._open_work_file() as connection:
                size = size_of(connection)  # to close it leaves no log
            write_anew_if_wasteful(self.work_file, size)

    @contextmanager
    def turn(
        self, name: str, seconds: float | None = None, busy: str | None = None
    ) -> Iterator[None]:
        """Hold one of the warehouse's locks; a process that dies gives it back.

        Parameters
        ----------
        name
            ``work``, ``publish``, ``reports`` or ``week-YYYY-MM-DD``.
        seconds
            How long to wait for it; ``LOCK_SECONDS`` when None.
        busy
            What to say when it does not come free.

        Raises
        ------
        WarehouseBusy
            If it did not come free in time.
        WarehouseError
            If the folder cannot be written to.
        """
        message = busy or f"another run holds '{name}' of the warehouse {self.folder}"
        wait = LOCK_SECONDS if seconds is None else seconds
        with hold(self.folder / ".locks" / f"{name}.lock", wait, message):
            if name == WORK:
                undo_cut_checkpoint(self.work_file)
            yield

    def week_turn(
        self, refresh_week: date, seconds: float | None = None
    ) -> AbstractContextManager[None]:
        """Hold a refresh week, so that no other run works on it; as `turn`."""
        busy = f"another run is working on the refresh week {refresh_week}"
        return self.turn(f"week-{refresh_week.isoformat()}", seconds, busy)

    def sweep(self) -> None:
        """Remove what killed processes left of DuckDB's spilled data."""
        with self.turn(WORK):
            shutil.rmtree(self.folder / SPILL, ignore_errors=True)


def _connect(
    file: Path, memory_limit: str | None, further: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyConnection:
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


_REHEARSED = """
    SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'work'
    AND (schema_name IN ('raw', 'platform') OR (schema_name, table_name) = ('mart', 'refreshes'))
"""
"""Tables that say what was delivered and what refreshes made of it."""


def _take_over(connection: duckdb.DuckDBPyConnection, work_file: Path) -> None:
    connection.execute(f"ATTACH {quote_text(str(work_file))} AS work (READ_ONLY)")
    for schema, table in connection.execute(_REHEARSED).fetchall():
        name = f"{quote(schema)}.{quote(table)}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
        connection.execute(f"CREATE TABLE {name} AS FROM work.{name}")
    connection.execute("DETACH work")
