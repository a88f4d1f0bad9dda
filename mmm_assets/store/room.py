"""Room on the disk: how large the two files are, what of them is dead, what a publication takes.

DuckDB uses the blocks of deleted rows again and gives none back to the disk, save at a file's
end. A file of which too much is dead is written anew.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from mmm_assets.mart.numbers import number
from mmm_assets.store.durable import replace_durably
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.sql_text import quote_text

DEAD_SHARE = 0.4
"""Share of dead blocks from which a file is written anew. Keeping the newest refreshes alone leaves
far less, and what it leaves serves the next refresh."""
DEAD_BYTES = 32 * 2**20
"""Fewer dead bytes are not worth a rewrite."""


@dataclass(frozen=True)
class FileSize:
    """Bytes that a DuckDB file takes on the disk, and how many of them hold nothing."""

    total: int
    dead: int

    @property
    def wastes(self) -> bool:
        """Whether it should be written anew."""
        return self.dead > max(DEAD_BYTES, DEAD_SHARE * self.total)

    def __str__(self) -> str:
        """Say both in megabytes."""
        dead = f", {bytes_text(self.dead)} of it free" if self.dead > DEAD_BYTES else ""
        return f"{bytes_text(self.total)}{dead}"


@dataclass(frozen=True)
class Room:
    """What a project takes of its disk.

    Parameters
    ----------
    published, working
        The two files; None where there is none yet.
    free
        Bytes that the disk has left.
    needed
        Bytes that the next publication takes meanwhile.
    """

    published: FileSize | None
    working: FileSize | None
    free: int
    needed: int

    @classmethod
    def of_none(cls, folder: Path) -> Room:
        """Room of a project whose tables are not on the disk of its folder."""
        return cls(None, None, free_bytes(folder), 0)

    @property
    def fits(self) -> bool:
        """Whether the disk has room for the next publication."""
        return self.needed <= self.free


def size_of(connection: duckdb.DuckDBPyConnection) -> FileSize:
    """Size of the file that a connection has open."""
    row = connection.execute(
        "SELECT block_size, total_blocks, free_blocks FROM pragma_database_size() "
        "WHERE database_name = current_database()"
    ).fetchone()
    block, total, free = row if row else (0, 0, 0)
    return FileSize(block * total, block * free)


def write_anew_if_wasteful(file: Path, size: FileSize) -> None:
    """Give back what a DuckDB file that nobody has open wastes, if the disk has room for a copy.

    Tables, views, macros and comments stay as they are; a process that dies on the way leaves
    the file as it was.
    """
    if not size.wastes or free_bytes(file.parent) < size.total - size.dead:
        return
    draft = file.with_name(f".{file.name}.anew")
    draft.unlink(missing_ok=True)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute(f"ATTACH {quote_text(str(file))} AS old (READ_ONLY)")
        connection.execute(f"ATTACH {quote_text(str(draft))} AS new")
        connection.execute("COPY FROM DATABASE old TO new")
        connection.execute("DETACH new")
    replace_durably(draft, file)


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written to the disk of a folder."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(there).free


def require_room(needed: int, folder: Path) -> None:
    """Refuse what would not fit, before anything of it is written.

    Raises
    ------
    WarehouseError
        If the disk of the folder has less room than is needed.
    """
    free = free_bytes(folder)
    if needed > free:
        raise WarehouseError(
            f"{folder} has {bytes_text(free)} free and the publication needs {bytes_text(needed)}: "
            "nothing was written. Make room, or keep fewer refreshes (retention.details), then "
            "refresh again"
        )


def bytes_text(size: float) -> str:
    """Write a number of bytes for a person."""
    return f"{number(size / 1e6)} MB" if size < 1e9 else f"{number(size / 1e9)} GB"
