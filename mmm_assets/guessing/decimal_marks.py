"""Find out whether a table's numbers have a decimal point or a decimal comma.

A cell such as ``12,5``, ``0,985`` or ``1.234.567`` can be read in one way only. ``12.345`` can be
read in two: as twelve, and as twelve thousand. Where nothing in the table decides, how it writes
everything else does: a table of columns apart by ``;``, or of days such as 31.12.2024, comes from
where points group digits, and a column of ``12.345`` and ``950`` is one of whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from mmm_assets.inputs.text_values import digits_sql
from mmm_assets.store.sql_text import quote_text

_SAMPLED = 20_000


def _decides_for(mark: str, other: str) -> str:
    """Pattern of a number that can be read with ``mark`` as the decimal mark only."""
    short = f"[0-9]+{mark}([0-9]{{1,2}}|[0-9]{{4,}})"
    below_one = f"0+{mark}[0-9]+"
    long = f"[0-9]{{4,}}{mark}[0-9]+"
    both = f"[0-9]{{1,3}}({other}[0-9]{{3}})+{mark}[0-9]*"
    many_groups = f"[1-9][0-9]{{0,2}}({other}[0-9]{{3}}){{2,}}"
    indian = f"[1-9][0-9]?({other}[0-9]{{2}})+{other}[0-9]{{3}}"
    return f"[-+]?({short}|{below_one}|{long}|{both}|{many_groups}|{indian})"


_COMMA, _POINT = _decides_for(",", "\\."), _decides_for("\\.", ",")
_DAY = "[0-9]{1,2}\\.[0-9]{1,2}\\.([0-9]{2}|[0-9]{4}).*"
_COUNTS = {
    "comma": _COMMA,
    "point": _POINT,
    "three_after_point": "[-+]?[1-9][0-9]{0,2}\\.[0-9]{3}",
    "three_after_comma": "[-+]?[1-9][0-9]{0,2},[0-9]{3}",
    "small": "[-+]?[1-9][0-9]{0,2}",
    "large": "[-+]?[0-9]{4,}",
}
"""What is counted in each column → the pattern of its cells."""


@dataclass(frozen=True)
class Marks:
    """How a table writes its numbers.

    Parameters
    ----------
    decimal
        Its decimal mark.
    doubtful
        Column → a cell such as 12.345 that nothing in the table decides how to read.
    other
        Column → a cell that can be read with the other mark only.
    """

    decimal: str
    doubtful: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)


def find_marks(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], delimiter: str | None
) -> Marks:
    """Find the decimal mark of a table of text, whose columns are ``c0``, ``c1`` …."""
    columns = [_counts(connection, table, place) for place in range(len(names))]
    comma, point = (sum(int(c[mark]) for c in columns) for mark in ("comma", "point"))
    doubt: dict[str, str] = {}
    if comma or point:
        decimal = "," if comma > point else "."
    else:
        decimal, doubt = _by_threes(columns, names, delimiter)
    wrong = "point" if decimal == "," else "comma"
    right = "comma" if decimal == "," else "point"
    other = {
        name: str(counts[f"a_{wrong}"])
        for name, counts in zip(names, columns, strict=True)
        if 4 * int(counts[wrong]) > int(counts["cells"]) and not counts[right]
    }
    return Marks(decimal, doubt, other)


def _counts(connection: duckdb.DuckDBPyConnection, table: str, place: int) -> dict[str, int | str]:
    counts = ", ".join(
        f"count(*) FILTER (regexp_full_match(cell, {quote_text(pattern)})) AS {name}, "
        f"any_value(text) FILTER (regexp_full_match(cell, {quote_text(pattern)})) AS a_{name}"
        for name, pattern in _COUNTS.items()
    )
    found = connection.execute(
        f"SELECT count(*) FILTER (text <> '') AS cells, "
        f"count(*) FILTER (regexp_full_match(text, {quote_text(_DAY)})) AS day, {counts} FROM ("
        f"SELECT trim(c{place}) AS text, {digits_sql(f'c{place}')} AS cell "
        f"FROM {table} WHERE c{place} IS NOT NULL LIMIT {_SAMPLED})"
    )
    keys = [str(column[0]) for column in found.description or ()]
    row = found.fetchone()
    assert row is not None
    return dict(zip(keys, row, strict=True))


def _by_threes(
    columns: Sequence[dict[str, int | str]], names: Sequence[str], delimiter: str | None
) -> tuple[str, dict[str, str]]:
    """Decide where each point or comma is followed by three digits, if by anything."""
    points = [c for c in columns if c["three_after_point"]]
    if not points:
        return ".", {}
    if any(c["three_after_comma"] for c in columns) or any(c["large"] for c in points):
        return ".", {}  # numbers above 999 without a mark: the points do not group
    whole = any(c["small"] for c in points)
    if whole or delimiter == ";" or any(c["day"] for c in columns):
        return ",", {}
    return ".", {
        name: str(c["a_three_after_point"])
        for name, c in zip(names, columns, strict=True)
        if c["three_after_point"]
    }
