"""Whether the newest week is published in time, whatever was refreshed since.

Dagster's own freshness is of an asset: a backfill of a past week makes it fresh. Here the weeks
are asked for. A sensor asks every hour, so that the check turns red although nothing runs.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.arrival import newest_complete_week
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.orchestration.assets.report import published_refresh
from mmm_assets.orchestration.automation import newest_week_over
from mmm_assets.orchestration.names import Names
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes

CHECK = "newest_week_is_published"


def judge(config: ProjectConfig, now: datetime) -> tuple[bool, str]:
    """Say whether the newest week that should be published is, and why.

    The week is over since ``schedule.publish_within_hours``, and complete in the data.

    Parameters
    ----------
    now
        With its time zone.
    """
    within = timedelta(hours=config.schedule.publish_within_hours)
    local = (now - within).astimezone(ZoneInfo(config.schedule.timezone))
    last = config.refresh.last_week
    due = min(newest_week_over(local.date()), last or date.max)
    try:
        arrived = newest_complete_week(config)
    except SourceError as error:
        return False, f"the sources cannot be read, so nobody knows what is due: {error}"
    week = min(due, arrived) if arrived else None
    if week is None or week < config.refresh.first_week:
        return True, "No week is due yet."
    there = refreshes(Project(config).warehouse)
    status = there[week].status if week in there else "not refreshed"
    newest = max((w for w, found in there.items() if found.status == "published"), default=None)
    if newest is not None and newest >= week:
        return True, f"{newest} is published, the newest week that is due is {week}."
    return False, (
        f"{week} is over since more than {config.schedule.publish_within_hours} hours and lies in "
        f"the data, and is {status}; the newest published week is {newest}. Refresh it:  "
        f"mmm refresh --week {week}"
    )


@dg.asset_check(
    asset=published_refresh,
    name=CHECK,
    description="The newest week that is over and lies in the data is published within "
    "schedule.publish_within_hours, whatever was refreshed since.",
)
def newest_week_check(project: dg.ResourceParam[Project]) -> dg.AssetCheckResult:
    """Judge at the end of each refresh, also of a past week."""
    passed, said = judge(project.config, datetime.now(UTC))
    return dg.AssetCheckResult(
        passed=passed, severity=dg.AssetCheckSeverity.ERROR, description=said
    )


def freshness_sensor(config: ProjectConfig) -> dg.SensorDefinition:
    """Judge every hour, without a run."""
    names = Names.of(config)

    @dg.sensor(
        name=names.word("freshness"),
        minimum_interval_seconds=3600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Records at published_refresh, every hour, whether the newest week is "
        "published in time.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        passed, said = judge(config, datetime.now(UTC))
        evaluation = dg.AssetCheckEvaluation(
            asset_key=names.asset("published_refresh"),
            check_name=CHECK,
            passed=passed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=said,
            metadata={},
        )
        return dg.SensorResult(asset_events=[evaluation])

    return look
