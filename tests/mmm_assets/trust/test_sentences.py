from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from mmm_assets.trust.sentences import SENTENCES, sentence


def row(test: str, measure: str, value: float, verdict: str = "good") -> pd.Series:
    return pd.Series(
        {
            "test": test, "measure": measure, "channel": "tv", "value": value, "lower": 0.2,
            "upper": 1.9, "threshold": 0.15, "verdict": verdict,
        }
    )  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES, ids=".".join)
def test_each_is_a_whole_sentence(name: tuple[str, str]) -> None:
    for value, verdict in product((-0.4, 0.0, 0.3, 1.2, 50.0), ("good", "doubtful", "none")):
        said = sentence(row(*name, value, verdict))
        assert said.endswith(".")
        assert said[0].isupper() or said.startswith("tv")
        assert "nan" not in said


def test_a_director_reads_how_well_a_return_can_be_known() -> None:
    known = sentence(row("twin", "known_to", 0.4))
    assert known == "With this data the return of tv can be known to ±40\u00a0%."
    unknown = sentence(row("twin", "known_to", 40.0, "doubtful"))
    assert unknown == "With this data the return of tv cannot be known at all."


def test_an_assumption_is_called_one() -> None:
    said = sentence(row("prior_against_data", "learned", 0.2, "doubtful"))
    assert said.startswith("The return of tv is mostly our assumption")
    assert "80\u00a0%" in said


def test_without_money_returns_are_shares_of_the_kpi() -> None:
    share = sentence(row("placebo", "return", 0.3), in_money=False)
    assert "30\u00a0% (20\u00a0% to 190\u00a0%)" in share
    assert "0.3 (0.2 to 1.9)" in sentence(row("placebo", "return", 0.3))


def test_a_slow_stock_that_was_planted_and_not_told_says_what_that_means() -> None:
    said = sentence(row("twin", "slow_stock", 0.3, "doubtful"))
    assert said.endswith("this data could not show one, so that none is told says nothing.")
    assert "was told" in sentence(row("twin", "slow_stock", 5.0))
