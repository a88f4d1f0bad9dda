from __future__ import annotations

from mmm_model.trust.overall import overall
from mmm_model.trust.verdicts import Found, table


def test_deciding_tests_that_are_in_doubt_are_counted() -> None:
    rows = table(
        [
            Found.at_most("twin", "known_to", 0.3, 0.5, "tv"),
            Found.at_most("twin", "known_to", 0.9, 0.5, "radio"),
            Found.at_least("placebo", "beats", 0.2, 0.9, "radio"),
            Found.at_most("perturbation", "change", 0.9, 0.08, "radio"),  # decides nothing
            Found("placebo", "return", 0.9, "print"),  # judges nothing
            Found.at_most("holdout_accuracy", "mape", 0.9, 0.15),
        ]
    )
    found = {one.channel: (one.value, one.verdict) for one in overall(rows)}
    assert found == {"tv": (0.0, "good"), "radio": (2.0, "doubtful")}


def test_where_nothing_was_tested_nothing_is_said() -> None:
    assert list(overall(table([]))) == []
