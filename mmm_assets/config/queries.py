"""The section ``queries`` of the configuration: what the queries of sources may reach."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mmm_assets.config.tables import Name, Section

Extension = Annotated[str, StringConstraints(pattern=r"^\w+$")]


Attached = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]


class AttachedDatabase(Section):
    """A database that queries read as NAME.SCHEMA.TABLE; nobody writes to it."""

    file: Name = Field(description="file of DuckDB, from the folder of this file")


class QueriesSection(Section):
    """What ``tables.*.sql`` may read besides the folder of the configuration."""

    folders: tuple[Name, ...] = Field(
        default=(),
        description="folders, or s3://BUCKET/, that queries may read besides that of this file",
    )
    extensions: tuple[Extension, ...] = Field(
        default=(),
        description="of DuckDB that queries need, e.g. postgres_scanner; they must be installed",
    )
    attach: dict[Attached, AttachedDatabase] = Field(
        default={}, description="databases that queries may read, by the name they have there"
    )
