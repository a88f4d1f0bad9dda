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
    """A mart table; ``refresh_week`` comes before ``columns`` in every one."""

    name: str
    comment: str
    columns: tuple[Column, ...]

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
