"""When a refresh runs by itself: the job, its weekly schedule, and the sensor for new files."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs import sources
from mmm_assets.inputs.weekly_kpi import newest_week_in_source
from mmm_assets.project import Project

JOB = "refresh"


class UnknownWeek(ValueError):
    """The week asked for is not one that the project can refresh."""


# One process for the whole run: a process per step would import torch once for each.
refresh_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
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


def weekly_schedule(config: ProjectConfig) -> dg.ScheduleDefinition:
    """Refresh the newest complete week at the configured time."""

    @dg.schedule(
        name="weekly_refresh",
        job=refresh_job,
        cron_schedule=config.schedule.cron,
        execution_timezone=config.schedule.timezone,
        description="Refreshes the newest complete week.",
    )
    def weekly_refresh(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        key = newest_week_over(context.scheduled_execution_time.date()).isoformat()
        if not weekly_partitions(config).has_partition_key(key):
            return dg.SkipReason(f"{key} is not a refresh week of this project")
        return dg.RunRequest(run_key=key, partition_key=key)

    return weekly_refresh


@dg.sensor(
    name="new_files",
    job=refresh_job,
    minimum_interval_seconds=300,
    description="Starts a refresh of the newest week in the data when a source file changed.",
)
def new_files(
    context: dg.SensorEvaluationContext, project: dg.ResourceParam[Project]
) -> dg.SensorResult | dg.SkipReason:
    """Compare the source files with those of the last look."""
    config = project.config
    files = sources.source_files(config)
    state = "\n".join(
        f"{file} {status.st_size} {status.st_mtime_ns}"
        for file in files
        for status in [file.stat()]
    )
    cursor = hashlib.sha256(state.encode()).hexdigest()
    if cursor == context.cursor:
        return dg.SkipReason("no source file has changed")
    try:
        week: date = newest_week_in_source(config)
    except sources.SourceError as error:
        return dg.SkipReason(f"the sources cannot be read yet: {error}")
    key = week.isoformat()
    if not weekly_partitions(config).has_partition_key(key):
        return dg.SkipReason(f"{key}, the newest week in the data, is not complete yet")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=f"{key}-{cursor[:12]}", partition_key=key)],
        cursor=cursor,
    )
