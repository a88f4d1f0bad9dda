"""What a budget may do: values and names that make no sense are refused."""

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from tests.mmm_model.hand_made import drawn

SAME = (Scenario("same_budget", Multiplier(1.0)),)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"max_change": 1.5}, "max_change is 1.5"),
        ({"caution": -1.0}, "caution is -1.0"),
        ({"bounds": {"tv": (2.0, 1.0)}}, "bounds of 'tv'"),
        ({"scenarios": (*SAME, *SAME)}, "must differ"),
    ],
)
def test_settings_out_of_range_are_refused(rules: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BudgetSettings(**rules)


def test_bounds_on_channels_without_a_budget_are_refused() -> None:
    response, panel = drawn(12)
    with pytest.raises(ValueError, match="unknown channels"):
        recommend(response, panel, BudgetSettings(bounds={"radio": (0.0, 1.0)}))
    spend = panel.spend.copy()
    spend[..., 1] = np.nan
    with pytest.raises(ValueError, match="spend is unknown"):
        recommend(
            response, replace(panel, spend=spend), BudgetSettings(bounds={"channel 1": (0.0, 1.0)})
        )
