"""Checks without consequences: the sources are loaded into a copy of the warehouse."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.checks import CheckOutcome, run_checks
from mmm_assets.inputs.restatements import EarlierRefresh, earlier_refresh
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.sources import load_raw
from mmm_assets.inputs.weekly_kpi import newest_week
from mmm_assets.store.project import Project


def check_sources(config: ProjectConfig, through: date | None) -> list[CheckOutcome]:
    """Hold the sources as they are now against every rule, as a refresh of the week would.

    What earlier refreshes were told is known where there is a warehouse; it stays as it is.

    Parameters
    ----------
    through
        Rows after this week are ignored; None looks at all.

    Raises
    ------
    SourceError
        If a source cannot be read at all.
    """
    with Project(config).warehouse.rehearsal() as connection:
        for role in ROLES:
            load_raw(connection, config, role, datetime.now(UTC))
        return run_checks(
            connection, config, through, earlier=_earlier(connection, config, through)
        )


def _earlier(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, through: date | None
) -> EarlierRefresh | None:
    try:
        return earlier_refresh(connection, through or newest_week(connection, config))
    except SourceError:  # no KPI can be read, as the rules will say
        return None
