"""Files that are there whole or not at all, also after a power cut.

The new content is written beside the file, synced to disk and renamed over it; the folder is
synced last, or the rename itself could be lost; so is every folder in which one was made, or all
that lies below could be. The name beside is always the same, so a killed
process leaves at most one such file and the next writer overwrites it: whoever may meet another
writer of the same file holds a lock meanwhile.

A file keeps what somebody made of it: its permissions, its group, and that it is a link to a file
elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
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


def replace_durably(source: Path, target: Path, read_only: bool = False) -> None:
    """Rename a file over another on the same disk; of a link, over the file that it leads to.

    Parameters
    ----------
    read_only
        Nobody may write to the file, unless somebody gave it permissions of its own.
    """
    target = target.resolve()
    with source.open("rb+") as handle:
        of_a_new_file = stat.S_IMODE(source.stat().st_mode)
        if target.exists():
            _keep_permissions(source, target)
        if read_only and stat.S_IMODE(source.stat().st_mode) == of_a_new_file:
            source.chmod(of_a_new_file & ~0o222)
        os.fsync(handle.fileno())
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk; those of files that were renamed, for one."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it, so that they are there after a power cut, too."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def file_digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _keep_permissions(source: Path, target: Path) -> None:
    """Give a file the owner, group, mode and access list of the one that it will replace."""
    there = target.stat()
    for owner in (there.st_uid, -1):  # only the administrator may give a file away
        with suppress(PermissionError):
            os.chown(source, owner, there.st_gid)
            break
    shutil.copystat(target, source)
    os.utime(source)


def _beside(file: Path) -> Path:
    file = file.resolve()
    make_folder(file.parent)
    return file.with_name(f".{file.name}.draft")
