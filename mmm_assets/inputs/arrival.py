"""Find the newest week that has arrived: of which every source has its share.

The answer is kept beside the warehouse with the state of the sources that it is of, so that a
sensor or a schedule that asks again and again reads them once.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.roles import ROLES, WEEKLY
from mmm_assets.inputs.source_state import files_state, queries_state
from mmm_assets.inputs.sources import load_raw
from mmm_assets.inputs.weekly_kpi import create_weekly_kpi
from mmm_assets.store.durable import write_durably
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project

ANSWER = "arrival.json"
"""File in the warehouse's folder with the last answer; it may be removed at any time."""

_NEWEST = """
    SELECT max(week) FROM (
        SELECT week, count(*) AS regions, lag(count(*), 1, 0) OVER (ORDER BY week) AS before
        FROM weekly_kpi WHERE complete GROUP BY week
    ) WHERE regions >= before AND week <= $last
"""


def newest_complete_week(config: ProjectConfig, queries: str | None = None) -> date | None:
    """Newest week that is all there: as many regions with a KPI as before, media and controls.

    Parameters
    ----------
    config
        Its sources are looked at as they are now, and read where they have changed.
    queries
        What `queries_state` says; asked when None.

    Raises
    ------
    SourceError
        If a source cannot be read.
    """
    asked = queries_state(config) if queries is None else queries
    state = f"{files_state(config)} {asked}"
    file = config.warehouse_folder / ANSWER
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_bytes())
        if kept["state"] == state:
            return date.fromisoformat(kept["week"]) if kept["week"] else None
    week = _read_sources(config)
    answer = json.dumps({"state": state, "week": week.isoformat() if week else None})
    with suppress(OSError, WarehouseError), Project(config).warehouse.turn("arrival"):
        write_durably(file, answer)
    return week


def _read_sources(config: ProjectConfig) -> date | None:
    """The newest complete week by all rows of all sources."""
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "look.duckdb")) as connection,
    ):
        reach: list[date | None] = []
        for role in WEEKLY:
            if ROLES[role].source(config) is None or ROLES[role].may_lack_weeks:
                continue
            load_raw(connection, config, role, datetime.now(UTC))
            create_known(connection, config, role)
            row = connection.execute(f"SELECT max(week) FROM known_{role}").fetchone()
            reach.append(row[0] if row else None)
        create_weekly_kpi(connection, config)
        known = [week for week in reach if week is not None]
        if len(known) < len(reach):
            return None
        found = connection.execute(_NEWEST, {"last": min(known)}).fetchone()
        return found[0] if found else None
