"""Who executes the steps of a run: its own process, processes of this machine, Ray jobs.

Nothing passes between steps but what lies in the warehouse, so each may be a process. A run holds
its refresh week whichever it is: where steps are processes, the one that orders them holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import dagster as dg

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.dagster_settings import ray_jobs, require_available
from mmm_assets.orchestration.project_resource import PARTITION_TAG, hold_week
from mmm_assets.store.project import Project

PRELOADED = ("great_expectations", "mmm_assets.orchestration.definitions", "mmm_model.fit.training")
"""Imported once for all steps of a run on this machine, which takes longer than most of them."""


def executor_of(config: ProjectConfig) -> dg.ExecutorDefinition:
    """Executor of a code location, as ``engine.executor`` says.

    Raises
    ------
    UsageError
        If its packages are not installed.
    """
    engine = config.engine
    if engine.executor == "in_process":
        return dg.in_process_executor
    require_available(engine)
    if engine.executor == "multiprocess":
        start = {"forkserver": {"preload_modules": list(PRELOADED)}}
        settings: dict[str, Any] = {"max_concurrent": engine.at_once, "start_method": start}
        return _holding(dg.multiprocess_executor, config).configured(settings, "multiprocess")
    from dagster_ray import ray_executor

    return _holding(ray_executor, config).configured({"ray": ray_jobs(engine)}, "ray")


class _Holding(dg.Executor):
    """An executor that holds the refresh week of its run while others execute the steps."""

    def __init__(self, inner: dg.Executor, config: ProjectConfig) -> None:
        self._inner, self._config = inner, config

    @property
    def retries(self) -> Any:
        return self._inner.retries

    @property
    def step_dependency_config(self) -> Any:
        return self._inner.step_dependency_config

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        key = plan_context.dagster_run.tags.get(PARTITION_TAG)
        if key is None:
            yield from self._inner.execute(plan_context, execution_plan)
            return
        with hold_week(Project(self._config), date.fromisoformat(key), plan_context.log):
            yield from self._inner.execute(plan_context, execution_plan)


def _holding(executor: dg.ExecutorDefinition, config: ProjectConfig) -> dg.ExecutorDefinition:
    @dg.executor(
        name=executor.name,
        config_schema=cast(Any, executor.config_schema),
        requirements=dg.multiple_process_executor_requirements(),
    )
    def holding(context: dg.InitExecutorContext) -> dg.Executor:
        make = executor.executor_creation_fn
        assert make is not None
        return _Holding(make(context), config)

    return holding
