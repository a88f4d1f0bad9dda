"""Where a table is and how its text is read: what all sections of ``tables`` have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

AssetKey = Annotated[str, StringConstraints(pattern=r"^[^\s/]+(/[^\s/]+)*$")]
"""Key of an asset in Dagster, its parts joined by slashes."""

NATIONAL = "national"
"""Name of the one region of a table that has no column of regions."""


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Section(BaseModel):
    """A part of the configuration; a key that it does not declare is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Given:
    """Content of a cell in every row, where no column holds it."""

    text: str


Cells = dict[str, str | Given | None]
"""Column of ``raw.<table>`` → the delivered column that fills it, or what is given, or nothing."""


class Source(Section):
    """Origin of a table, either ``source`` or ``sql``, and the reading of its text."""

    source: str | None = Field(
        default=None,
        description="file or glob, CSV or Parquet, from the folder of this file; or sql: SELECT …",
    )
    sql: str | None = Field(
        default=None, description="SELECT that DuckDB can run; ${NAME} = environment"
    )
    decimal: Literal[".", ","] = Field(default=".", description="decimal mark of the numbers")
    date_format: str | None = Field(
        default=None,
        description="e.g. %d/%m/%Y; spreadsheet days; epoch seconds; default: ISO dates",
    )

    upstream: tuple[AssetKey, ...] = Field(
        default=(),
        description="keys of the assets in Dagster that make it, of dbt, dlt, Airbyte, Sling: "
        "analytics/fct_spend",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if (self.source is None) == (self.sql is None):
            raise ValueError("give either 'source' (a file or a glob) or 'sql' (a SELECT)")
        return self

    @property
    def origin(self) -> str:
        """The source as configured; what was loaded from another one is not used."""
        return f"sql: {self.sql}" if self.sql else str(self.source)

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        return {}

    @property
    def unpivoted(self) -> list[Cells]:
        """The other raw columns, for each raw row that a delivered row becomes; empty: one row."""
        return []


class WeeklySource(Source):
    """A table with a column of weeks and, unless it is national, one of regions."""

    week: Name = Field(description="column of dates, or of week numbers with week_origin")
    region: Name | None = Field(default=None, description="column of regions; null: national")

    @property
    def cells(self) -> Cells:
        """Raw columns that a delivered row fills once."""
        return {"week": self.week, "region": self.region or Given(NATIONAL)}


def named_columns(columns: list[str] | dict[str, str] | None) -> dict[str, str]:
    """Name → column of a wide layout, in which a list of columns gives each its own name."""
    return columns if isinstance(columns, dict) else {name: name for name in columns or []}
