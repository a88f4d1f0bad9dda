"""A scenario asks for one thing, of one kind."""

import numpy as np
import pytest

from mmm_model.budget.scenario_kinds.roi import Roi
from mmm_model.budget.scenarios import Scenario


@pytest.mark.parametrize(
    "given", [{}, {"multiplier": 1.0, "total": 5.0}, {"roi": -1.0}, {"kpi": np.inf}, {"luck": 1.0}]
)
def test_a_scenario_asks_for_one_known_kind_and_a_sound_amount(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"'odd' needs either multiplier, total, .* one of them"):
        Scenario.of("odd", given)


def test_a_scenario_is_made_of_a_key_and_an_amount() -> None:
    assert Scenario.of("worth it", {"roi": 3.0}) == Scenario("worth it", Roi(3.0))
