"""Find a source's files and open them: CSV as people export it, Parquet, Excel workbooks."""

from __future__ import annotations

import csv
import glob
import hashlib
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.inputs.csv_text import (
    CsvText,
    NotText,
    find_header,
    look_at,
    table_rows,
    without_notes,
)
from mmm_assets.inputs.roles import ROLES
from mmm_assets.store.sql_text import quote_text

WORKBOOKS = (".xlsx", ".xlsm")
_BROKEN = (EOFError, OSError, UnicodeError, csv.Error, zlib.error)


class SourceError(ValueError):
    """A source cannot be loaded; the message says which, why, and what to do."""


class SourceChanged(SourceError):
    """A file was replaced while it was read; the next attempt reads the new one."""


@dataclass(frozen=True)
class Delivery:
    """A source as it is now, ready to be queried once.

    Parameters
    ----------
    relation
        SQL after ``FROM``; its columns are called ``c0``, ``c1`` … in the order of ``columns``.
    parameters
        Values that ``relation`` binds.
    columns
        Names as delivered.
    fingerprint
        Hash of the content.
    """

    role: str
    source: str
    relation: str
    parameters: dict[str, Any]
    columns: Sequence[str]
    fingerprint: str
    file: Path | None = None
    state: tuple[int, int, int] = field(default=(0, 0, 0))
    delimiter: str | None = None
    kept: Any = None

    def require_unchanged(self) -> None:
        """Refuse a file that was replaced while it was read.

        Raises
        ------
        SourceChanged
            If it is another file, or its size or time differs, than when it was opened.
        """
        if self.file is not None and _state(self.file) != self.state:
            raise SourceChanged(
                f"{self.role}: {self.source} was changed while it was read; try again"
            )

    def unreadable(self, error: duckdb.Error) -> SourceError:
        """Say in one line what DuckDB found wrong."""
        said = " ".join(str(error).split("Possible")[0].split("\n\n")[0].split())
        return SourceError(f"{self.role}: {self.source} cannot be read: {said}")


def find_files(folder: Path, pattern: str, role: str) -> list[Path]:
    """List the files that a path or a glob names, in the order of their names.

    Raises
    ------
    SourceError
        If there is none.
    """
    path = Path(pattern) if Path(pattern).is_absolute() else folder / pattern
    if path.is_file():
        return [path]
    if not glob.has_magic(pattern):
        what = "is a folder; name its files, e.g. *.csv" if path.is_dir() else "does not exist"
        raise SourceError(
            f"{role}: {path} {what}. Correct {ROLES[role].key_of_configuration}.source"
        )
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207
    files = [file for file in found if file.is_file()]
    if not files:
        raise SourceError(
            f"{role}: no file matches {path}. Correct {ROLES[role].key_of_configuration}.source"
        )
    return files


def open_file(
    connection: duckdb.DuckDBPyConnection, role: str, file: Path, source: str
) -> Delivery:
    """Look at a file: what it is, its columns, the hash of its bytes.

    Raises
    ------
    SourceError
        If it is empty, or neither CSV nor Parquet nor a workbook.
    """
    # DuckDB reads a path as a glob.
    parameters = {"path": re.sub(r"([*?\[])", r"[\1]", str(file))}
    try:
        state = _state(file)
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise SourceError(f"{role}: {source} cannot be opened: {error.strerror}") from error
    if not start:
        raise SourceError(f"{role}: {source} is an empty file")
    kept: Any = None
    delimiter: str | None = None
    if start.startswith(b"PAR1"):
        columns, relation = _parquet(file, role, source)
    elif file.suffix.lower() in WORKBOOKS:
        columns, kept = _workbook(file, role, source)
        relation = _read_csv(",", len(columns))
    else:
        text = _csv_text(file, role, source)
        columns, delimiter = text.columns, text.delimiter
        if text.is_plain:
            relation = _read_csv(text.delimiter, len(columns), text.encoding)
        else:
            kept = _rewritten(columns, table_rows(file, text), role, source)
            relation = _read_csv(",", len(columns))
    if kept is not None:
        parameters = {"path": kept.name}
    places = ", ".join(f"c{n}" for n in range(len(columns)))
    return Delivery(
        role,
        source,
        f"{relation} AS t({places})",
        parameters,
        columns,
        _hash(file),
        file,
        state,
        delimiter,
        kept,
    )


def _read_csv(delimiter: str, columns: int, encoding: str = "utf-8") -> str:
    """SQL that reads a CSV file as text, whose header is its first line."""
    names = ", ".join(f"c{n}: 'VARCHAR'" for n in range(columns))
    return (
        f"read_csv($path, columns = {{{names}}}, delim = {quote_text(delimiter)}, quote = '\"', "
        f"escape = '\"', header = true, auto_detect = false, encoding = '{encoding}')"
    )


def _parquet(file: Path, role: str, source: str) -> tuple[list[str], str]:
    from mmm_assets.inputs.parquet_text import parquet_relation  # pyarrow takes a while to import

    try:
        return parquet_relation(file)
    except (OSError, ValueError) as error:
        raise SourceError(f"{role}: {source} is not a readable Parquet file") from error


def _csv_text(file: Path, role: str, source: str) -> CsvText:
    try:
        return look_at(file)
    except NotText as error:
        raise SourceError(f"{role}: {source} is not a CSV file: {error}") from error
    except _BROKEN as error:
        raise SourceError(f"{role}: {source} cannot be read: {error}") from error


def _rewritten(columns: Sequence[str], rows: Iterable[list[str]], role: str, source: str) -> Any:
    """Write a table that DuckDB cannot read as it lies to a plain file, gone when it is closed."""
    kept = tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="")  # noqa: SIM115
    try:
        writer = csv.writer(kept)
        writer.writerow(columns)
        writer.writerows(rows)
    except _BROKEN as error:
        raise SourceError(f"{role}: {source} cannot be read: {error}") from error
    kept.flush()
    return kept


def _workbook(file: Path, role: str, source: str) -> tuple[list[str], Any]:
    """Header of a workbook's table, and a plain file of it."""
    from mmm_assets.inputs.workbook import workbook_rows  # most projects have none

    try:
        rows = list(workbook_rows(file))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SourceError(f"{role}: {source} is not a readable workbook: {error}") from error
    found = find_header(rows)
    if found is None:
        raise SourceError(f"{role}: {source} has no table on its first sheet that is not empty")
    columns = [name.strip() for name in rows[found[0]]]
    below = without_notes(rows[found[0] + 1 :], len(columns))
    return columns, _rewritten(columns, below, role, source)


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _state(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
