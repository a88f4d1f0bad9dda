"""Controls that media drive: found, left out of the response, named; and the edges' tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.effects import graph_tables
from mmm_model.fit.training import Training, response_controls, train
from mmm_model.graph import GraphSettings
from mmm_model.graph.sortability import r2_sortability, sorted_share, varsortability
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

QUICK = ModelSettings(holdout_weeks=8, members=2, steps=5, gru_width=0)
GRAPH = GraphSettings(bootstraps=20)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """TV creates searches and lifts an index, a price moves the KPI alone, a budget search."""
    plain = small_panel(regions=8, weeks=100, controls=3)
    rng = np.random.default_rng(4)
    shape = plain.kpi.shape
    tv = plain.exposure[..., 0] / plain.exposure[..., 0].mean(axis=1, keepdims=True)
    before = np.concatenate([np.zeros((len(tv), 1)), tv[:, :-1]], axis=1)
    budget = rng.gamma(4.0, 0.25, shape)
    search = 0.5 + 0.4 * tv + 0.3 * before + 0.6 * budget + 0.1 * rng.gamma(4.0, 0.25, shape)
    index = 0.5 * tv + 0.5 * before + 0.15 * rng.gamma(3.0, 1.0, shape)
    exposure = plain.exposure.copy()
    exposure[..., 1] = search * exposure[..., 1].mean(axis=1, keepdims=True)
    control = np.stack([index, rng.normal(0, 1, shape), budget], axis=-1)
    return replace(
        plain,
        channels=("tv", "search", "display"),
        controls=("index", "price", "budget"),
        exposure=exposure,
        spend=2.0 * exposure,
        control=control,
    )


@pytest.fixture(scope="module")
def training(panel: Panel) -> Training:
    return train(panel, QUICK, GRAPH)


def test_a_control_that_media_drive_is_left_out_and_the_others_stay(training: Training) -> None:
    assert training.final.graph is not None
    assert training.final.graph.driven_controls() == ("index",)
    assert training.final.controls == training.holdout.controls == ("price", "budget")
    (search,) = training.final.driven
    assert (search.target, search.sources) == ("search", ("tv",))
    # What media drive would explain away what they do to search, too.
    assert search.response.controls == ("price", "budget")


def test_it_is_named_with_its_edge(training: Training, panel: Panel) -> None:
    table = graph_tables.graph_controls(training.final, panel).set_index("control")
    assert table["role"].to_dict() == {
        "index": "driven",
        "price": "exogenous",
        "budget": "exogenous",
    }
    assert table["in_response"].tolist() == [False, True, True]
    assert table.loc["index", "driver"] == "tv"
    assert table.loc["index", "probability"] >= GRAPH.publish_probability
    assert table.loc["budget", "drives"] == "search"


def test_settings_keep_it_or_leave_an_instrument_out(training: Training, panel: Panel) -> None:
    graph = training.final.graph
    assert graph is not None
    kept = replace(GRAPH, keep_driven_controls=True)
    assert response_controls(panel.controls, graph, kept) == panel.controls
    told = replace(GRAPH, instruments=("budget",))
    assert response_controls(panel.controls, graph, told) == ("price",)
    without = replace(
        training.final, response=replace(training.final.response, controls=("price",))
    )
    roles = graph_tables.graph_controls(without, panel).set_index("control")["role"]
    assert roles["budget"] == "instrument"
    with pytest.raises(ValueError, match="rebate"):
        train(panel, QUICK, replace(GRAPH, instruments=("rebate",)))


def test_removing_an_edge_costs_what_was_earned_and_foretold_by_it(
    training: Training, panel: Panel
) -> None:
    (row,) = graph_tables.edge_tests(training.final, panel).to_dict("records")
    assert (row["source"], row["target"], row["lag_weeks"]) == ("tv", "search", 0)
    summary = pd.DataFrame(graph_tables.graph_metrics(training.final, panel))
    assert summary.set_index("metric")["value"]["driven_controls"] == 1
    assert row["mediated_lower"] <= row["mediated"] <= row["mediated_upper"]
    assert 0.0 < row["mediated_share"] < 1.0
    assert row["target_error"] < row["target_error_without"]
    assert row["forecast_gain"] > 0.3
    assert row["kpi_forecast_change"] > 0.0


def test_sortability_is_what_the_papers_say() -> None:
    chain = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    assert sorted_share(np.array([1.0, 2.0, 3.0]), chain) == 1.0
    assert sorted_share(np.array([3.0, 2.0, 1.0]), chain) == 0.0
    # Two edges and one way of two edges; the last rises again, but not above the first.
    assert sorted_share(np.array([3.0, 1.0, 2.0]), chain) == pytest.approx(1 / 3)
    assert sorted_share(np.ones(3), chain) == 0.5
    assert np.isnan(sorted_share(np.ones(3), np.zeros((3, 3), dtype=bool)))


def test_units_move_varsortability_alone(training: Training, panel: Panel) -> None:
    graph = training.final.graph
    assert graph is not None
    scaled = replace(panel, exposure=panel.exposure * [1e-6, 1.0, 1.0])
    assert varsortability(scaled, graph) > varsortability(panel, graph)
    assert r2_sortability(scaled, graph) == pytest.approx(r2_sortability(panel, graph))
