"""Weeks side by side: what goes in order waits for the weeks before, and for no others."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from mmm_assets.config import load_config
from mmm_assets.orchestration.week_order import FROM_TAG, pending, wait_for_earlier_weeks
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import write_tables

FIRST, SECOND, THIRD = (date(2024, 6, 24) + timedelta(weeks=n) for n in range(3))


def a_run(tags: dict[str, str]) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="refresh", tags=tags)


def test_a_week_waits_until_those_before_it_are_over(tmp_path: Path) -> None:
    write_tables(tmp_path)
    project = Project(load_config(tmp_path / "mmm.yaml"))
    went_on = threading.Event()

    def third() -> None:
        wait_for_earlier_weeks(project, a_run({FROM_TAG: str(FIRST)}), THIRD)
        went_on.set()

    waiting = threading.Thread(target=third)
    with pending(project, THIRD), pending(project, SECOND):
        with pending(project, FIRST):
            waiting.start()
            wait_for_earlier_weeks(project, a_run({FROM_TAG: str(FIRST)}), FIRST)
            wait_for_earlier_weeks(project, a_run({}), THIRD)  # of no backfill
            assert not went_on.wait(0.3)
        assert not went_on.wait(0.3)
    assert went_on.wait(10)
    waiting.join()
