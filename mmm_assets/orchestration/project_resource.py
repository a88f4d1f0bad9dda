"""The project as a run is given it: with its refresh week held, and what was broken mended.

A run holds its refresh week from its first step to its last, so two runs of one week never
mix; runs of different weeks go on side by side. The lock ends with the process that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date

import dagster as dg

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.publication import finish_interrupted
from mmm_assets.store.errors import WarehouseBusy
from mmm_assets.store.project import Progress, Project

PARTITION_TAG = "dagster/partition"


def project_resource(
    config: ProjectConfig, progress: Progress | None = None
) -> dg.ResourceDefinition:
    """Make the resource ``project`` of a code location."""

    @dg.resource(description="Configuration and warehouse; a run holds its refresh week with it.")
    def project(context: dg.InitResourceContext) -> Iterator[Project]:
        found = Project(config, progress)
        key = context.run.tags.get(PARTITION_TAG) if context.run else None
        if key is None:
            yield found
            return
        refresh_week = date.fromisoformat(key)
        with ExitStack() as held:
            try:
                held.enter_context(found.warehouse.week_turn(refresh_week, seconds=0))
            except WarehouseBusy:
                if context.log is not None:
                    context.log.info(f"waiting for another run of {refresh_week} to end")
                held.enter_context(found.warehouse.week_turn(refresh_week))
            found.warehouse.sweep()
            finish_interrupted(found, held=refresh_week)
            yield found

    return project
