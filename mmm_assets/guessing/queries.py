"""A query of ``tables.*.sql`` that ``mmm init`` writes, and the places that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mmm_assets.config.queries import PostgresServer
from mmm_assets.store.sql_text import quote, quote_text

QUERIED = {".parquet": "read_parquet({path})", ".csv": "read_csv({path}, all_varchar = true)"}
"""Ending → how a query reads such a file; each value of a CSV file is text."""


@dataclass(frozen=True)
class Place:
    """A table that a query can read.

    Parameters
    ----------
    name
        What its owner calls it, without schema and ending.
    path
        Its file or glob, or the file of its database.
    table
        Schema and table in the database; None for a file.
    database
        Name under which the database is attached; empty for a file.
    server
        Of the database; None where it is a file.
    """

    name: str
    path: Path
    table: tuple[str, str] | None = None
    database: str = ""
    server: PostgresServer | None = None

    def relation(self, path: str) -> str:
        """SQL after FROM, where the file or glob is called ``path``."""
        if self.table:
            return ".".join(map(quote, (self.database, *self.table)))
        read = QUERIED[self.path.suffix.lower()].format(path=quote_text(path))
        return f"{read[:-1]}, union_by_name = true)" if "*" in self.path.name else read

    @property
    def here(self) -> str:
        """SQL after FROM on this machine."""
        return self.relation(str(self.path))


@dataclass(frozen=True)
class Query:
    """A query of recognised tables.

    Parameters
    ----------
    sql
        As it will stand in ``mmm.yaml``, paths counted from its folder.
    here
        The same with the paths of this machine, to be run at once.
    places
        Tables that it reads.
    """

    sql: str
    here: str
    places: tuple[Place, ...]
