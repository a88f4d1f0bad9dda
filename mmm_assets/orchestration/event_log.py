"""Dagster's record of events in SQLite, with one engine for each of its files.

A refresh reports some four hundred events, each of which goes to the file of its run and most to
the index of all runs. Dagster (1.13) makes an engine for every statement: none finds the one
before it compiled, and the index is brought up to date and synced to disk twice an event, since
whoever closes the last connection to a file in WAL mode does that. Here engines are kept, and
the index stays open. The files are those of Dagster's own class; either may go on with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import NullPool, QueuePool

_KEPT = 4
"""Engines: of the index and of the newest runs; a web server looks at many in its life."""


class EventLog(SqliteEventLogStorage):
    """Dagster's event log in a home, as ``dagster.yaml`` names it.

    Parameters
    ----------
    base_dir
        Folder of its files.
    inst_data
        What ``dagster.yaml`` said.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """Of what ``config`` says in ``dagster.yaml``."""
        return {"home": dg.StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> EventLog:
        """Make the event log of a home, in the place where Dagster's own class has it."""
        return cls(str(Path(config_value["home"]) / "history" / "runs"), inst_data)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; asked of it until it has."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        found = self._engines.pop(shard, None) or self._new_engine(shard)
        self._engines[shard] = found  # the last one used is the last in order
        if len(self._engines) > _KEPT:
            self._engines.pop(next(iter(self._engines))).dispose()
        return found

    def _new_engine(self, shard: str) -> sqlalchemy.Engine:
        # The file of a run is closed each time: by that the web server notices what is new in it.
        pool = QueuePool if shard == INDEX_SHARD_NAME else NullPool
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=pool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )
        sqlalchemy.event.listen(engine, "connect", _sync_seldom)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine


def _sync_seldom(connection: Any, record: object) -> None:
    """Sync before and after a checkpoint, not at each commit: a power cut takes the last events,
    and never the file (https://www.sqlite.org/wal.html#performance_considerations).
    """
    connection.execute("PRAGMA synchronous = NORMAL")
