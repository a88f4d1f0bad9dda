"""Checks without consequences: the sources are loaded beside the warehouse and thrown away."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.checks import CheckOutcome, run_checks
from mmm_assets.inputs.sources import ROLES, load_raw
from mmm_assets.warehouse import create_schemas


def check_sources(config: ProjectConfig, through: date | None) -> list[CheckOutcome]:
    """Hold the sources as they are now against every rule.

    Parameters
    ----------
    through
        Rows after this week are ignored; None looks at all.

    Raises
    ------
    SourceError
        If a source cannot be read at all.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "check.duckdb")) as connection,
    ):
        create_schemas(connection)
        for role in ROLES:
            load_raw(connection, config, role, datetime.now(UTC))
        return run_checks(connection, config, through)
