"""The refresh job with the way to make it anew in another process: by its configuration's path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.names import REFRESH, Names


def refresh_job_of(path: str) -> dg.JobDefinition:
    """The refresh job of a configuration."""
    config = load_config(Path(path))
    return build_definitions(config).resolve_job_def(Names.of(config).word(REFRESH))


def reconstructable_refresh(config: ProjectConfig) -> Any:
    """The refresh job of a project, as Dagster hands it to other processes."""
    return dg.build_reconstructable_job(
        __name__, refresh_job_of.__name__, reconstructable_args=(str(config.path),)
    )
