"""Any one asset, or any one check, can be selected: as somebody clicks on it in the UI."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.checks import RULES
from mmm_assets.mart.gates import GATES
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.names import REFRESH

NEWEST = date(2024, 7, 8)


def execute(
    config: ProjectConfig, asset: str | None = None, check: dg.AssetCheckKey | None = None
) -> dg.ExecuteInProcessResult:
    job = build_definitions(config).resolve_job_def(REFRESH)
    chosen = job.get_subset(
        asset_selection={dg.AssetKey(asset)} if asset else None,
        asset_check_selection={check} if check else None,
    )
    return chosen.execute_in_process(
        partition_key=NEWEST.isoformat(), instance=dg.DagsterInstance.ephemeral()
    )


def checks_of(config: ProjectConfig, asset: str) -> set[str]:
    keys = build_definitions(config).get_repository_def().asset_graph.asset_check_keys
    return {key.name for key in keys if key.asset_key.path[-1] == asset}


def test_every_asset_can_be_selected_alone(refreshed: ProjectConfig) -> None:
    definitions = build_definitions(refreshed)
    job = definitions.resolve_job_def(REFRESH)
    for spec in definitions.resolve_all_asset_specs():
        chosen = job.get_subset(asset_selection={spec.key})
        assert chosen.asset_layer.selected_asset_keys == {spec.key}


@pytest.mark.parametrize(
    "asset", ["raw_media", "raw_lift_tests", "holdout_metrics", "channel_graph", "channel_summary"]
)
def test_an_asset_alone_runs_its_own_checks_all_of_them(project: ProjectConfig, asset: str) -> None:
    run = execute(project, asset=asset)
    found = {(c.asset_key.path[-1], c.check_name) for c in run.get_asset_check_evaluations()}
    assert found == {(asset, name) for name in checks_of(project, asset)}
    assert found


@pytest.mark.parametrize(
    ("asset", "check"),
    [
        *[(f"raw_{rule.table}", rule.name) for rule in (RULES[0], RULES[-1])],
        *[(gate.asset, gate.name) for gate in GATES],
        ("channel_graph", "not_driven_by_media"),
        ("channel_graph", "instruments_are_strong"),
    ],
)
def test_a_check_alone_can_be_run(project: ProjectConfig, asset: str, check: str) -> None:
    run = execute(project, check=dg.AssetCheckKey(dg.AssetKey(asset), check))
    [found] = run.get_asset_check_evaluations()
    assert (found.asset_key.path[-1], found.check_name) == (asset, check)
    assert not run.asset_materializations_for_node("panel")
