"""When a refresh runs by itself: the job, its weekly schedule, and the sensor for new files."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import UsageError
from mmm_assets.inputs import source_state, sources
from mmm_assets.inputs.arrival import newest_complete_week
from mmm_assets.orchestration.executors import executor_of
from mmm_assets.orchestration.failures import PROCESS_TAG, explain_failure
from mmm_assets.orchestration.names import REFRESH, Names
from mmm_assets.orchestration.notify import notify
from mmm_assets.orchestration.project_resource import PARTITION_TAG
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import is_published

RETRY_TAG = "mmm/retry_of"
"""Names the run of a backfill that was killed, on the run that takes its place."""

_BACKFILL_TAG, _PARENT_TAG = "dagster/backfill", "dagster/parent_run_id"

BETWEEN_LOOKS = 900.0
"""Seconds between two looks of the sensor at what costs more than a look at a file: what a query
returns, and sources that could not be read."""


class UnknownWeek(UsageError):
    """The week asked for is not one that the project can refresh."""


def refresh_job(config: ProjectConfig) -> UnresolvedAssetJobDefinition:
    """The job of one weekly refresh: all assets of a project with their checks."""
    names = Names.of(config)
    return dg.define_asset_job(
        names.word(REFRESH),
        selection=dg.AssetSelection.assets(*names.assets.values()),
        executor_def=executor_of(config),
        description="One weekly refresh, from the raw tables to the published results.",
    )


def newest_week_over(today: date) -> date:
    """Monday of the newest week that is over."""
    return today - timedelta(days=today.weekday(), weeks=1)


def weekly_partitions(config: ProjectConfig) -> dg.WeeklyPartitionsDefinition:
    """Partitions of a project: the Monday of each week that a refresh may end with."""
    last = config.refresh.last_week
    ahead = (last - newest_week_over(datetime.now(UTC).date())).days // 7 if last else 0
    return dg.WeeklyPartitionsDefinition(
        start_date=config.refresh.first_week.isoformat(),
        # A window ends with its week, so the last partition is the week before the end.
        end_date=(last + timedelta(weeks=1)).isoformat() if last else None,
        day_offset=1,
        # Weeks that the configuration vouches for, though the clock has not reached them.
        end_offset=max(ahead, 0),
    )


def weekly_schedule(
    config: ProjectConfig, job: UnresolvedAssetJobDefinition
) -> dg.ScheduleDefinition:
    """Refresh the newest week that is over: once its data are there, or the grace is over."""
    wait = timedelta(hours=config.schedule.grace_hours)
    ticks = dg.TimeWindowPartitionsDefinition(
        start=datetime(2000, 1, 3),
        fmt="%Y-%m-%d",
        cron_schedule=config.schedule.cron,
        timezone=config.schedule.timezone,
    )

    @dg.schedule(
        name=Names.of(config).word("weekly_refresh"),
        job=job,
        # By the hour as well, for data that come late.
        cron_schedule=[config.schedule.cron, "0 * * * *"] if wait else config.schedule.cron,
        execution_timezone=config.schedule.timezone,
        description=f"Refreshes the newest week that is over as soon as its data are complete, "
        f"{config.schedule.grace_hours} hours after '{config.schedule.cron}' in any case.",
    )
    def weekly_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = context.scheduled_execution_time
        window = ticks.get_prev_partition_window(now)
        if window is None:
            return dg.SkipReason("the schedule has not begun")
        week = newest_week_over(window.end.date())
        key = week.isoformat()
        if not weekly_partitions(config).has_partition_key(key):
            return dg.SkipReason(f"{key} is not a refresh week of this project")
        if is_published(Project(config).warehouse, week):
            return dg.SkipReason(f"{key} is published")
        over = window.end + wait
        if now < over:
            why = _incomplete(config, week)
            if why:
                return dg.SkipReason(f"{why}; waiting until {over:%Y-%m-%d %H:%M %Z}")
        elif wait and now - over < timedelta(hours=1):
            why = _incomplete(config, week)
            if why:
                notify(config, "late", key, messages=[why], warn=context.log.warning)
        return dg.RunRequest(run_key=key, partition_key=key, tags=_retries(config))

    return weekly_refresh


def _incomplete(config: ProjectConfig, week: date) -> str:
    """Say why a week cannot be refreshed yet; nothing when its data are complete."""
    try:
        newest = newest_complete_week(config)
    except sources.SourceError as error:
        return f"the sources cannot be read: {error}"
    if newest is None or newest < week:
        return f"the data of {week} are not complete; the newest week that is: {newest}"
    return ""


def _retries(config: ProjectConfig) -> dict[str, str]:
    return {"dagster/max_retries": str(config.schedule.retries)}


def new_files(config: ProjectConfig, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Refresh when the sources differ from those of the last refresh, and have come to rest."""

    @dg.sensor(
        name=Names.of(config).word("new_files"),
        job=job,
        minimum_interval_seconds=60,
        description="Starts a refresh of the newest complete week when source files, or what "
        "queries return, have changed and have come to rest.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return _look_at_sources(config, context.cursor or "")

    return look


def _look_at_sources(config: ProjectConfig, cursor: str) -> dg.SensorResult:
    """Compare the sources with those of the last look and of the last refresh.

    What differs from the last look may still be on its way; it is left until the next.
    """
    last: dict[str, Any] = json.loads(cursor) if cursor.startswith("{") else {}
    try:
        look = _look(config, last)
    except sources.SourceError as error:
        return _skip(f"the sources cannot be read yet: {error}", last)
    if look["seen"] == last.get("done"):
        return _skip("no source has changed", look)
    if look["seen"] != last.get("seen"):
        return _skip("sources are arriving", look)
    look["still"] = look["seen"]
    failed = last.get("failed") or {}
    if failed.get("seen") == look["seen"] and _recent(failed["at"]):
        return _skip(f"the sources cannot be read yet: {failed['why']}", look)
    try:
        week = newest_complete_week(config, look["queries"])
    except sources.SourceError as error:
        look["failed"] = {"seen": look["seen"], "at": time.time(), "why": str(error)}
        return _skip(f"the sources cannot be read yet: {error}", look)
    key = str(week)
    if week is None or not weekly_partitions(config).has_partition_key(key):
        return _skip(f"the newest complete week, {key}, is not over yet", look)
    run_key = f"{key}-{look['seen']}"
    request = dg.RunRequest(run_key=run_key, partition_key=key, tags=_retries(config))
    return dg.SensorResult(
        run_requests=[request], cursor=json.dumps({**look, "done": look["seen"]})
    )


def _look(config: ProjectConfig, last: dict[str, Any]) -> dict[str, Any]:
    """Look at the files; at queries now and then, and while something changes."""
    at_rest = last.get("seen") == last.get("still")
    if at_rest and "queries" in last and _recent(last["asked"]):
        asked, queries = last["asked"], last["queries"]
    else:
        asked, queries = time.time(), source_state.queries_state(config)
    seen = f"{source_state.files_state(config)}{queries}"
    return {**last, "seen": seen, "asked": asked, "queries": queries}


def _recent(moment: float) -> bool:
    return abs(time.time() - moment) < BETWEEN_LOOKS


def _skip(why: str, cursor: dict[str, Any]) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=json.dumps(cursor))


