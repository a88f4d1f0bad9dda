"""Find a source's files and open them: CSV in the dialects that people export, or Parquet."""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import duckdb

from mmm_assets.store.sql_text import quote_text

_CHUNK = 1 << 20
_DELIMITERS = ",;\t|"


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
        raise SourceError(f"{role}: {path} {what}. Correct tables.{role}.source")
    found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207
    files = [file for file in found if file.is_file()]
    if not files:
        raise SourceError(f"{role}: no file matches {path}. Correct tables.{role}.source")
    return files


def open_file(
    connection: duckdb.DuckDBPyConnection, role: str, file: Path, source: str
) -> Delivery:
    """Look at a file: what it is, its columns, the hash of its bytes.

    Raises
    ------
    SourceError
        If it is empty, or neither CSV nor Parquet.
    """
    # DuckDB reads a path as a glob.
    parameters = {"path": re.sub(r"([*?\[])", r"[\1]", str(file))}
    try:
        state = _state(file)
        with file.open("rb") as stream:
            start = stream.read(_CHUNK)
    except OSError as error:
        raise SourceError(f"{role}: {source} cannot be opened: {error.strerror}") from error
    if not start:
        raise SourceError(f"{role}: {source} is an empty file")
    if start.startswith(b"PAR1"):
        columns = _parquet_columns(connection, role, source, parameters)
        relation = "read_parquet($path)"
    else:
        text = csv_text(file, role, source)
        columns = text.columns
        options = (
            f"delim = {quote_text(text.delimiter)}, quote = '\"', escape = '\"', header = true, "
            f"auto_detect = false, encoding = '{text.encoding}'"
        )
        names = ", ".join(f"c{n}: 'VARCHAR'" for n in range(len(columns)))
        relation = f"read_csv($path, columns = {{{names}}}, {options})"
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
    )


@dataclass(frozen=True)
class CsvText:
    """Encoding, delimiter and columns of a CSV file."""

    encoding: str
    delimiter: str
    columns: list[str]


def csv_text(file: Path, role: str, source: str) -> CsvText:
    """Find out the encoding, the delimiter and the header of a CSV file.

    Raises
    ------
    SourceError
        If it is not text, or broken.
    """
    try:
        return _csv_text(file, role, source)
    except (EOFError, OSError, UnicodeError, csv.Error, zlib.error) as error:
        raise SourceError(f"{role}: {source} cannot be read: {error}") from error


def _csv_text(file: Path, role: str, source: str) -> CsvText:
    with _bytes(file) as stream:
        start = stream.read(4)
        if start.startswith(b"PK\x03\x04"):
            raise SourceError(
                f"{role}: {source} is not a CSV file but a spreadsheet or an archive; save the "
                "table as CSV or Parquet"
            )
        encoding = _encoding(start, stream)
    if encoding is None:
        raise SourceError(f"{role}: {source} is not a CSV file: it is binary, not text")
    with _bytes(file) as stream:
        decoder = "utf-8-sig" if encoding == "utf-8" else encoding
        text = io.TextIOWrapper(stream, encoding=decoder, newline="")
        first = next((line for line in text if line.strip()), "")
        outside = re.sub(r'"[^"]*"', "", first)
        delimiter = max(_DELIMITERS, key=outside.count)
        text.seek(0)
        header = next((row for row in csv.reader(text, delimiter=delimiter) if row), [])
    return CsvText(encoding, delimiter, [name.strip() for name in header])


def _encoding(start: bytes, stream: IO[bytes]) -> str | None:
    """UTF-8 if all of it decodes, UTF-16 by its mark, Latin-1 for other text, None if binary."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decode = codecs.getincrementaldecoder("utf-8")()
    found = "utf-8"
    chunk = start
    while chunk:
        if b"\0" in chunk:
            return None
        if found == "utf-8":
            try:
                decode.decode(chunk)
            except UnicodeDecodeError:
                found = "latin-1"
        chunk = stream.read(_CHUNK)
    return found


def _bytes(file: Path) -> IO[bytes]:
    with file.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(file) if compressed else file.open("rb")  # type: ignore[return-value]


def _parquet_columns(
    connection: duckdb.DuckDBPyConnection, role: str, source: str, parameters: dict[str, Any]
) -> list[str]:
    try:
        rows = connection.execute(
            "SELECT name FROM parquet_schema($path) WHERE num_children IS NULL", parameters
        ).fetchall()
    except duckdb.Error as error:
        raise SourceError(f"{role}: {source} is not a readable Parquet file") from error
    return [str(row[0]) for row in rows]


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _state(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
