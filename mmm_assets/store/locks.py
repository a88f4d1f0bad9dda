"""Locks between processes: files that come free when the process that holds them ends or dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mmm_assets.store.durable import make_folder
from mmm_assets.store.errors import WarehouseBusy, WarehouseError

LOCK_SECONDS = 900.0
"""How long a step waits for its turn; a turn lasts seconds, a bulk load of raw rows minutes."""

_held = threading.local()


@contextmanager
def hold(file: Path, seconds: float, busy: str) -> Iterator[None]:
    """Hold a lock file for the length of a block.

    Parameters
    ----------
    seconds
        How long to wait for it.
    busy
        What to say where somebody else holds it for longer.

    Raises
    ------
    WarehouseBusy
        If it did not come free in time; at once if this thread holds it, and so would wait for
        itself.
    WarehouseError
        If the file cannot be created.
    """
    mine: set[Path] = _held.__dict__.setdefault("files", set())
    if file in mine:
        raise WarehouseBusy(f"{file.name} is held by this very thread: a turn inside a turn")
    try:
        make_folder(file.parent)
        lock = FileLock(file)
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise WarehouseBusy(
            f"{busy}; waited {seconds:.0f} s. Try again when it is done."
        ) from error
    except OSError as error:
        raise WarehouseError(f"{file.parent} cannot be written to: {error.strerror}") from error
    mine.add(file)
    try:
        yield
    finally:
        mine.discard(file)
        lock.release()
