"""The section ``engine`` of the configuration: on what refreshes run, and who keeps their records.

All but the defaults needs the extra ``scale``. Addresses with passwords come from the environment.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mmm_assets.config.tables import Section

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]


class EngineSection(Section):
    """What executes refreshes and where Dagster keeps its records; results do not depend on it."""

    executor: Literal["in_process", "multiprocess", "ray"] = Field(
        default="in_process",
        description="a run is one process, or each of its steps is: on this machine, or as a Ray "
        "job",
    )
    launcher: Literal["local", "ray"] = Field(
        default="local",
        description="runs are processes of this machine, or Ray jobs; mmm backfill then refreshes "
        "weeks side by side",
    )
    at_once: int = Field(
        default=2, ge=1, le=1000, description="runs at the same time, and steps of a run"
    )
    ray_address: str = Field(
        default="http://127.0.0.1:8265",
        pattern=r"^https?://[^@\s]+$",
        description="of Ray's dashboard, which takes the jobs",
    )
    cpus: float = Field(default=1, gt=0, description="of a Ray job")
    gpus: float = Field(default=0, ge=0, description="of a Ray job; below one, jobs share a GPU")
    environment: tuple[Variable, ...] = Field(
        default=(),
        description="variables that Ray jobs are given; Ray shows them to whoever sees its "
        "dashboard, so passwords belong into the workers' own environment",
    )
    storage: Literal["sqlite", "postgres"] = Field(
        default="sqlite", description="keeps Dagster's records: files of its home, or PostgreSQL"
    )
    storage_url: Variable = Field(
        default="MMM_DAGSTER_URL",
        description="environment variable that holds postgresql://USER:PASSWORD@HOST/DATABASE",
    )

    @model_validator(mode="after")
    def _records_are_reached(self) -> EngineSection:
        if self.launcher == "ray" and self.storage == "sqlite":
            raise ValueError(
                "'launcher: ray' needs 'storage: postgres', which every worker reaches"
            )
        return self
