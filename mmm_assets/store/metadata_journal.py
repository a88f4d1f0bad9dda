"""A journal of a DuckDB file's metadata, by which a checkpoint that was cut short is undone.

A checkpoint writes what is new to free blocks and then switches to it by one page of the header,
save for blocks of metadata: DuckDB (1.5) writes those in place. A process that is killed, or a
power cut, in the midst of one leaves half of it old and half of it new, and with it a file that
nobody can open. As in the rollback journal of SQLite, the blocks as the header knows them are kept
beside the file while it is open for writing, and put back where the header is still the same.

It holds for one checkpoint: a file must be opened with `ONE_CHECKPOINT`.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO

import duckdb

from mmm_assets.store.durable import write_durably

ONE_CHECKPOINT = {"checkpoint_threshold": "1TB"}
"""Setting of a connection that writes: a checkpoint is made when it is closed, none before."""

_HEADERS = slice(4096, 12288)
"""Bytes of the two pages of a file of which the newer one says where everything is."""


def journal_of(file: Path) -> Path:
    """Where the journal of a file is."""
    return file.with_name(f".{file.name}.metadata")


def keep_metadata(connection: duckdb.DuckDBPyConnection, file: Path, stream: BinaryIO) -> None:
    """Write the journal of a file that a connection has opened and not yet written to.

    Parameters
    ----------
    stream
        The file, opened before the connection and closed after it: DuckDB's lock on a file ends
        when its process closes the file anywhere.
    """
    row = connection.execute(
        "SELECT block_size FROM pragma_database_size() WHERE database_name = current_database()"
    ).fetchone()
    size = row[0] if row else 0
    found = connection.execute("SELECT block_id FROM pragma_metadata_info()").fetchall()
    places = sorted(_HEADERS.stop + size * block for (block,) in found)
    blocks = [(place, os.pread(stream.fileno(), size, place)) for place in places]
    kept = [(place, block) for place, block in blocks if len(block) == size]
    headers = os.pread(stream.fileno(), _HEADERS.stop - _HEADERS.start, _HEADERS.start)
    content = headers + b"".join(block for _, block in kept)
    told = {
        "size": size,
        "places": [place for place, _ in kept],
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    write_durably(journal_of(file), json.dumps(told).encode() + b"\n" + content)


def undo_cut_checkpoint(file: Path) -> None:
    """Put the metadata back as the header of a file knows them, where a process left a journal.

    Nobody may have the file open. The journal stays: until the next checkpoint it is still right.
    """
    journal = journal_of(file)
    if not journal.exists():
        return
    head, _, content = journal.read_bytes().partition(b"\n")
    told = json.loads(head) if head.startswith(b"{") else {}
    length = _HEADERS.stop - _HEADERS.start
    whole = told.get("sha256") == hashlib.sha256(content).hexdigest()
    if not (whole and file.exists() and _headers(file) == content[:length]):
        journal.unlink()  # spoilt, or of a file that is no more
        return
    size = told["size"]
    blocks = {
        place: content[length + number * size : length + (number + 1) * size]
        for number, place in enumerate(told["places"])
    }
    with file.open("rb") as stream:
        cut = [at for at, block in blocks.items() if os.pread(stream.fileno(), size, at) != block]
    if cut:
        with file.open("rb+") as stream:
            for place in cut:
                os.pwrite(stream.fileno(), blocks[place], place)
            os.fsync(stream.fileno())


def _headers(file: Path) -> bytes:
    with file.open("rb") as stream:
        return os.pread(stream.fileno(), _HEADERS.stop - _HEADERS.start, _HEADERS.start)
