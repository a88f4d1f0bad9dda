"""Names and texts as they stand in an SQL statement that takes no bound value there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def quote(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def is_one_of(column: str, days: Iterable[date]) -> str:
    """Condition that a column holds one of some days; blocks of other days are not even read."""
    listed = ", ".join(f"DATE '{day}'" for day in days)
    return f"{column} IN ({listed})" if listed else "false"
