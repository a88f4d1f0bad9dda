"""The published file in the hands of others: read although somebody writes to it.

DuckDB keeps every reader out while one process has a file open for writing, and lays the log
that a killed writer left beside it onto whatever file lies there next.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

import duckdb

from mmm_assets.store.errors import WarehouseError

WRITTEN_TO = (
    "somebody had opened the published tables for writing and did not close them; the change is "
    "left out. Open them with read_only=True, or ATTACH … (READ_ONLY)"
)
"""What a log beside the published file says."""

PUBLISH = "Make it again from the working file:  mmm publish --all"
"""The next step where the published file is lost or spoilt."""


def foreign_logs(file: Path) -> list[Path]:
    """Logs of writers beside a database file, and beside the file that a link leads to."""
    beside = (file, file.resolve())
    return sorted({log for path in beside for log in path.parent.glob(f"{escape(path.name)}.wal*")})


@contextmanager
def open_as_published(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database file read-only, as it was published.

    Raises
    ------
    WarehouseError
        If it cannot be read.
    """
    if not foreign_logs(file):
        try:
            connection = _connect(file)
        except _Locked:
            pass
        else:
            with connection:
                yield connection
            return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        with _connect(copy) as connection:
            yield connection


def who_writes(file: Path) -> list[str]:
    """Say in words who writes, or wrote, to a database file; nothing where nobody does."""
    said = [f"{log} lies beside them: {WRITTEN_TO}" for log in foreign_logs(file)]
    if file.exists() and not said:  # opening a file would read the log
        try:
            _connect(file).close()
        except _Locked as error:
            said.append(str(error))
    return said


class _Locked(WarehouseError):
    """Somebody has the file open for writing."""


def _connect(file: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        if "Could not set lock" not in str(error):
            said = " ".join(str(error).split())
            raise WarehouseError(f"{file} cannot be read: {said}. {PUBLISH}") from error
        found = re.search(r"PID (\d+)", str(error))
        process = f" (process {found[1]})" if found else ""
        raise _Locked(
            f"somebody has {file} open for writing{process}: nobody else can open it until it is "
            "closed. Refreshes go on"
        ) from error
