"""A control that media drive is named in the checks, with its edge and probability."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from mmm_assets.orchestration.assets.graph_check import RULE, finding, record
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


def test_an_exogenous_control_passes() -> None:
    assert finding(controls("exogenous"))["passed"].tolist() == [True]
    assert finding(controls("exogenous").iloc[:0])["passed"].tolist() == [True]


def test_a_driven_one_is_named_with_its_edge() -> None:
    (row,) = finding(controls("driven")).to_dict("records")
    assert not row["passed"]
    assert row["severity"] == "warning"
    assert "tv → brand_interest after 1 week, probability 0.94, left out" in row["message"]


def test_it_stands_beside_the_checks_of_the_input_once() -> None:
    connection = duckdb.connect()
    create_mart(connection)
    others = pd.DataFrame([{"table_name": "kpi", "rule": "gaps", "passed": True}])
    replace_week(connection, "data_checks", WEEK, others)
    record(connection, WEEK, controls("driven"))
    record(connection, WEEK, controls("exogenous"))
    found = read_week(connection, "data_checks", WEEK).set_index("rule")
    assert sorted(found.index) == ["gaps", RULE]
    assert bool(found.loc[RULE, "passed"])
