"""Spend and KPI in units that have nothing to do with each other make every ROI implausible."""

from __future__ import annotations

import pytest

from mmm_assets.inputs.checks import CheckOutcome, run_checks


def outcome(small_project, connection) -> CheckOutcome:
    config = small_project.load(connection)
    [found] = [
        outcome
        for outcome in run_checks(connection, config, None, roles=("kpi",))
        if outcome.rule.name == "value_plausible"
    ]
    return found


def test_money_on_both_sides_is_plausible(small_project, connection) -> None:
    assert outcome(small_project, connection).passed


@pytest.mark.parametrize("times", [1e-3, 1e4])
def test_made_up_units_are_a_warning_that_says_what_to_do(
    small_project, connection, times: float
) -> None:
    small_project.media["spend"] *= times
    found = outcome(small_project, connection)
    assert not found.passed
    assert not found.blocks
    media, kpi = small_project.media["spend"].sum(), (2.5 * small_project.kpi["sales"]).sum()
    assert float(found.sample["times"].iloc[0]) == pytest.approx(kpi / media)
    assert "one currency and one unit" in found.message


def test_without_a_worth_or_spend_there_is_no_roi_to_doubt(small_project, connection) -> None:
    small_project.media["spend"] *= 1e-3
    del small_project.content["tables"]["kpi"]["value_per_kpi"]
    assert outcome(small_project, connection).passed
    small_project.media["spend"] = 0
    assert outcome(small_project, connection).passed
