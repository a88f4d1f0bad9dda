"""Profile a table: the dates, numbers and words of its columns, how many, how they vary.

Read the way a refresh reads them, so that what is found here holds there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from mmm_assets.guessing.date_formats import COUNTED_FROM, DATE_FORMATS, WEEK_FORMATS
from mmm_assets.guessing.decimal_marks import find_marks
from mmm_assets.inputs.source_files import SourceError, open_file
from mmm_assets.inputs.text_values import MISSING, day_sql, number_sql, written_day_sql
from mmm_assets.store.sql_text import quote_text

LOOKED_AT = 300_000
"""Rows of a table that are looked at."""


@dataclass(frozen=True)
class Column:
    """Content of one column; numbers are read with the table's decimal mark.

    ``unread`` is a cell that is there and no number.
    """

    name: str
    place: int
    filled: int
    numbers: int
    different: int
    lowest: float
    highest: float
    whole: bool
    words: tuple[str, ...]
    total: float = 0.0
    unread: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether all that is there are numbers."""
        return 0 < self.filled == self.numbers


class TableProfile:
    """A table as `mmm init` sees it.

    Parameters
    ----------
    connection
        A scratch database; the table is copied into it.
    name
        Of the copy.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
        delivery = open_file(connection, "table", file, str(file))
        self.file = file
        self.names = list(delivery.columns)
        self._require_distinct_names()
        self._connection = connection
        self._table = name
        cells = ", ".join(f"c{n}::VARCHAR AS c{n}" for n in range(len(self.names)))
        some = ", ".join(f"c{n}::VARCHAR" for n in range(len(self.names)))
        try:
            connection.execute(
                f"CREATE TABLE {self._table} AS SELECT {cells} FROM {delivery.relation} "
                f"WHERE coalesce({some}, NULL) IS NOT NULL LIMIT {LOOKED_AT}",
                delivery.parameters,
            )
        except duckdb.Error as error:
            raise delivery.unreadable(error) from error
        self.rows = int(self._one("SELECT count(*)")[0])
        self.delimiter = delivery.delimiter
        self.is_plain = delivery.kept is None
        """Whether a query of DuckDB reads the file as it is."""
        self.marks = find_marks(connection, self._table, self.names, delivery.delimiter)
        self.decimal = self.marks.decimal
        self.columns = [self._column(n) for n in range(len(self.names))]

    def _require_distinct_names(self) -> None:
        places: dict[str, list[str]] = {}
        for number, name in enumerate(self.names, start=1):
            places.setdefault(name, []).append(str(number))
        for name, numbers in places.items():
            if name and len(numbers) > 1:
                raise SourceError(
                    f"{self.file.name} has {len(numbers)} columns named '{name}' (columns "
                    f"{' and '.join(numbers)}): two equal headers cannot be told apart. Rename "
                    "one of them in the file"
                )

    def column(self, name: str) -> Column | None:
        """The column of a name: as written, else in any case of letters."""
        for match in (str, str.lower):
            found = [c for c in self.columns if match(c.name) == match(name)]
            if found:
                return found[0]
        return None

    def date_format(self, column: Column) -> tuple[bool, str | None, bool]:
        """Find how a column's dates are written.

        Returns
        -------
        tuple
            Whether it holds dates at all, their format (None: ISO), and whether another reading
            (day and month exchanged) fits as well.
        """
        if column.is_number and column.whole:
            counted = self._day_count(column)
            if counted:
                return True, counted, False
            if column.highest < 190_001:
                return False, None, False
        fitting = []
        for format_ in self._readable_as(column):
            if self._all_days(column, format_):
                days = self.days(column, format_)
                steps = {(later - day).days for day, later in pairwise(days)}
                # 2024-11, 2024-12, 2025-01 are months, not weeks with a gap of most of a year.
                if format_ not in WEEK_FORMATS or max(steps, default=0) < 200:
                    # The right reading of day and month has the fewest different steps.
                    fitting.append((format_, len(steps)))
        if not fitting:
            return False, None, False
        best = min(unevenness for _, unevenness in fitting)
        equal = [format_ for format_, unevenness in fitting if unevenness == best]
        readings = {tuple(self.days(column, format_)) for format_ in equal}
        return True, equal[0], len(readings) > 1

    def _day_count(self, column: Column) -> str | None:
        """Find since when a column counts seconds or days, if its days are those of weeks."""
        for count, (low, high) in COUNTED_FROM.items():
            if low <= column.lowest and column.highest <= high:
                days = self.days(column, count)
                steps = [(later - day).days for day, later in pairwise(days)]
                if steps and sorted(steps)[len(steps) // 2] in (1, 7):
                    return count
        return None

    def days(
        self, column: Column, date_format: str | None, week_origin: date | None = None
    ) -> list[date]:
        """Different days of a column, oldest first."""
        day = day_sql(f"c{column.place}", date_format, week_origin)
        rows = self._connection.execute(
            f"SELECT DISTINCT {day} AS day FROM {self._table} WHERE day IS NOT NULL ORDER BY day"
        ).fetchall()
        return [row[0] for row in rows]

    def are_keys(self, columns: Sequence[Column]) -> bool:
        """Whether no two rows agree in all of these columns."""
        return self.count_different(columns) == self.rows

    def count_different(self, columns: Sequence[Column]) -> int:
        """Number of different rows in some columns."""
        cells = ", ".join(f"c{c.place}" for c in columns)
        return int(self._one(f"SELECT count(DISTINCT ({cells}))")[0])

    def first_twice(self, column: Column) -> tuple[str, list[int]]:
        """The first cell of a column that is there again, and its rows, counted from 1."""
        cell = f"c{column.place}"
        row = self._connection.execute(
            f"SELECT {cell}, list(rowid + 1 ORDER BY rowid) AS places FROM {self._table} "
            f"GROUP BY 1 HAVING count(*) > 1 ORDER BY places[1] LIMIT 1"
        ).fetchone()
        assert row is not None
        return str(row[0]), row[1]

    def varies_within(self, column: Column, group: Column | None) -> bool:
        """Whether a column changes from row to row of a group."""
        by = f"GROUP BY c{group.place}" if group else ""
        row = self._connection.execute(
            f"SELECT max(n) FROM (SELECT count(DISTINCT c{column.place}) AS n "
            f"FROM {self._table} {by})"
        ).fetchone()
        return bool(row and row[0] and row[0] > 1)

    def is_sum(self, column: Column, parts: Sequence[Column]) -> bool:
        """Whether a column is the sum of others in every row."""
        if len(parts) < 2:
            return False
        total = number_sql(f"c{column.place}", self.decimal)
        terms = " + ".join(
            f"coalesce({number_sql(f'c{part.place}', self.decimal)}, 0)" for part in parts
        )
        return bool(
            self._one(f"SELECT bool_and(abs({total} - ({terms})) <= 1e-4 * abs({total}))")[0]
        )

    def _column(self, place: int) -> Column:
        cell = f"raw.c{place}"
        number = number_sql(f"c{place}", self.decimal)
        missing = ", ".join(quote_text(word) for word in MISSING)
        row = self._connection.execute(
            f"""
            SELECT count(*) FILTER (lower(trim(text)) NOT IN ({missing})), count(number),
                   count(DISTINCT text), min(number), max(number),
                   bool_and(number = floor(number)), sum(number),
                   any_value(text) FILTER (
                       number IS NULL AND lower(trim(text)) NOT IN ({missing}))
            FROM (SELECT {cell} AS text, {number} AS number FROM {self._table} AS raw)
            """
        ).fetchone()
        assert row is not None
        filled, numbers, different, lowest, highest, whole, total, unread = row
        words: tuple[str, ...] = ()
        if numbers < filled and different <= 60:
            rows = self._connection.execute(
                f"SELECT DISTINCT trim({cell}) AS word FROM {self._table} AS raw "
                f"WHERE {cell} IS NOT NULL ORDER BY word"
            ).fetchall()
            words = tuple(str(row[0]) for row in rows)
        return Column(
            name=self.names[place],
            place=place,
            filled=int(filled),
            numbers=int(numbers),
            different=int(different),
            lowest=math.nan if lowest is None else float(lowest),
            highest=math.nan if highest is None else float(highest),
            whole=bool(whole),
            words=words,
            total=0.0 if total is None else float(total),
            unread=unread,
        )

    def _readable_as(self, column: Column) -> list[str | None]:
        """Formats in which the first cells are days of any year.

        One query for all formats: a query of each costs ten times as much.
        """
        cell = f"c{column.place}"
        read = ", ".join(f"count({written_day_sql(cell, format_)})" for format_ in DATE_FORMATS)
        row = self._connection.execute(
            f"SELECT count(*) FILTER ({cell} <> ''), {read} "
            f"FROM (SELECT {cell} FROM {self._table} WHERE {cell} IS NOT NULL LIMIT 20)"
        ).fetchone()
        assert row is not None
        written, *days = row
        return [f for f, found in zip(DATE_FORMATS, days, strict=True) if found == written > 0]

    def _all_days(self, column: Column, date_format: str | None) -> bool:
        cell = f"c{column.place}"
        row = self._one(
            f"SELECT bool_and({day_sql(cell, date_format, None)} IS NOT NULL) FILTER ({cell} <> '')"
        )
        return bool(row[0])

    def _one(self, select: str) -> tuple[Any, ...]:
        row = self._connection.execute(f"{select} FROM {self._table} AS raw").fetchone()
        assert row is not None
        return row
