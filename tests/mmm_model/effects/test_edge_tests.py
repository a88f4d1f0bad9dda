"""Removing an edge costs what was earned and foretold by it."""

from __future__ import annotations

import pandas as pd

from mmm_model.effects.edge_tests import edge_tests
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.graph_metrics import graph_metrics
from mmm_model.fit.training import Training
from mmm_model.panel import Panel


def test_removing_an_edge_costs_what_was_earned_and_foretold_by_it(
    funnel: Training, funnel_panel: Panel
) -> None:
    (row,) = edge_tests(FittedEffects(funnel.final, funnel_panel)).to_dict("records")
    assert (row["source"], row["target"], row["lag_weeks"]) == ("tv", "search", 0)
    summary = pd.DataFrame(graph_metrics(funnel.final, funnel_panel))
    assert summary.set_index("metric")["value"]["driven_controls"] == 1
    assert row["mediated_lower"] <= row["mediated"] <= row["mediated_upper"]
    assert 0.0 < row["mediated_share"] < 1.0
    assert row["target_error"] < row["target_error_without"]
    assert row["forecast_gain"] > 0.3
    assert row["kpi_forecast_change"] > 0.0
