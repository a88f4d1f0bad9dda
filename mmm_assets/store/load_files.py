"""The files of the folder ``loads``: what each load wrote, kept beside the working file.

A file is written once and never changed. Its name bears the number of its load and a hash of its
content, so that a spoilt one is known as such where the working file is lost, too. What is inside
is for ``inputs.kept_loads``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmm_assets.store.durable import file_digest, make_folder, sync_folder
from mmm_assets.store.errors import WarehouseError

READ_ONLY = 0o444

_DIGITS = 16
"""Of the SHA-256 in a name."""


@dataclass(frozen=True)
class LoadFile:
    """The file of a load, ``<role>/<number>-<hash>.parquet``."""

    path: Path

    @property
    def name(self) -> str:
        """Path inside the folder ``loads``."""
        return f"{self.role}/{self.path.name}"

    @property
    def role(self) -> str:
        """The input table that the load is of."""
        return self.path.parent.name

    @property
    def number(self) -> int:
        """Number of the load, see ``raw.loads``."""
        return int(self.path.name.split("-")[0])

    def is_whole(self) -> bool:
        """Compare the content with the hash in the name."""
        try:
            return self.path.stem.endswith(f"-{file_digest(self.path)[:_DIGITS]}")
        except OSError:
            return False

    def require_whole(self) -> None:
        """Refuse a file whose content is not what its name says.

        Raises
        ------
        WarehouseError
            If so.
        """
        if not self.is_whole():
            raise WarehouseError(
                f"{self.path} is spoilt. Put it back from a backup, where it has the same name"
            )


def load_files(folder: Path) -> list[LoadFile]:
    """List the files of a folder ``loads``, in the order of the loads."""
    found = (LoadFile(path) for path in folder.glob("*/[0-9]*-*.parquet"))
    return sorted(found, key=lambda file: file.number)


def draft_file(folder: Path, role: str, number: int) -> Path:
    """Where the file of a load is written before `keep` gives it its name."""
    make_folder(folder / role)
    return folder / role / f".{number:06}.draft"


def keep(draft: Path, role: str, number: int) -> LoadFile:
    """Bring a written draft to disk, take permission to write to it away, and give it its name."""
    draft.chmod(READ_ONLY)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    kept = draft.with_name(f"{number:06}-{file_digest(draft)[:_DIGITS]}.parquet")
    draft.replace(kept)
    sync_folder(draft.parent)
    return LoadFile(kept)


def remove_drafts(folder: Path) -> None:
    """Remove what killed processes left; nobody may be writing."""
    for draft in folder.glob("*/.*.draft"):
        draft.unlink(missing_ok=True)


def spoilt_loads(folder: Path, work_file: Path, listed: dict[int, str]) -> Iterator[str]:
    """Read every file, and say which are spoilt or missing, each with the next step.

    Parameters
    ----------
    work_file
        The working file, which holds the same rows.
    listed
        Number of a load → its file as ``raw.loads`` names it; empty where nobody can read that.
    """
    there = load_files(folder)
    for file in there:
        if not file.is_whole():
            step = (
                f"Remove it: the next refresh writes it again from {work_file}"
                if file.number in listed
                else "Put it back from a backup, where it has the same name"
            )
            yield f"{file.path} is spoilt. {step}"
    for name in sorted(set(listed.values()) - {file.name for file in there}):
        yield f"{folder / name} is missing. The next refresh writes it again from {work_file}"
