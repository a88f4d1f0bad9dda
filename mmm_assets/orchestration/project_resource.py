"""The project as a run is given it: with its refresh week held, and what was broken mended.

A run holds its refresh week from its first step to its last, so two runs of one week never
mix; runs of different weeks go on side by side. The lock ends with the process that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
        # Where each step is a process, the executor holds the week: see ``executors``.
        if key is None or config.engine.executor != "in_process":
            yield found
            return
        with hold_week(found, date.fromisoformat(key), context.log):
            yield found

    return project


@contextmanager
def hold_week(
    project: Project, refresh_week: date, log: dg.DagsterLogManager | None
) -> Iterator[None]:
    """Hold a refresh week for the length of a run, once what others left broken is mended."""
    with ExitStack() as held:
        try:
            held.enter_context(project.warehouse.week_turn(refresh_week, seconds=0))
        except WarehouseBusy:
            if log is not None:
                log.info(f"waiting for another run of {refresh_week} to end")
            held.enter_context(project.warehouse.week_turn(refresh_week))
        project.warehouse.sweep()
        finish_interrupted(project, held=refresh_week)
        yield
