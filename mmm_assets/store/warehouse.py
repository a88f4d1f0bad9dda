"""Where the tables live: working ones that refreshes write, published ones that analysts read.

Two DuckDB files hold them, or DuckLake: see ``file_tables`` and ``lake_tables``. Either way a
refresh becomes visible in one step, whole or not at all, and no reader waits. Nothing outside of
this room knows which it is, save what is of files alone: backups, and their restoration.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import duckdb

from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.file_tables import WORK, FileTables, connect
from mmm_assets.store.lake_tables import Lake, LakeTables
from mmm_assets.store.locks import LOCK_SECONDS, hold
from mmm_assets.store.metadata_journal import undo_cut_checkpoint
from mmm_assets.store.migrations import migrate, require_known_version
from mmm_assets.store.publishing import Change, replace_weeks
from mmm_assets.store.room import Room
from mmm_assets.store.schema import create_schemas
from mmm_assets.store.sql_text import quote

LOADS = "loads"
"""Folder of the files of loads, see ``load_files``."""

KEPT = ("work.duckdb", "work.duckdb.wal", "mmm.duckdb", LOADS, "models", "drafts")
"""What of its folder a warehouse cannot do without: a backup holds it, a restore replaces it.
Locks, spilled data and Dagster's records of its runs are left out."""


@dataclass(frozen=True)
class Warehouse:
    """The tables of a project and what lies beside them.

    Parameters
    ----------
    folder
        Where the files of tables, loads and models lie; created when first written to.
    memory_limit
        What DuckDB may use, e.g. ``2GB``; it spills to ``.spill`` beyond that. None: its default.
    details
        How many refreshes keep their rows by region and week.
    lake
        Where the tables are, if not in DuckDB files.
    """

    folder: Path
    memory_limit: str | None = None
    details: int = 13
    lake: Lake | None = None

    @cached_property
    def tables(self) -> FileTables | LakeTables:
        """The tables as they are kept."""
        if self.lake is None:
            return self.files
        return LakeTables(self.lake, self.memory_limit)

    @cached_property
    def files(self) -> FileTables:
        """The two DuckDB files; there are none under DuckLake."""
        return FileTables(self.folder, self.memory_limit, self.details, self.turn)

    @property
    def work_file(self) -> Path:
        """The file that refreshes write: schemas ``raw``, ``staging`` and ``mart``."""
        return self.files.work_file

    @property
    def published_file(self) -> Path:
        """The file that analysts open: schema ``mart`` and its ``current_*`` views."""
        return self.files.published_file

    @property
    def published_place(self) -> str:
        """Where analysts find the published tables, in words."""
        return str(self.lake or self.published_file)

    def require_files(self, what: str) -> None:
        """Refuse what is done to files, under DuckLake.

        Raises
        ------
        WarehouseError
            If the tables are in DuckLake.
        """
        if self.lake is not None:
            raise WarehouseError(
                f"{what} is for DuckDB files, and the tables are in {self.lake}. Save its "
                f"catalogue with pg_dump, its files and {self.folder} with what saves your disks"
            )

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
        """Open the working tables for a short while, inside one transaction.

        Yields
        ------
        duckdb.DuckDBPyConnection
            Committed when the block ends, rolled back when it raises.

        Raises
        ------
        WarehouseBusy
            If they did not come free within ``LOCK_SECONDS``.
        WarehouseError
            If they cannot be reached or written to, or a newer release wrote them.
        """
        with self.turn(WORK), self.tables.open_work() as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                with suppress(duckdb.Error):  # after a full disk there is nothing to roll back
                    connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def rehearsal(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a file that knows what was delivered, and is thrown away in the end.

        Of the working file it has the rows as delivered and the list of refreshes; whoever waits
        for that file waits while these are copied, however long its history is.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rehearsal.duckdb"
            with connect(file, self.memory_limit) as connection:
                if self.tables.there:
                    with self.turn(WORK):
                        self.tables.attach_work(connection)
                        _take_over(connection)
                require_known_version(connection, self.work_file)
                migrate(connection, file, "work")
                create_schemas(connection)
                yield connection

    @contextmanager
    def published(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the published tables as an analyst would, read-only.

        Yields
        ------
        duckdb.DuckDBPyConnection
            On a copy where somebody has the file open for writing, or left a log beside it. Under
            DuckLake, on the state of the moment at which it was opened.

        Raises
        ------
        FileNotFoundError
            If nothing has been published yet.
        WarehouseError
            If they cannot be read, or a newer release wrote them.
        """
        with self.tables.open_published() as connection:
            yield connection

    def publish(
        self, refresh_week: date, warn: Callable[[str], None] = lambda message: None
    ) -> None:
        """Replace one refresh week in the published tables by what the working ones hold.

        Atomic: the new state is built in a copy, synced to disk and renamed over the old one, or is
        one transaction. What it costs depends on the rows of a week and of the details that are
        kept, not on the number of refreshes before.

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
        with self.turn("publish"):
            self.tables.publish(change, warn, anew)

    def room(self) -> Room:
        """What the tables take of the disk, see ``room``; of DuckLake that is not known.

        Raises
        ------
        WarehouseError
            If the published file cannot be read.
        """
        return self.files.room() if self.lake is None else Room.of_none(self.folder)

    def give_back(self) -> None:
        """Give the disk back what of the working tables is dead."""
        with self.turn(WORK):
            self.tables.give_back()

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
            self.tables.sweep()


_REHEARSED = """
    SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'work'
    AND (schema_name IN ('raw', 'platform') OR (schema_name, table_name) = ('mart', 'refreshes'))
"""
"""Tables that say what was delivered and what refreshes made of it."""


def _take_over(connection: duckdb.DuckDBPyConnection) -> None:
    for schema, table in connection.execute(_REHEARSED).fetchall():
        name = f"{quote(schema)}.{quote(table)}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
        connection.execute(f"CREATE TABLE {name} AS FROM work.{name}")
    connection.execute("DETACH work")
