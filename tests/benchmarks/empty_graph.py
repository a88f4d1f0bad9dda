"""The graph of a refresh with assets that do nothing: what an engine takes of a run by itself."""

from __future__ import annotations

from typing import Any

import dagster as dg

from mmm_assets.config.engine import EngineSection
from mmm_assets.orchestration.dagster_settings import ray_jobs

PRELOADED = ["mmm_assets.orchestration.definitions", "mmm_model.fit.training"]


def steps() -> list[dg.AssetsDefinition]:
    """Assets with the names and the dependencies of those of a refresh."""
    from mmm_assets.orchestration.assets.raw import RAW_ASSETS
    from mmm_assets.orchestration.definitions import (
        RESULT_ASSETS,
        changes,
        dashboard,
        fitted_model,
        forecast_track,
        panel,
        published_refresh,
        trust_tests,
    )

    graph = [*RAW_ASSETS, panel, fitted_model, *RESULT_ASSETS, changes, forecast_track]
    graph += [trust_tests, dashboard, published_refresh]
    return [empty(spec) for asset in graph for spec in asset.specs]


def empty(spec: dg.AssetSpec) -> dg.AssetsDefinition:
    """An asset that does nothing."""

    @dg.asset(key=spec.key, deps=[dep.asset_key for dep in spec.deps])
    def nothing() -> None: ...

    return nothing


def empty_job(executor: str, address: str) -> dg.JobDefinition:
    """The job of the empty graph, as other processes make it anew."""
    of: dict[str, Any] = {"in_process": dg.in_process_executor}
    if executor == "multiprocess":
        start = {"forkserver": {"preload_modules": PRELOADED}}
        settings = {"max_concurrent": 2, "start_method": start}
        of[executor] = dg.multiprocess_executor.configured(settings)
    if executor == "ray":
        from dagster_ray import ray_executor

        engine = EngineSection(ray_address=address)
        of[executor] = ray_executor.configured({"ray": ray_jobs(engine)})
    job = dg.define_asset_job("empty", selection=dg.AssetSelection.all())
    return dg.Definitions(steps(), jobs=[job], executor=of[executor]).resolve_job_def("empty")


def reconstructable(executor: str, address: str) -> Any:
    """The job with the way to make it in another process."""
    return dg.build_reconstructable_job(
        "tests.benchmarks.empty_graph", "empty_job", reconstructable_args=(executor, address)
    )
