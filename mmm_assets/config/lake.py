"""The section ``lake`` of the configuration: tables in DuckLake in place of DuckDB files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mmm_assets.config.tables import Section

LakeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class LakeSection(Section):
    """Where DuckLake keeps what it knows of the tables, and the files of their rows."""

    catalogue: str = Field(
        pattern=r"^postgres:",
        description="postgres: and a connection string of libpq; ${NAME} = environment; a password "
        "may also stand in PGPASSWORD or PGPASSFILE",
    )
    name: LakeName = Field(
        description="schema of the catalogue that analysts attach; another for each project"
    )
    data: str = Field(
        default="lake",
        min_length=1,
        description="folder of the files, from the folder of this file, or s3://BUCKET/PREFIX; "
        "keys of the bucket are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, "
        "AWS_ENDPOINT_URL of the environment",
    )