def failure_notice(config: ProjectConfig) -> dg.SensorDefinition:
    """Tell people of runs that failed under Dagster's daemon; `refresh` tells of its own."""
    names = Names.of(config)

    @dg.run_failure_sensor(
        name=names.word("failure_notice"),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells whom 'notify' of the configuration names that a refresh failed.",
    )
    def tell(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        if PROCESS_TAG in run.tags or not names.own(run):
            return
        events = [*context.get_step_failure_events(), context.failure_event]
        status, messages = explain_failure(events)
        if status != "held":  # the gates have told already
            key = run.tags.get(PARTITION_TAG, "")
            notify(config, status, key, run.run_id, messages, context.log.warning)

    return tell


def killed_backfill_runs(
    config: ProjectConfig, job: UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """Start runs of a backfill again whose process died, as Dagster does with all others.

    Dagster leaves a run alone when its backfill is over, and a backfill of a job is over as soon
    as its runs are queued. The new run is no part of the backfill: Dagster looks after it.
    """
    names = Names.of(config)

    @dg.run_failure_sensor(
        name=names.word("killed_backfill_runs"),
        request_job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run of a backfill again when its process was killed, "
        "'schedule.retries' times.",
    )
    def again(context: dg.RunFailureSensorContext) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        key = run.tags.get(PARTITION_TAG)
        if _BACKFILL_TAG not in run.tags or run.job_name != job.name or key is None:
            return dg.SkipReason("no run of a backfill")
        if context.get_step_failure_events() or not config.schedule.retries:
            return dg.SkipReason("it failed by itself, or nothing is to be tried again")
        retried = dg.RunsFilter(tags={_PARENT_TAG: run.run_id})
        if context.instance.get_runs(retried, limit=1):
            return dg.SkipReason("it was tried again already")
        tags = {"dagster/max_retries": str(config.schedule.retries - 1), RETRY_TAG: run.run_id}
        return dg.RunRequest(run_key=f"again-{run.run_id}", partition_key=key, tags=tags)

    return again
