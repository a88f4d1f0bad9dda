"""Run refreshes from a terminal or a scheduler, through the same Dagster job as everything else."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import dagster as dg

from mmm_assets.config import ProjectConfig
from mmm_assets.config.engine import EngineSection
from mmm_assets.config.errors import UsageError
from mmm_assets.inputs import knowledge
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.weekly_kpi import newest_week_in_source
from mmm_assets.orchestration.automation import UnknownWeek, weekly_partitions
from mmm_assets.orchestration.dagster_settings import (
    records_reached,
    require_available,
    require_same_engine,
    settings_text,
)
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.failures import PROCESS_TAG, Failed, explain_failure
from mmm_assets.orchestration.json_log import JsonLinesHandler
from mmm_assets.orchestration.names import REFRESH, Names
from mmm_assets.orchestration.notify import notify
from mmm_assets.orchestration.project_resource import PARTITION_TAG, project_resource
from mmm_assets.orchestration.reconstruction import reconstructable_refresh
from mmm_assets.report.standing import standing_lines
from mmm_assets.store.errors import WarehouseBusy, WarehouseError
from mmm_assets.store.locks import LOCK_SECONDS, hold
from mmm_assets.store.project import Progress, Project
from mmm_assets.store.published_weeks import refreshes

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RefreshOutcome:
    """The end of one refresh.

    Parameters
    ----------
    status
        ``published``, ``held``, ``refused`` (the input broke a blocking rule) or ``failed``.
    messages
        Why, for a person; empty when published.
    """

    refresh_week: date
    run_id: str
    status: str
    messages: tuple[str, ...] = ()


def dagster_home(config: ProjectConfig) -> Path:
    """Where Dagster keeps its runs: ``DAGSTER_HOME`` if set, else beside the warehouse."""
    return Path(os.environ.get("DAGSTER_HOME") or config.warehouse_folder / "dagster").resolve()


def prepare_dagster_home(config: ProjectConfig) -> Path:
    """Fill Dagster's home and name it in the environment, from where Dagster takes it.

    Raises
    ------
    WarehouseError
        If it cannot be written to, or PostgreSQL cannot be reached.
    UsageError
        If ``engine`` in the configuration cannot be had, or the home was made for another one.
    """
    home = dagster_home(config)
    settings = home / "dagster.yaml"
    require_available(config.engine)
    os.environ["DAGSTER_HOME"] = str(home)
    if settings.exists():
        require_same_engine(settings, config.engine)
        return home
    # Two processes that make Dagster's records at the same time spoil them for good.
    with hold(home / "prepare.lock", LOCK_SECONDS, f"another process prepares {home}"):
        if not settings.exists():
            _prepare(home, settings, config.engine)
    return home


def _prepare(home: Path, settings: Path, engine: EngineSection) -> None:
    """Write Dagster's settings, last of all: whoever finds them finds its records, too."""
    draft = home / "dagster.yaml.draft"
    try:
        draft.write_text(settings_text(engine), encoding="utf-8")
        with dg.DagsterInstance.from_config(str(home), draft.name):
            pass
        draft.replace(settings)
    except OSError as error:
        raise WarehouseError(f"{home} cannot be written to: {error.strerror}") from error


