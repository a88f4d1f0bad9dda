"""Find the newest week that has arrived: of which every source has its share."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.roles import ROLES, WEEKLY
from mmm_assets.inputs.sources import load_raw
from mmm_assets.inputs.weekly_kpi import create_weekly_kpi

_NEWEST = """
    SELECT max(week) FROM (
        SELECT week, count(*) AS regions, lag(count(*), 1, 0) OVER (ORDER BY week) AS before
        FROM weekly_kpi WHERE complete GROUP BY week
    ) WHERE regions >= before AND week <= $last
"""


def newest_complete_week(config: ProjectConfig) -> date | None:
    """Newest week that is all there: as many regions with a KPI as before, media and controls.

    Parameters
    ----------
    config
        Its sources are read as they are now, without the warehouse.

    Raises
    ------
    SourceError
        If a source cannot be read.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "look.duckdb")) as connection,
    ):
        reach: list[date | None] = []
        for role in WEEKLY:
            if ROLES[role].source(config) is None:
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
