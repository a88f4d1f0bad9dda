from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Panel
from mmm_model.trust.hidden_confounder import (
    hidden_confounder,
    partial_r2,
    robustness_value,
    taken,
)


def test_robustness_values_are_those_of_the_article() -> None:
    """Table 1 of Cinelli and Hazlett (2020): t = 4.18 with 783 degrees of freedom."""
    assert partial_r2(np.array(4.184), 783) == pytest.approx(0.022, abs=5e-4)
    assert robustness_value(4.184, 783) == pytest.approx(0.139, abs=5e-4)
    # As strong as being female, the effect falls from 0.097 to 0.075.
    like_female = taken(4.184, 783, np.array(0.125), np.array(0.009))
    assert 0.097 * (1 - like_female) == pytest.approx(0.075, abs=1e-3)


def test_less_is_needed_to_halve_an_effect_than_to_take_it_away(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    found = {(f.measure, f.channel): f for f in hidden_confounder(tested_model, tested_panel)}
    assert 0 < found["to_half", "works"].value < found["to_zero", "works"].value < 1
    assert found["to_zero", "works"].value > 2 * found["to_zero", "idle"].value
    assert found["like_strongest", "works"].verdict == "good"


def test_without_controls_there_is_no_yardstick(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    state = {**tested_model.state, "control": tested_model.state["control"][..., :0]}
    scaling = replace(
        tested_model.scaling,
        control_mean=np.zeros((1, 0)),
        control_size=np.ones((1, 0)),
        common_size=np.zeros(0),
    )
    bare = replace(tested_model, controls=(), state=state, scaling=scaling)
    found = list(hidden_confounder(bare, tested_panel))
    assert {one.measure for one in found} == {"to_half", "to_zero"}


def test_a_plan_that_follows_a_control_is_easily_confounded(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    """Its control takes more of the effect the closer the plan follows it."""
    spend = tested_panel.spend.copy()
    spend[..., 0] *= np.exp(-0.8 * tested_panel.control[..., 0])
    follows = replace(tested_panel, spend=spend, exposure=spend)
    each = [
        next(f for f in hidden_confounder(tested_model, panel) if f.measure == "like_strongest")
        for panel in (tested_panel, follows)
    ]
    assert each[1].value > 2 * each[0].value
