"""The parts of a refresh and what each was made from: only what belongs together is published.

A part is what one asset writes: rows of the mart, the saved fits, the dashboard. It has a
fingerprint of its own and notes those of the parts that it was made from. Parts belong together
when each was made from the others as they are now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

import duckdb

from mmm_assets.config import ProjectConfig

MIXED = "mixed"
"""What ``mart.refreshes`` says where parts were made with different configurations or versions."""


@dataclass(frozen=True)
class Part:
    """One part of a refresh week.

    Parameters
    ----------
    fingerprint
        Equal fingerprints, equal content.
    made_from
        Name of a part → the fingerprint that it had.
    configuration, code
        Fingerprint of the configuration and version of the platform that made it.
    """

    fingerprint: str
    made_from: Mapping[str, str]
    configuration: str
    code: str

    @classmethod
    def by(cls, config: ProjectConfig, fingerprint: str, made_from: Mapping[str, str]) -> Part:
        """A part that is made now."""
        return cls(fingerprint, dict(made_from), config.fingerprint, version("mmm-platform"))

    @classmethod
    def of_note(cls, note: Mapping[str, Any]) -> Part:
        """Read what `as_note` wrote."""
        return cls(**note)

    def as_note(self) -> dict[str, Any]:
        """Lay the part out as what JSON can hold."""
        return asdict(self)


def record_part(
    connection: duckdb.DuckDBPyConnection, refresh_week: date, name: str, part: Part
) -> None:
    """Note a part; in the transaction that writes its rows, so that the two agree."""
    forget_part(connection, refresh_week, name)
    connection.execute(
        "INSERT INTO staging.parts VALUES (?, ?, ?)",
        [refresh_week, name, json.dumps(part.as_note())],
    )


def recorded_parts(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> dict[str, Part]:
    """Read the parts of a refresh week that `record_part` noted."""
    _create(connection)
    rows = connection.execute(
        "SELECT part, note FROM staging.parts WHERE refresh_week = ?", [refresh_week]
    ).fetchall()
    return {name: Part.of_note(json.loads(note)) for name, note in rows}


def forget_part(
    connection: duckdb.DuckDBPyConnection, refresh_week: date, name: str | None = None
) -> None:
    """Remove the note of a part; without a name, of all parts of the week."""
    _create(connection)
    connection.execute(
        "DELETE FROM staging.parts WHERE refresh_week = $week AND coalesce(part = $part, true)",
        {"week": refresh_week, "part": name},
    )


def rows_fingerprint(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], refresh_week: date
) -> str:
    """Hash of a refresh week's rows in mart tables, whatever their order."""
    digest = hashlib.sha256()
    for table in tables:
        row = connection.execute(
            f"SELECT count(*), sum(hash(row_)) FROM mart.{table} AS row_ WHERE refresh_week = ?",
            [refresh_week],
        ).fetchone()
        digest.update(f"{table} {row}".encode())
    return digest.hexdigest()[:16]


def disagreements(parts: Mapping[str, Part], needed: Iterable[str]) -> list[str]:
    """Say which parts do not belong to the others; nothing when all do.

    Parameters
    ----------
    parts
        All parts of a refresh week, in the order in which they are made.
    needed
        Names of those that must be there.
    """
    missing = [name for name in needed if name not in parts]
    said = [f"of {', '.join(missing)} nothing is noted"] if missing else []
    for source, found in parts.items():
        older = [
            name
            for name, part in parts.items()
            if source in part.made_from and part.made_from[source] != found.fingerprint
        ]
        if older:
            said.append(f"{', '.join(older)}: older than {source}")
    return said


def agreed(values: Iterable[str]) -> str:
    """The one value of all parts, or ``MIXED``."""
    found = set(values)
    return found.pop() if len(found) == 1 else MIXED


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS staging")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS staging.parts (refresh_week DATE, part VARCHAR, note VARCHAR)"
    )
