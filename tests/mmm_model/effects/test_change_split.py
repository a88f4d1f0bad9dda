"""A planted cause is found alone and among others; what depends on the order is said to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mmm_model.effects.change_split import INTERACTION, State, split_change

CAUSES = ("code", "rows", "weeks", "model")
EFFECTS = {"code": 0.1, "rows": -0.2, "weeks": 0.7, "model": -0.4}


def added(state: State) -> pd.Series:
    return pd.Series({"tv": 2.0 + sum(EFFECTS[c] for c in state), "radio": 1.0})


def test_causes_that_only_add_up_get_what_they_did() -> None:
    found = split_change(CAUSES, added, first=1)
    for cause, effect in EFFECTS.items():
        assert found.loc["tv", cause] == pytest.approx(effect)
    assert found.loc["tv", INTERACTION] == pytest.approx(0.0, abs=1e-12)
    assert (found.loc["radio"] == 0).all()


def test_two_causes_that_need_each_other_share_an_interaction() -> None:
    def needs_both(state: State) -> pd.Series:
        return pd.Series({"tv": 1.0 * ("rows" in state) + 3.0 * (state >= {"rows", "weeks"})})

    found = split_change(("rows", "weeks"), needs_both).loc["tv"]
    assert found.to_dict() == {"rows": 1.0, "weeks": 0.0, INTERACTION: 3.0}


def test_what_comes_first_comes_first_in_both_orders_and_each_state_is_worked_out_once() -> None:
    seen: list[State] = []

    def value(state: State) -> pd.Series:
        seen.append(state)
        return added(state)

    split_change(CAUSES, value, first=1)
    assert len(seen) == len(set(seen)) == 7
    assert all("code" in state for state in seen if state)


def test_parts_add_up_whatever_the_states_say() -> None:
    rng = np.random.default_rng(2)
    numbers: dict[State, pd.Series] = {}

    def value(state: State) -> pd.Series:
        return numbers.setdefault(state, pd.Series(rng.normal(size=5)))

    found = split_change(CAUSES, value)
    total = numbers[frozenset(CAUSES)] - numbers[frozenset()]
    np.testing.assert_allclose(found.sum(axis=1), total)
