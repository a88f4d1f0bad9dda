"""Controls that media drive and weak instruments are named in the checks."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
import pytest

from mmm_assets.orchestration.assets.graph_check import (
    DRIVEN_CONTROLS,
    WEAK_INSTRUMENTS,
    findings,
    record,
)
from mmm_assets.store.mart_week import read_week, replace_week
from mmm_assets.store.schema import create_mart

WEEK = date(2024, 1, 1)


def controls(role: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "control": "brand_interest",
                "role": role,
                "in_response": role != "driven",
                "driver": "tv",
                "lag_weeks": 1,
                "probability": 0.94,
                "drives": "",
            }
        ]
    )


def stages(f_statistic: float | None) -> pd.DataFrame:
    weak = None if f_statistic is None else f_statistic < 10
    row = {"channel": "search", "instruments": "its_budget", "f_statistic": f_statistic}
    return pd.DataFrame([row | {"weak": weak}])


@pytest.mark.parametrize("stage", [stages(None), stages(40.0), stages(40.0).iloc[:0]])
def test_exogenous_controls_and_strong_instruments_pass(stage: pd.DataFrame) -> None:
    assert findings(controls("exogenous"), stage)["passed"].all()
    assert findings(controls("exogenous").iloc[:0], stage)["passed"].all()


def test_a_weak_instrument_is_named_with_its_f_statistic() -> None:
    row = findings(controls("exogenous"), stages(4.2)).set_index("rule").loc[WEAK_INSTRUMENTS]
    assert not row["passed"]
    assert "its_budget → search, F 4.2" in row["message"]


def test_a_driven_one_is_named_with_its_edge() -> None:
    row = findings(controls("driven"), stages(None)).set_index("rule").loc[DRIVEN_CONTROLS]
    assert not row["passed"]
    assert row["severity"] == "warning"
    assert "tv → brand_interest after 1 week, probability 0.94, left out" in row["message"]


def test_it_stands_beside_the_checks_of_the_input_once() -> None:
    connection = duckdb.connect()
    create_mart(connection)
    others = pd.DataFrame([{"table_name": "kpi", "rule": "gaps", "passed": True}])
    replace_week(connection, "data_checks", WEEK, others)
    record(connection, WEEK, controls("driven"), stages(4.2))
    record(connection, WEEK, controls("exogenous"), stages(4.2))
    found = read_week(connection, "data_checks", WEEK).set_index("rule")
    assert sorted(found.index) == sorted(["gaps", DRIVEN_CONTROLS, WEAK_INSTRUMENTS])
    assert bool(found.loc[DRIVEN_CONTROLS, "passed"])
    assert not found.loc[WEAK_INSTRUMENTS, "passed"]
