"""Whether sources have changed, asked without reading them: it is asked every minute."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.config.calendar import EventsTable
from mmm_assets.config.tables import Source, WeeklySource
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_query import run_query
from mmm_assets.inputs.sources import source_files
from mmm_assets.store.sql_text import quote


def files_state(config: ProjectConfig) -> str:
    """Hash of the names, sizes and times of the files that the sources name."""
    lines = [config.fingerprint]
    for file in source_files(config):
        with suppress(FileNotFoundError):  # gone since it was listed
            status = file.stat()
            lines.append(f"{file} {status.st_size} {status.st_mtime_ns}")
    return _hash(lines)


def queries_state(config: ProjectConfig) -> str:
    """Hash of the number of rows and the newest week of each source that is a query.

    Nothing but these leaves the database, which does the counting. Empty where no source is one.

    Raises
    ------
    SourceError
        If a query fails.
    """
    lines = []
    with duckdb.connect() as connection:
        for role, sql in _queries(config).items():
            delivery = run_query(connection, config, role, sql)
            lines.append(f"{role} {delivery.fingerprint}")
    return _hash(lines) if lines else ""


def _queries(config: ProjectConfig) -> dict[str, str]:
    """Role → what to ask of its source, where that is a query."""
    asked = {}
    for name, role in ROLES.items():
        table = role.source(config)
        if table is not None and table.sql:
            day = _day_of(table)
            newest = f", max({quote(day)})" if day else ""
            inner = table.sql.strip().rstrip(";")
            asked[name] = f"SELECT count(*){newest} FROM ({inner}\n)"
    return asked


def _day_of(table: Source) -> str | None:
    """Column of weeks or days, if the table has one."""
    if isinstance(table, EventsTable):
        return table.day
    return table.week if isinstance(table, WeeklySource) else None


def _hash(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
