"""Files that are there whole or not at all, also after a power cut.

The new content is written beside the file, synced to disk and renamed over it; the folder is
synced last, or the rename itself could be lost. The name beside is always the same, so a killed
process leaves at most one such file and the next writer overwrites it: whoever may meet another
writer of the same file holds a lock meanwhile.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write_durably(file: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8; its folder is created where it is missing."""
    data = content.encode() if isinstance(content, str) else content
    beside = _beside(file)
    beside.write_bytes(data)
    replace_durably(beside, file)


def copy_durably(source: Path, target: Path) -> None:
    """Copy a file, also from another disk; the target's folder is created where it is missing."""
    beside = _beside(target)
    shutil.copyfile(source, beside)
    replace_durably(beside, target)


def replace_durably(source: Path, target: Path) -> None:
    """Rename a file over another on the same disk."""
    with source.open("rb+") as handle:
        os.fsync(handle.fileno())
    source.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.with_name(f".{file.name}.draft")
