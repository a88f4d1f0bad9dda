"""Lift tests as a refresh read them stay what they were, whatever is delivered later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd

from mmm_assets.inputs import knowledge
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from tests.mmm_assets.conftest import WEEKS, week

LAST = date.fromisoformat(week(WEEKS - 1))
THEN = datetime(2024, 1, 1, tzinfo=UTC)


def deliver(small_project, connection, gain: float, when: datetime):
    test = {"channel": ["tv"], "x": [40.0], "delta_x": [10.0], "delta_y": [gain], "sigma": [2.0]}
    pd.DataFrame(test).to_csv(small_project.folder / "lift.csv", index=False)
    small_project.content["tables"]["lift_tests"] = {"source": "lift.csv"}
    return small_project.load(connection, when)


def test_a_restated_test_does_not_change_a_refresh_that_knew_the_earlier_one(
    small_project, connection
) -> None:
    config = deliver(small_project, connection, 20.0, THEN)
    build_panel_tables(connection, config, LAST)
    panel = read_panel(connection, config, LAST)
    known = knowledge.choose(connection, config, LAST)
    knowledge.record(connection, LAST, known, "run")
    deliver(small_project, connection, 60.0, THEN + timedelta(days=9))

    [kept] = read_lift_tests(connection, config, panel)
    assert kept.lift == 20.0

    knowledge.record(connection, LAST, knowledge.choose(connection, config, LAST), "newer run")
    [restated] = read_lift_tests(connection, config, panel)
    assert restated.lift == 60.0


def test_where_nothing_was_checked_all_that_is_known_counts(small_project, connection) -> None:
    config = deliver(small_project, connection, 20.0, THEN)
    deliver(small_project, connection, 60.0, THEN + timedelta(days=9))
    build_panel_tables(connection, config, LAST)
    [test] = read_lift_tests(connection, config, read_panel(connection, config, LAST))
    assert test.lift == 60.0
