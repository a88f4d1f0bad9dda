"""Where a project's data come from in Dagster: assets of other tools, on which raw tables depend.

``upstream`` of a table names assets of dbt, dlt, Airbyte, Sling or any other code. The raw table
follows them in the lineage, and a sensor refreshes a week once all of them have it.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.roles import ROLES
from mmm_assets.orchestration.names import Names
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import is_published

_LOOKED_BACK = 4
"""Weeks, newest first, among which the sensor looks for one that all upstream assets have."""

_MATERIALISED = dg.DagsterEventType.ASSET_MATERIALIZATION


def upstream_of(config: ProjectConfig) -> dict[dg.AssetKey, list[dg.AssetKey]]:
    """Key of each raw table that names upstream assets → their keys."""
    names = Names.of(config)
    tables = {name: role.source(config) for name, role in ROLES.items()}
    return {
        names.asset(f"raw_{name}"): [dg.AssetKey.from_user_string(key) for key in table.upstream]
        for name, table in tables.items()
        if table is not None and table.upstream
    }


def upstream_ready(
    config: ProjectConfig, job: UnresolvedAssetJobDefinition, weeks: dg.PartitionsDefinition
) -> dg.SensorDefinition:
    """Refresh a week when all upstream assets have materialised for it.

    Of an upstream asset with partitions, those of the week count: its Monday, its first day, or
    all seven days. Of one without, a materialisation after the end of the week. A week that is
    published is refreshed again when each of them has materialised anew since its rows were loaded.
    """
    found = upstream_of(config)

    @dg.sensor(
        name=Names.of(config).word("upstream_ready"),
        job=job,
        minimum_interval_seconds=60,
        description="Refreshes a week when the assets that its tables come from, 'upstream' in "
        "mmm.yaml, have all materialised for it.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        keys = list(weeks.get_partition_keys())[-_LOOKED_BACK:]
        for key in reversed(keys):
            week = date.fromisoformat(key)
            seen = {
                raw: [_seen(context.instance, asset, week, config) for asset in assets]
                for raw, assets in found.items()
            }
            events = [event for each in seen.values() for event in each]
            if None in events:
                continue
            if not _anew(context.instance, config, seen, key):
                return dg.SkipReason(f"{key} is refreshed, and not all upstream assets are newer")
            state = hashlib.sha256(repr(sorted(set(map(str, events)))).encode()).hexdigest()[:16]
            tags = {"dagster/max_retries": str(config.schedule.retries)}
            return dg.RunRequest(run_key=f"{key}-{state}", partition_key=key, tags=tags)
        return dg.SkipReason(f"not all upstream assets have materialised for {', '.join(keys)}")

    return look


def _seen(
    instance: dg.DagsterInstance, asset: dg.AssetKey, week: date, config: ProjectConfig
) -> int | None:
    """Storage id of the event by which an asset has a week; None if it has not."""
    by_partition = instance.get_latest_storage_id_by_partition(asset, _MATERIALISED)
    if by_partition:
        first = week - timedelta(days=config.days_early)
        days = [(first + timedelta(days=day)).isoformat() for day in range(7)]
        there = [day for day in days if day in by_partition]
        if there in ([week.isoformat()], [first.isoformat()]):  # partitions of weeks
            return by_partition[there[0]]
        return max(by_partition[day] for day in days) if there == days else None
    end = datetime.combine(week + timedelta(days=7 - config.days_early), datetime.min.time())
    over = end.replace(tzinfo=ZoneInfo(config.schedule.timezone)).timestamp()
    newest = instance.fetch_materializations(asset, limit=1).records
    return newest[0].storage_id if newest and newest[0].timestamp >= over else None


def _anew(
    instance: dg.DagsterInstance,
    config: ProjectConfig,
    seen: dict[dg.AssetKey, list[int | None]],
    key: str,
) -> bool:
    """Whether there is something to refresh: of a published week, everything must be newer."""
    newer = []
    for raw, events in seen.items():
        loaded = instance.get_latest_storage_id_by_partition(raw, _MATERIALISED, {key}).get(key, -1)
        newer += [event > loaded for event in events if event is not None]
    published = is_published(Project(config).warehouse, date.fromisoformat(key))
    return all(newer) if published else any(newer)