@contextmanager
def dagster_instance(config: ProjectConfig) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance of a project.

    Raises
    ------
    WarehouseError
        If Dagster's records cannot be reached, or are no longer.
    """
    with records_reached(config.engine):
        prepare_dagster_home(config)
        with dg.DagsterInstance.get() as instance:
            _bury_dead_runs(instance, Names.of(config))
            yield instance


def newest_refresh_week(config: ProjectConfig) -> date:
    """Newest week in the data that is over; the newest that is over where they cannot be read.

    The refresh of that week says what is wrong with them, and is recorded.

    Raises
    ------
    UnknownWeek
        If no week of the project is over yet.
    """
    last = weekly_partitions(config).get_last_partition_key()
    if last is None:
        raise UnknownWeek(f"no week from {config.refresh.first_week} on is over yet")
    with suppress(SourceError):
        return min(newest_week_in_source(config), date.fromisoformat(last))
    return date.fromisoformat(last)


def refresh(
    config: ProjectConfig,
    instance: dg.DagsterInstance,
    refresh_week: date,
    progress: Progress | None = None,
    as_known_on: str | None = None,
) -> RefreshOutcome:
    """Run one refresh in this process.

    Parameters
    ----------
    instance
        Where the run and its materialisations are recorded.
    progress
        Told how training goes.
    as_known_on
        ISO time (UTC) up to which loads count; None: as ``refresh.knowledge`` says.

    Raises
    ------
    UnknownWeek
        If ``refresh_week`` is not a partition of the project.
    """
    definitions = build_definitions(config, {"project": project_resource(config, progress)})
    names = Names.of(config)
    job = definitions.resolve_job_def(names.word(REFRESH))
    key = refresh_week.isoformat()
    if job.partitions_def is None or not job.partitions_def.has_partition_key(key):
        raise UnknownWeek(
            f"{key} is not a refresh week: it must be a Monday from "
            f"{config.refresh.first_week} on, of a week that is over"
        )
    tags = {knowledge.TAG: as_known_on} if as_known_on else {}
    with _sign_of_life(instance) as process:
        run = _execute(config, job, instance, key, {PROCESS_TAG: process, **tags})
    return outcome_of(config, refresh_week, run.run_id, run.all_events, run.success)


def outcome_of(
    config: ProjectConfig,
    refresh_week: date,
    run_id: str,
    events: Sequence[dg.DagsterEvent],
    success: bool,
) -> RefreshOutcome:
    """Say how a run that is over ended, also to those whom ``notify`` names."""
    key = refresh_week.isoformat()
    refusals = [
        check.description or check.check_name
        for check in (
            event.asset_check_evaluation_data
            for event in events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        )
        if check.blocking and not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    if refusals or not success:
        status, messages = explain_failure(event for event in events if event.is_failure)
        if refusals:
            status, messages = "refused", tuple(refusals)
        if status != "held":  # the gates have told already
            notify(config, status, key, run_id, messages, _log_of(run_id, key))
        return RefreshOutcome(refresh_week, run_id, status, messages)
    warehouse = Project(config).warehouse
    ended = refreshes(warehouse)[refresh_week].status
    with warehouse.published() as connection:
        told = standing_lines(connection, refresh_week)
    return RefreshOutcome(refresh_week, run_id, ended, tuple(told))


def _execute(
    config: ProjectConfig,
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    key: str,
    tags: dict[str, str],
) -> dg.ExecuteInProcessResult | dg.JobExecutionResult:
    """Execute a run, ordered by this process, and wait for its end."""
    if config.engine.executor == "in_process":
        return job.execute_in_process(
            run_config=QUIET,
            instance=instance,
            partition_key=key,
            raise_on_error=False,
            tags=tags,
        )
    return dg.execute_job(
        reconstructable_refresh(config),
        instance=instance,
        run_config=QUIET,
        tags={PARTITION_TAG: key, **tags},
    )


@contextmanager
def told(config: ProjectConfig, refresh_week: date | None) -> Iterator[None]:
    """Tell people of an error that ends a refresh outside of its run, too."""
    try:
        yield
    except UsageError:
        raise  # of whoever sits before it
    except Exception as error:
        status: Failed = "refused" if isinstance(error, SourceError) else "failed"
        key = str(refresh_week or "")
        said = str(error) or type(error).__name__
        notify(config, status, key, messages=[said], warn=_log_of("", key))
        raise


def _log_of(run_id: str, refresh_week: str) -> Callable[[str], None]:
    """Warn on standard error, which cron mails, and in the log of the run."""

    def warn(message: str) -> None:
        record = logging.LogRecord("mmm", logging.WARNING, __file__, 0, message, None, None)
        record.dagster_meta = {"run_id": run_id, "job_tags": {PARTITION_TAG: refresh_week}}
        JsonLinesHandler().emit(record)
        logging.getLogger("mmm").warning(message)

    return warn


@contextmanager
def _sign_of_life(instance: dg.DagsterInstance) -> Iterator[str]:
    """Hold a lock file under a name of its own; it comes free when this process ends or dies."""
    name = uuid4().hex
    file = _life_file(instance, name)
    with hold(file, 0, "a new file"):
        yield name
    file.unlink(missing_ok=True)


def _life_file(instance: dg.DagsterInstance, name: str) -> Path:
    return Path(instance.root_directory) / "running" / f"{name}.lock"


def _bury_dead_runs(instance: dg.DagsterInstance, names: Names) -> None:
    """Mark a project's runs of killed terminals as failed.

    Dagster's daemon does this for the runs that it launched; a run of the command line has
    only the next command to do it.
    """
    open_runs = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    for record in instance.get_run_records(dg.RunsFilter(statuses=open_runs)):
        run = record.dagster_run
        process = run.tags.get(PROCESS_TAG)
        if process is None or not process.isalnum() or not names.own(run):
            continue
        file = _life_file(instance, process)
        if file.exists():
            try:
                with hold(file, 0, ""):
                    pass
            except WarehouseBusy:
                continue  # it lives
        instance.report_run_failed(run, "the process ended before the run did")
        file.unlink(missing_ok=True)
