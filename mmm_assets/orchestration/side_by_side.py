"""Several weeks refreshed at the same time, each as a run that Dagster's launcher starts.

`week_order` says what of them waits for what. A run whose process was killed is started again,
``schedule.retries`` times, before later weeks go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import dagster as dg
from dagster._core.launcher import WorkerStatus

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration import week_order
from mmm_assets.orchestration.failures import PROCESS_TAG
from mmm_assets.orchestration.project_resource import PARTITION_TAG
from mmm_assets.orchestration.reconstruction import reconstructable_refresh
from mmm_assets.orchestration.run import QUIET, RefreshOutcome, outcome_of
from mmm_assets.store.project import Project

_LAUNCHED = "launched-by-a-backfill"
"""In place of the name of a process: whoever runs the backfill looks after the run."""

_BETWEEN_LOOKS = 0.5
"""Seconds between two looks at the runs."""


@dataclass
class _Launched:
    """A week on its way: its run, how often that may be started again, what keeps it pending."""

    run_id: str
    retries: int
    held: ExitStack


def refresh_side_by_side(
    config: ProjectConfig,
    instance: dg.DagsterInstance,
    weeks: Sequence[date],
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[RefreshOutcome]:
    """Refresh weeks, ``engine.at_once`` at the same time.

    Parameters
    ----------
    weeks
        Oldest first.
    say
        Told of runs that were killed.

    Yields
    ------
    RefreshOutcome
        Of each week, as it ends.
    """
    project, waiting, there = Project(config), list(weeks), dict[date, _Launched]()
    with ExitStack() as pending:
        held = {week: ExitStack() for week in weeks}
        for week, own in held.items():
            pending.push(own)
            own.enter_context(week_order.pending(project, week))
        while waiting or there:
            while waiting and len(there) < config.engine.at_once:
                week = waiting.pop(0)
                run_id = _launch(config, instance, week, weeks[0])
                there[week] = _Launched(run_id, config.schedule.retries, held[week])
            for week, launched in list(there.items()):
                run = _look(instance, launched.run_id)
                if not run.is_finished:
                    continue
                events = _events(instance, run.run_id)
                if not run.is_success and launched.retries and _was_killed(events):
                    say(f"the process of {week} was killed; it is started again")
                    launched.run_id = _launch(config, instance, week, weeks[0])
                    launched.retries -= 1
                    continue
                del there[week]
                yield outcome_of(config, week, run.run_id, events, run.is_success)
                launched.held.close()
            time.sleep(_BETWEEN_LOOKS)


def _launch(config: ProjectConfig, instance: dg.DagsterInstance, week: date, first: date) -> str:
    reconstructable = reconstructable_refresh(config)
    tags = {PARTITION_TAG: week.isoformat(), PROCESS_TAG: _LAUNCHED}
    run = instance.create_run_for_job(
        reconstructable.get_definition(),
        run_config=QUIET,
        tags={**tags, week_order.FROM_TAG: first.isoformat()},
        job_code_origin=reconstructable.get_python_origin(),
    )
    # The launchers that are meant find the job by its origin and need no workspace.
    instance.launch_run(run.run_id, cast(Any, None))
    return run.run_id


def _look(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    """Read a run; one whose worker is gone is marked as failed first."""
    run = _read(instance, run_id)
    if not run.is_finished:
        health = instance.run_launcher.check_run_worker_health(run)
        if health.status in (WorkerStatus.FAILED, WorkerStatus.NOT_FOUND):
            run = _read(instance, run_id)  # it may have ended by itself meanwhile
            if not run.is_finished:
                instance.report_run_failed(run, f"its process is gone: {health.msg}")
                run = _read(instance, run_id)
    return run


def _read(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    run = instance.get_run_by_id(run_id)
    assert run is not None, run_id
    return run


def _events(instance: dg.DagsterInstance, run_id: str) -> list[dg.DagsterEvent]:
    entries = instance.all_logs(run_id)
    return [entry.dagster_event for entry in entries if entry.dagster_event is not None]


def _was_killed(events: Sequence[dg.DagsterEvent]) -> bool:
    return not any(event.is_step_failure for event in events)
