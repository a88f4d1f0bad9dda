"""The ``raw`` schema: what a delivered row says, as text, and where it came from."""

from __future__ import annotations

import duckdb

from mmm_assets.store.sql_text import quote_text

ROLES = ("media", "kpi", "controls", "lift_tests")

RAW_COLUMNS: dict[str, tuple[str, ...]] = {
    "media": ("week", "region", "channel", "spend", "exposure"),
    "kpi": ("week", "region", "kpi", "value_per_kpi"),
    "controls": ("week", "region", "control", "value"),
    "lift_tests": (
        *("channel", "region", "x", "delta_x", "delta_y", "sigma"),
        *("start_week", "end_week"),
    ),
}
"""What a row of ``raw.<role>`` says, all of it text as delivered."""

PROVENANCE = {
    "load_id": ("BIGINT", "Load that brought the row, see raw.loads."),
    "source": ("VARCHAR", "File or query it came from."),
    "source_row": ("BIGINT", "Row of data in that source; 1 is the first below the header."),
    "loaded_at": ("TIMESTAMP", "When it was loaded, UTC."),
    "source_fingerprint": ("VARCHAR", "Hash of the source's content."),
}
_LOADS = """
    CREATE TABLE IF NOT EXISTS raw.loads (
        load_id BIGINT, role VARCHAR, origin VARCHAR, source VARCHAR, fingerprint VARCHAR,
        mapping VARCHAR, loaded_at TIMESTAMP, rows BIGINT, first_day DATE, last_day DATE
    )
"""


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the ``raw`` schema where they are missing."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    connection.execute(_LOADS)
    for role, columns in RAW_COLUMNS.items():
        body = [f"{name} {kind}" for name, (kind, _) in PROVENANCE.items()]
        body += [f"{name} VARCHAR" for name in columns]
        connection.execute(f"CREATE TABLE IF NOT EXISTS raw.{role} ({', '.join(body)})")
        for name in columns:  # a warehouse of an earlier version lacks what came later
            connection.execute(f"ALTER TABLE raw.{role} ADD COLUMN IF NOT EXISTS {name} VARCHAR")
        for name, (_, comment) in PROVENANCE.items():
            connection.execute(f"COMMENT ON COLUMN raw.{role}.{name} IS {quote_text(comment)}")
