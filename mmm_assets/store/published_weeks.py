"""Refresh weeks that are published, and what they were made of.

Whoever wants to know asks here. What analysts see counts: the published file, and nothing where
there is none yet. A week in that file may be held instead: its rows are there, but no
``current_*`` view shows them. Queries that must tell such weeks apart in SQL take the conditions
in ``mart.refreshes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from mmm_assets.config.errors import UsageError
from mmm_assets.mart.refreshes import MODEL_HASHES
from mmm_assets.store.warehouse import Warehouse


class UnknownRefresh(UsageError):
    """There is no such published refresh."""


@dataclass(frozen=True)
class Refreshed:
    """What the published file says of one refresh; see the table ``mart.refreshes``."""

    status: str
    run_id: str
    data_fingerprint: str
    config_fingerprint: str
    code_version: str
    reason: str = ""
    model_hashes: Mapping[str, str] = field(default_factory=dict)
    """File of the saved models → its SHA-256; empty for a refresh of the last release."""
    has_details: bool = True
    """Whether its rows by region and week are still there."""
    published_at: datetime | None = None

    @property
    def publication(self) -> str:
        """Of a run that is held, then published by somebody: another one each time."""
        return f"{self.run_id} {self.status} {self.published_at}"


class DetailsGone(UsageError):
    """What is asked for needs rows by region and week that went with age."""


def refreshes(warehouse: Warehouse) -> dict[date, Refreshed]:
    """All refreshes that analysts can see, held ones too, oldest first."""
    try:
        with warehouse.published() as connection:
            return refreshes_of(connection)
    except FileNotFoundError:
        return {}


def refreshes_of(connection: duckdb.DuckDBPyConnection) -> dict[date, Refreshed]:
    """All refreshes of an open file with the mart schema, oldest first."""
    rows = connection.execute("FROM mart.refreshes ORDER BY refresh_week").fetchall()
    names = [column[0] for column in connection.description or ()]
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return {row["refresh_week"]: _refreshed(row) for row in found}


def _refreshed(row: Mapping[str, Any]) -> Refreshed:
    """A row of whatever release; the last one had no hashes of models."""
    hashes = {name: row.get(column) for name, column in MODEL_HASHES.items()}
    return Refreshed(
        status=row["status"],
        run_id=row["run_id"],
        data_fingerprint=row["data_fingerprint"],
        config_fingerprint=row["config_fingerprint"],
        code_version=row["code_version"],
        reason=row["reason"] or "",
        has_details=row.get("has_details") is not False,
        published_at=row.get("published_at"),
        model_hashes={name: value for name, value in hashes.items() if value is not None},
    )


def published_weeks(warehouse: Warehouse) -> list[date]:
    """Weeks whose refresh is published, oldest first."""
    return [week for week, found in refreshes(warehouse).items() if found.status == "published"]


def is_published(warehouse: Warehouse, refresh_week: date) -> bool:
    """Say whether analysts see this week as published."""
    return refresh_week in published_weeks(warehouse)


def published_week(warehouse: Warehouse, refresh_week: date | None) -> date:
    """Return the week if it is published; without one, the newest that is.

    Raises
    ------
    UnknownRefresh
        If it is not, or nothing is.
    """
    weeks = published_weeks(warehouse)
    if not weeks:
        raise UnknownRefresh("nothing is published yet; start with:  mmm refresh")
    if refresh_week is not None and refresh_week not in weeks:
        known = ", ".join(map(str, weeks[-5:]))
        raise UnknownRefresh(f"no refresh of {refresh_week} is published; the last are {known}")
    return refresh_week or weeks[-1]
