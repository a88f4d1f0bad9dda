"""Errors of the warehouse, worded for a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path


class WarehouseError(RuntimeError):
    """The warehouse cannot be used as it should; the message says why, for a person."""


class WarehouseBusy(WarehouseError):
    """Another process held the warehouse or a refresh week for longer than one should wait."""


class UnusableModel(WarehouseError):
    """A saved model that is missing, spoilt or too old: the file, its week, the next step."""

    def __init__(self, file: Path, refresh_week: date, why: str) -> None:
        super().__init__(
            f"the saved model of the refresh of {refresh_week} cannot be used: {file} {why}. "
            f"Make it again:  mmm refresh --week {refresh_week}"
        )


class NewerFile(WarehouseError):
    """A file that a newer release of the platform wrote."""

    def __init__(self, file: Path, found: int, known: int) -> None:
        super().__init__(
            f"{file} is of version {found} of the layout, written by a newer release; this one "
            f"knows versions up to {known}. Install that release again, or restore a backup from "
            "before it:  mmm restore DIR"
        )
