"""A budget asked for in Dagster's launchpad: what the run answers, and what it refuses."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.definitions import build_definitions


def launch(project: ProjectConfig, **asked: Any) -> dg.ExecuteInProcessResult:
    job = build_definitions(project).resolve_job_def("plan")
    return job.execute_in_process(
        run_config={"ops": {"best_budget": {"config": asked}}},
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def test_the_launchpad_is_answered_in_the_runs_metadata(refreshed: ProjectConfig) -> None:
    run = launch(refreshed, total=28_000.0, horizon=4, bounds={"radio": [1.0, 1.0]})
    assert run.success
    [output] = run.filter_events(lambda event: event.is_successful_output)
    said = output.step_output_data.metadata
    assert said["refresh_week"].value == "2024-07-08"
    assert "EUR 28,000.00 in 4 weeks" in said["answer"].value
    radio = next(r for r in said["budget"].value.splitlines() if r.startswith("| radio"))
    _, now, recommended, *_ = radio.split(" | ")
    assert now == recommended and "pinned" in radio


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"roi": 1e9}, "out of reach"),
        ({"bounds": {"tv": [1.0]}}, r"expected [least, most]"),
        ({"refresh_week": "2020-01-06"}, "no refresh of 2020-01-06"),
        ({"total": 1.0, "kpi": 1.0}, "one of them"),
    ],
)
def test_what_cannot_be_fails_with_its_reason(
    refreshed: ProjectConfig, asked: dict[str, Any], message: str
) -> None:
    run = launch(refreshed, **asked)
    assert not run.success
    [failure] = run.filter_events(lambda event: event.is_step_failure)
    assert message in failure.step_failure_data.user_failure_data.description
