"""Read a Parquet file as text: a time with a zone says the day that it is in the file's zone.

Which day it is must not depend on the zone of the machine.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow
from pyarrow import parquet

from mmm_assets.store.sql_text import quote, quote_text

_UTC = frozenset({"UTC", "ETC/UTC", "Z", "+00:00", "GMT"})


def parquet_relation(file: Path) -> tuple[list[str], str]:
    """Names of a file's columns, and SQL that reads them from ``$path``.

    Raises
    ------
    OSError, pyarrow.ArrowException
        If it is no readable Parquet file.
    """
    with parquet.ParquetFile(file) as opened:
        schema = opened.schema_arrow
    zones = {f.name: f.type.tz for f in schema if pyarrow.types.is_timestamp(f.type) and f.type.tz}
    if not zones:
        return list(schema.names), "read_parquet($path)"
    local = ", ".join(f"{_local(name, zone)} AS {quote(name)}" for name, zone in zones.items())
    return list(schema.names), f"(SELECT * REPLACE ({local}) FROM read_parquet($path))"


def _local(name: str, zone: str) -> str:
    """SQL for the local time; that of UTC says so, since it may be the midnight of another zone."""
    if zone.upper() in _UTC:
        return f"timezone('UTC', {quote(name)})::VARCHAR || '+00'"
    if offset := re.fullmatch(r"([-+])(\d\d):?(\d\d)", zone):
        minutes = int(f"{offset[1]}{int(offset[2]) * 60 + int(offset[3])}")
        return f"(timezone('UTC', {quote(name)}) + to_minutes({minutes}))::VARCHAR"
    return f"timezone({quote_text(zone)}, {quote(name)})::VARCHAR"
