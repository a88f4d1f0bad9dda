"""Controls that media drive: found, left out of the response, named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmm_model.effects.graph_controls import graph_controls
from mmm_model.fit.training import Training, response_controls, train
from mmm_model.graph import GraphSettings
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

QUICK = ModelSettings(holdout_weeks=8, members=2, steps=5, gru_width=0)
GRAPH = GraphSettings(bootstraps=20)


def test_a_control_that_media_drive_is_left_out_and_the_others_stay(funnel: Training) -> None:
    assert funnel.final.graph is not None
    assert funnel.final.graph.driven_controls() == ("index",)
    assert funnel.final.controls == funnel.holdout.controls == ("price", "budget")
    (search,) = funnel.final.driven
    assert (search.target, search.sources) == ("search", ("tv",))
    # What media drive would explain away what they do to search, too.
    assert search.response.controls == ("price", "budget")


def test_it_is_named_with_its_edge(funnel: Training, funnel_panel: Panel) -> None:
    table = graph_controls(funnel.final, funnel_panel).set_index("control")
    assert table["role"].to_dict() == {
        "index": "driven",
        "price": "exogenous",
        "budget": "exogenous",
    }
    assert table["in_response"].tolist() == [False, True, True]
    assert table.loc["index", "driver"] == "tv"
    assert table.loc["index", "probability"] >= GRAPH.publish_probability
    assert table.loc["budget", "drives"] == "search"


def test_settings_keep_it_or_leave_an_instrument_out(funnel: Training, funnel_panel: Panel) -> None:
    graph = funnel.final.graph
    assert graph is not None
    kept = replace(GRAPH, keep_driven_controls=True)
    assert response_controls(funnel_panel.controls, graph, kept) == funnel_panel.controls
    told = replace(GRAPH, instruments=("budget",))
    assert response_controls(funnel_panel.controls, graph, told) == ("price",)
    without = replace(funnel.final, response=replace(funnel.final.response, controls=("price",)))
    roles = graph_controls(without, funnel_panel).set_index("control")["role"]
    assert roles["budget"] == "instrument"
    with pytest.raises(ValueError, match="rebate"):
        train(funnel_panel, QUICK, replace(GRAPH, instruments=("rebate",)))
