"""Rules that expect the same are asked together, and each is told its own rows."""

from __future__ import annotations

import pandas as pd
import pytest

from mmm_assets.inputs.expectations import failing_rows
from mmm_assets.inputs.rules import Rule

BETWEEN, COUNT = "ExpectColumnValuesToBeBetween", "ExpectTableRowCountToBeBetween"


def rule(expectation: str, **arguments: object) -> Rule:
    return Rule("any", "kpi", "blocking", "", "", "", expectation, arguments)


def test_each_rule_is_told_its_own_rows() -> None:
    few, holds, many = (rule(BETWEEN, column=name, max_value="$most") for name in "abc")
    wide = rule(BETWEEN, column="a", max_value=99)
    short, enough = rule(COUNT, min_value=3), rule(COUNT, min_value=2)
    frame = pd.DataFrame({"a": [1, 9, None], "b": [0, 0, 0], "c": [9.0, 1.0, 8.0], "d": "text"})
    rules = (few, holds, many, wide, enough)
    judged = [(each, frame) for each in rules] + [(short, frame.head(2))]
    assert failing_rows(judged, {"most": 5}) == {few: [1], many: [0, 2], short: [0, 1]}


def test_of_no_rows_a_table_alone_is_judged() -> None:
    nothing = pd.DataFrame({"a": []})
    empty, column = rule(COUNT, min_value=1), rule(BETWEEN, column="a", max_value=1)
    assert failing_rows([(column, nothing)], {}) == {}
    assert failing_rows([(column, nothing), (empty, nothing)], {}) == {empty: []}


def test_an_expectation_that_cannot_be_judged_names_its_rules() -> None:
    judged = [(rule(BETWEEN, column="a", max_value=1), pd.DataFrame({"a": ["many"]}))]
    with pytest.raises(RuntimeError, match=r"rule kpi\.any failed"):
        failing_rows(judged, {})
