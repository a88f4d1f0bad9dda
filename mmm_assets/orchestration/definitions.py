"""One configuration, one code location: everything that Dagster loads of a project."""

from __future__ import annotations

import warnings
from typing import Any

import dagster as dg

# Owners on jobs, pools and the like are beta in this release, which is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from mmm_assets.config.project import ProjectConfig  # noqa: E402
from mmm_assets.inputs.rules import require_known_waivers  # noqa: E402
from mmm_assets.orchestration.assets.changes import changes  # noqa: E402
from mmm_assets.orchestration.assets.experiment_checks import experiment_checks  # noqa: E402
from mmm_assets.orchestration.assets.graph_check import control_check  # noqa: E402
from mmm_assets.orchestration.assets.model import fitted_model  # noqa: E402
from mmm_assets.orchestration.assets.panel import panel  # noqa: E402
from mmm_assets.orchestration.assets.plan_track import plan_track  # noqa: E402
from mmm_assets.orchestration.assets.raw import RAW_ASSETS, input_checks  # noqa: E402
from mmm_assets.orchestration.assets.report import dashboard, published_refresh, result_gates  # noqa: E402
from mmm_assets.orchestration.assets.results import RESULT_ASSETS  # noqa: E402
from mmm_assets.orchestration.assets.track import forecast_track  # noqa: E402
from mmm_assets.orchestration.assets.trust_tests import trust_checks, trust_tests  # noqa: E402
from mmm_assets.orchestration.automation import (  # noqa: E402
    failure_notice,
    killed_backfill_runs,
    new_files,
    refresh_job,
    weekly_partitions,
    weekly_schedule,
)
from mmm_assets.orchestration.decision_jobs import publish_held_job, rollback_job  # noqa: E402
from mmm_assets.orchestration.executors import executor_of  # noqa: E402
from mmm_assets.orchestration.freshness import freshness_sensor, newest_week_check  # noqa: E402
from mmm_assets.orchestration.names import Names  # noqa: E402
from mmm_assets.orchestration.planning_job import plan_job, withdraw_job  # noqa: E402
from mmm_assets.orchestration.prefixing import PROJECT, under  # noqa: E402
from mmm_assets.orchestration.project_resource import project_resource  # noqa: E402
from mmm_assets.orchestration.upstream import upstream_of, upstream_ready  # noqa: E402


def build_definitions(
    config: ProjectConfig, resource_overrides: dict[str, Any] | None = None
) -> dg.Definitions:
    """Build the code location of one project.

    Parameters
    ----------
    config
        The project's configuration.
    resource_overrides
        Resources in place of the usual ones: the command line listens to the training with it.

    Raises
    ------
    ConfigError
        If the configuration waives a rule that does not exist or cannot be waived.
    """
    require_known_waivers(config)
    weeks, names = weekly_partitions(config), Names.of(config)
    assets = [
        *RAW_ASSETS,
        panel,
        fitted_model,
        *RESULT_ASSETS,
        changes,
        forecast_track,
        plan_track,
        trust_tests,
        dashboard,
        published_refresh,
    ]
    checks = [
        input_checks,
        control_check,
        experiment_checks,
        trust_checks,
        result_gates,
        newest_week_check,
    ]
    upstream = upstream_of(config)
    job = refresh_job(config)
    given = {PROJECT: project_resource(config), **(resource_overrides or {})}
    return dg.Definitions(
        assets=dg.map_asset_specs(
            lambda spec: spec.replace_attributes(
                partitions_def=weeks,
                owners=list(config.owners),
                deps=[*spec.deps, *upstream.get(spec.key, ())],
            ),
            [under(names, asset) for asset in assets],
        ),
        asset_checks=[under(names, check) for check in checks],
        jobs=[
            job,
            plan_job(names),
            withdraw_job(names),
            publish_held_job(names),
            rollback_job(names),
        ],
        schedules=[weekly_schedule(config, job)],
        sensors=[
            new_files(config, job),
            failure_notice(config),
            killed_backfill_runs(config, job),
            freshness_sensor(config),
            *([upstream_ready(config, job, weeks)] if upstream else []),
        ],
        resources={names.word(key) if key == PROJECT else key: it for key, it in given.items()},
        executor=executor_of(config),
    )
