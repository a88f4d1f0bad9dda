"""The version of the layout of a warehouse file, and the steps from each version to the next.

A new table or column of the contract in ``mart`` needs no step: ``schema`` adds what is missing.
What else changes in a file that people have is a step here: a short function that holds its own
SQL, so that it does tomorrow what it does today, and one line at the end of ``MIGRATIONS``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import duckdb

from mmm_assets.store.errors import NewerFile

Kind = Literal["work", "published"]
"""Of the two files of a project, see ``warehouse``."""

Change = Callable[[duckdb.DuckDBPyConnection, Path], None]
"""Changes the file of a connection, which is in a transaction, and what lies in a folder."""


@dataclass(frozen=True)
class Migration:
    """The step from one version to the next.

    Parameters
    ----------
    what
        What is different after it, for a person.
    work, published
        The change of each file; None where it stays as it is.
    """

    what: str
    work: Change | None = None
    published: Change | None = None


def _loads_keep_their_clock(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.execute("ALTER TABLE IF EXISTS raw.loads ADD COLUMN IF NOT EXISTS clock TIMESTAMP")


MIGRATIONS: tuple[Migration, ...] = (
    Migration("each load keeps what the clock said", work=_loads_keep_their_clock),
    # ``inputs.raw_tables`` brings rows that were delivered to it when it first meets them.
    Migration("raw keeps each row once, a load is a list of runs of rows"),
)
"""In the order in which they are made. The first leads from version 1 to 2; none is ever changed
or taken away once it was released."""

FIRST = 1
"""Version of the files of release 0.1.0, which bear none."""

VERSION = FIRST + len(MIGRATIONS)
"""Version of the files that this release writes."""


def file_version(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Version of the open file; None where it holds no table yet."""
    tables = "FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal"
    there = set(connection.execute(f"SELECT schema_name, table_name {tables}").fetchall())
    if not there:
        return None
    found = None
    if ("platform", "versions") in there:
        row = connection.execute("SELECT max(version) FROM platform.versions").fetchone()
        found = row[0] if row else None
    return FIRST if found is None else int(found)


def require_known_version(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Refuse the open file where a newer release wrote it.

    Raises
    ------
    NewerFile
        If so.
    """
    found = file_version(connection)
    if found is not None and found > VERSION:
        raise NewerFile(file, found, VERSION)


def migrate(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    kind: Kind,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> list[str]:
    """Bring the open file to the version of this release; a new one is given it at once.

    Parameters
    ----------
    connection
        Open for writing, outside of a transaction: each step is one, and stays when a later fails.
    file
        Names the file to people; changes are given its folder.

    Returns
    -------
    list of str
        What each step that was made was for.

    Raises
    ------
    NewerFile
        If a newer release wrote it.
    """
    newest = FIRST + len(migrations)
    found = file_version(connection)
    if found is None:
        _note(connection, newest, "made by this release")
        return []
    if found > newest:
        raise NewerFile(file, found, newest)
    due = list(enumerate(migrations, start=FIRST + 1))[found - FIRST :]
    for number, step in due:
        connection.begin()
        try:
            change = step.work if kind == "work" else step.published
            if change is not None:
                change(connection, file.parent)
            _note(connection, number, step.what)
        except BaseException:
            with suppress(duckdb.Error):
                connection.rollback()
            raise
        connection.commit()
    return [step.what for _, step in due]


def _note(connection: duckdb.DuckDBPyConnection, number: int, what: str) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS platform")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS platform.versions "
        "(version INTEGER, what VARCHAR, code_version VARCHAR, since TIMESTAMP)"
    )
    connection.execute(
        "INSERT INTO platform.versions VALUES (?, ?, ?, now() AT TIME ZONE 'UTC')",
        [number, what, version("mmm-platform")],
    )
