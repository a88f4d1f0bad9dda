"""The manifest of a backup: which files it holds, with their hashes, and what state they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.store.durable import file_digest
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.load_files import load_files
from mmm_assets.store.warehouse import Warehouse

MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest itself; a backup of a later format is refused."""

_DECISIONS = """
    SELECT concat_ws(' ', action, about, strftime(decided_at, '%Y-%m-%d %H:%M:%S'))
    FROM mart.decisions
"""


@dataclass(frozen=True)
class State:
    """What a warehouse knows, told by numbers and names and not by a clock.

    Parameters
    ----------
    loads
        Number of its last load.
    refreshes
        Refresh week and run of every refresh in one of its files, ``YYYY-MM-DD run``.
    decisions
        What people decided, and when, ``action name YYYY-MM-DD hh:mm:ss``.
    """

    loads: int
    refreshes: tuple[str, ...]
    decisions: tuple[str, ...] = ()

    def beyond(self, other: State) -> list[str]:
        """Say what this state knows and another does not."""
        said = []
        if self.loads > other.loads:
            said.append(f"loads {other.loads + 1} to {self.loads}")
        weeks = sorted({name.split()[0] for name in {*self.refreshes} - {*other.refreshes}})
        decided = sorted({*self.decisions} - {*other.decisions})
        return [
            *said,
            *(f"the refresh of {week}" for week in weeks),
            *(f"the decision '{name}'" for name in decided),
        ]


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Parameters
    ----------
    taken_at
        By the clock, UTC.
    code_version, duckdb_version
        With what it was made.
    layout
        Version of the layout of the working file, see ``migrations``.
    files
        Path in the backup → SHA-256 of the file.
    """

    project: str
    taken_at: str
    code_version: str
    duckdb_version: str
    layout: int
    state: State
    files: Mapping[str, str]

    def to_json(self) -> str:
        """Lay it out as text that carries a hash of its own."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps({**content, "sha256": _digest(content)}, indent=1)

    @classmethod
    def read(cls, backup: Path) -> Manifest:
        """Read the manifest of a backup, and compare it with its own hash.

        Raises
        ------
        WarehouseError
            If there is none, it is spoilt, or of a later format.
        """
        file = backup / MANIFEST
        try:
            content: dict[str, Any] = json.loads(file.read_bytes())
            digest = content.pop("sha256")
            made = content.pop("format")
        except FileNotFoundError:
            raise WarehouseError(f"{backup} is no backup: it has no {MANIFEST}") from None
        except (ValueError, KeyError, AttributeError, OSError) as error:
            raise WarehouseError(f"{file} is spoilt. Take another backup") from error
        if digest != _digest({"format": made, **content}):
            raise WarehouseError(f"{file} is spoilt. Take another backup")
        if made > FORMAT:
            raise WarehouseError(f"{backup} was made by a newer release, which can restore it")
        known = content["state"]
        state = State(known["loads"], tuple(known["refreshes"]), tuple(known.get("decisions", ())))
        return cls(**{**content, "state": state})

    def require_whole(self, backup: Path) -> None:
        """Compare every file of the backup with its hash.

        Raises
        ------
        WarehouseError
            Names the first that is missing or spoilt.
        """
        for name, digest in self.files.items():
            try:
                found = file_digest(backup / name)
            except OSError as error:
                said = error.strerror
                raise WarehouseError(
                    f"{backup / name} cannot be read: {said}. Take another backup"
                ) from error
            if found != digest:
                raise WarehouseError(f"{backup / name} is spoilt. Take another backup")


def state_of(warehouse: Warehouse) -> State:
    """What the files of a warehouse know; those that are lost or spoilt know nothing."""
    loads: int = max((file.number for file in load_files(warehouse.loads_folder)), default=0)
    refreshes: set[str] = set()
    decisions: set[str] = set()
    for file in (warehouse.work_file, warehouse.published_file):
        with suppress(duckdb.Error), duckdb.connect(str(file), read_only=True) as connection:
            for week, run in connection.execute(
                "SELECT refresh_week::VARCHAR, run_id FROM mart.refreshes"
            ).fetchall():
                refreshes.add(f"{week} {run}")
            if file == warehouse.work_file:
                row = connection.execute("SELECT max(load_id) FROM raw.loads").fetchone()
                loads = max(loads, (row and row[0]) or 0)
            decisions.update(name for (name,) in connection.execute(_DECISIONS).fetchall())
    return State(loads, tuple(sorted(refreshes)), tuple(sorted(decisions)))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
