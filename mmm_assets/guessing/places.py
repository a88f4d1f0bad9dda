"""Tables that lie in a folder or in a database file, as ``mmm init`` is given them.

Files of a folder whose names differ in numbers and codes alone, as an export of one file a day
has them, are one table; so is a file whose name is nothing else, as a loader writes it anew. Of a
database, DuckDB's, each table and view is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from mmm_assets.guessing.frame import GuessError
from mmm_assets.guessing.queries import QUERIED, Place
from mmm_assets.inputs.source_files import WORKBOOKS
from mmm_assets.store.sql_text import quote, quote_text

_DATABASES = (".duckdb", ".db", ".ddb")
_CODE = re.compile(r"(?=[a-f]*\d)[0-9a-f]{4,}|\d+")
"""A number, or a code of hexadecimal digits, in a file's name."""
_TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables()
    WHERE database_name = $name AND NOT internal
    UNION ALL
    SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $name AND NOT internal
    ORDER BY ALL
"""


def find_files(given: Sequence[Path]) -> list[Path]:
    """The files that are meant by files and folders; a folder means its tables.

    Raises
    ------
    GuessError
        If a folder holds no table.
    """
    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        endings = (*QUERIED, *_DATABASES, *WORKBOOKS)
        inside = [
            file
            for file in sorted(path.rglob("*"))
            if file.suffix.lower() in endings and file.is_file() and not _is_own(file, path)
        ]
        if not inside:
            raise GuessError(f"{path} holds no table. Name a folder with {', '.join(endings)}")
        found += inside
    return [file.resolve() for file in found]


def _is_own(file: Path, folder: Path) -> bool:
    """Whether a file is hidden, or of the platform's own warehouse."""
    above = file.relative_to(folder).parts
    return any(part.startswith(".") for part in above) or "warehouse" in above[:-1]


def find_places(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> list[Place]:
    """Tables that a query can read among some files; databases are attached for reading.

    Raises
    ------
    GuessError
        If a database cannot be opened.
    """
    places: list[Place] = []
    alike: dict[Path, list[Path]] = {}
    for file in files:
        if is_database(file):
            places += _tables_of(connection, file)
        elif file.suffix.lower() in QUERIED:
            alike.setdefault(file.with_name(_CODE.sub("*", file.name)), []).append(file)
    for pattern, same in alike.items():
        name = re.sub(r"[\W_]*\*[\W_]*", "_", pattern.stem).strip("_")
        if name and len(same) == 1:
            places.append(Place(same[0].stem, same[0]))
        else:
            places.append(Place(name or pattern.parent.name, pattern))
    return places


def is_database(file: Path) -> bool:
    """Whether a file is a database, by its ending."""
    return file.suffix.lower() in _DATABASES


def _tables_of(connection: duckdb.DuckDBPyConnection, file: Path) -> list[Place]:
    name = re.sub(r"\W", "_", file.stem)
    try:
        connection.execute(f"ATTACH {quote_text(str(file))} AS {quote(name)} (READ_ONLY)")
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise GuessError(
            f"{file.name} cannot be opened as a DuckDB database: {said}. Close it where it is "
            "open, or export its tables as Parquet"
        ) from error
    found = tables_of(connection, name)
    return [Place(table, file, (schema, table), name) for schema, table in found]


def tables_of(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    """Schema and name of each table and view of an attached database."""
    return connection.execute(_TABLES, {"name": name}).fetchall()
