"""The ``raw`` schema: what a delivered row says, as text, and where it came from."""

from __future__ import annotations

import duckdb

from mmm_assets.inputs.roles import ROLES
from mmm_assets.store.sql_text import quote_text

PROVENANCE = {
    "load_id": ("BIGINT", "Load that brought the row, see raw.loads."),
    "source": ("VARCHAR", "File or query it came from."),
    "source_row": ("BIGINT", "Row of data in that source; 1 is the first below the header."),
    "loaded_at": ("TIMESTAMP", "When it was loaded by the clock, UTC."),
    "source_fingerprint": ("VARCHAR", "Hash of the source's content."),
}
_LOADS = """
    CREATE TABLE IF NOT EXISTS raw.loads (
        load_id BIGINT, role VARCHAR, origin VARCHAR, source VARCHAR, fingerprint VARCHAR,
        mapping VARCHAR, loaded_at TIMESTAMP, rows BIGINT, first_day DATE, last_day DATE,
        clock TIMESTAMP
    )
"""
_TIMES = {
    "loaded_at": "When it was loaded, UTC; a clock that others contradict is corrected.",
    "clock": "What the clock said then, UTC; null for a load of an earlier release.",
}


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the ``raw`` schema where they are missing."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    connection.execute(_LOADS)
    connection.execute("ALTER TABLE raw.loads ADD COLUMN IF NOT EXISTS clock TIMESTAMP")
    for name, comment in _TIMES.items():
        connection.execute(f"COMMENT ON COLUMN raw.loads.{name} IS {quote_text(comment)}")
    for role in ROLES.values():
        body = [f"{name} {kind}" for name, (kind, _) in PROVENANCE.items()]
        body += [f"{name} VARCHAR" for name in role.columns]
        table = f"raw.{role.name}"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(body)})")
        for name in role.columns:  # a warehouse of an earlier version lacks what came later
            connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} VARCHAR")
        for name, (_, comment) in PROVENANCE.items():
            connection.execute(f"COMMENT ON COLUMN {table}.{name} IS {quote_text(comment)}")
