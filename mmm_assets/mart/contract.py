"""Tables and columns: the words in which the ``mart`` schema is declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: its name, its DuckDB type and what an analyst needs to know of it."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A mart table; ``refresh_week`` comes before ``columns`` in every one.

    Parameters
    ----------
    details
        SQL condition of the rows that grow with regions and weeks, which only the newest
        refreshes keep (``retention.details``). None: a summary, every row of which stays.
    decided
        Columns that name what somebody decided, see ``store.decided_rows``: rows that no refresh
        makes, changes or removes. None: results, which each refresh writes anew.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    details: str | None = None
    decided: tuple[str, ...] = ()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns with the partition key in front."""
        return (REFRESH_WEEK, *self.columns)


REFRESH_WEEK = Column(
    "refresh_week", "DATE", "Monday of the last week of data that the refresh could see."
)
CHANNEL = Column("channel", "VARCHAR", "Media channel.")
REGION = Column("region", "VARCHAR", "Region; 'national' where the data has one region.")
WEEK = Column("week", "DATE", "Monday of the week.")
LOWER = Column("lower", "DOUBLE", "Lower end of the 90 % interval.")
UPPER = Column("upper", "DOUBLE", "Upper end of the 90 % interval.")

EVERY_ROW = "true"
"""Of a table that is details alone."""
REGIONS_ALONE = "region IS NOT NULL"
"""Of a table whose rows for all regions together are a summary."""
