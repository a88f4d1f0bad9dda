"""How the published file is changed: in a copy that is renamed over it, whole or not at all.

Whose turn it is, and whether the disk has room, is for `Warehouse`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from mmm_assets import mart
from mmm_assets.store.details import drop_details, weeks_beyond
from mmm_assets.store.durable import replace_durably
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.migrations import migrate
from mmm_assets.store.published_file import WRITTEN_TO, foreign_logs
from mmm_assets.store.room import FileSize, write_anew_if_wasteful
from mmm_assets.store.schema import create_mart
from mmm_assets.store.sql_text import is_one_of, quote, quote_text

Change = Callable[[duckdb.DuckDBPyConnection], None]
"""Given a copy of the published file to write to, inside a transaction."""


@contextmanager
def draft_of(published: Path) -> Iterator[Path]:
    """Name a draft of the published file; nothing of it is left in the end, nor at the start."""
    draft = published.resolve().with_suffix(".draft")
    _remove(draft)  # left by a run that was killed
    try:
        yield draft
    except BaseException:
        _remove(draft)  # a full disk needs the room
        raise


def change_draft(
    connection: duckdb.DuckDBPyConnection, published: Path, work: Path, change: Change
) -> None:
    """Change an open draft; the working file, where there is one, is attached as ``work``."""
    migrate(connection, published, "published")
    create_mart(connection)
    if work.exists():
        connection.execute(f"ATTACH {quote_text(str(work))} AS work (READ_ONLY)")
    connection.begin()
    change(connection)
    require_unique_weeks(connection)
    connection.commit()
    connection.execute("DETACH DATABASE IF EXISTS work")
    connection.execute("CHECKPOINT")


def replace_weeks(
    connection: duckdb.DuckDBPyConnection, refresh_weeks: Sequence[date], details: int
) -> None:
    """Replace refresh weeks of a draft by what the working file holds of them.

    Parameters
    ----------
    details
        How many refreshes keep their rows by region and week.
    """
    of_weeks = is_one_of("refresh_week", refresh_weeks)
    for table in mart.TABLES:
        if table.decided:
            continue
        names = ", ".join(quote(column.name) for column in table.all_columns)
        connection.execute(f"DELETE FROM mart.{table.name} WHERE {of_weeks}")
        connection.execute(
            f"INSERT INTO mart.{table.name} ({names}) SELECT {names} "
            f"FROM work.mart.{table.name} WHERE {of_weeks}"
        )
    take_decided(connection)
    drop_details(connection, weeks_beyond(connection, details))


def take_decided(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring everything that was ever decided into a draft, whatever week it is of.

    What the working file knows counts; what it lacks, of a decision that it has lost, stays.
    """
    for table in mart.TABLES:
        if not table.decided:
            continue
        names = ", ".join(quote(column.name) for column in table.all_columns)
        key = ", ".join(map(quote, table.decided))
        there = f"FROM work.mart.{table.name}"
        connection.execute(f"DELETE FROM mart.{table.name} WHERE ({key}) IN (SELECT {key} {there})")
        connection.execute(f"INSERT INTO mart.{table.name} ({names}) SELECT {names} {there}")


def require_unique_weeks(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse to publish two rows of one refresh: what a key would do where there is none.

    Raises
    ------
    WarehouseError
        Names the week.
    """
    row = connection.execute(
        "SELECT refresh_week FROM mart.refreshes GROUP BY refresh_week HAVING count(*) > 1"
    ).fetchone()
    if row is not None:
        raise WarehouseError(
            f"two refreshes of {row[0]} would be published: nothing was. Refresh that week again"
        )


def put_in_place(draft: Path, published: Path, room: FileSize, warn: Callable[[str], None]) -> None:
    """Rename a draft over the published file, synced; readers see the old state or the new one.

    Parameters
    ----------
    room
        What the draft takes.
    warn
        Told that somebody had written to the published file.
    """
    write_anew_if_wasteful(draft, room)
    # DuckDB would replay a log of the old file onto the new one.
    for log in foreign_logs(published):
        log.unlink(missing_ok=True)
        warn(f"{log} was removed: {WRITTEN_TO}")
    replace_durably(draft, published, read_only=True)


def _remove(draft: Path) -> None:
    for file in (draft, *foreign_logs(draft)):
        file.unlink(missing_ok=True)
