"""The graph by every method: what is published, by whom, under one heading."""

from __future__ import annotations

from dataclasses import replace

from mmm_model.effects.graph_methods import METHOD_COLUMNS, graph_methods
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import Training
from mmm_model.graph import GraphSettings
from mmm_model.graph.settings import JOINT, METHODS
from mmm_model.panel import Panel

GRAPH = GraphSettings(bootstraps=8)


def test_every_method_speaks_of_the_same_edges(funnel: Training, funnel_panel: Panel) -> None:
    table = graph_methods(funnel.final, funnel_panel, GRAPH)
    assert table.columns.tolist() == list(METHOD_COLUMNS)
    heads = table[table["source"].isna()]
    assert set(heads["method"]) == set(METHODS)
    assert heads.loc[heads["used"], "method"].tolist() == ["order"]
    edges = table.dropna(subset=["source"]).groupby("method")
    spoken = {name: set(zip(part["source"], part["target"], strict=True)) for name, part in edges}
    assert len({frozenset(pairs) for pairs in spoken.values()}) == 1
    own = table[(table["method"] == "order") & (table["source"] == "tv")].set_index("target")
    assert own.loc["search", "published"]


def test_a_graph_of_the_joint_training_stands_beside_all_methods(
    funnel: Training, funnel_panel: Panel
) -> None:
    assert funnel.final.graph is not None
    joint = replace(funnel.final, graph=replace(funnel.final.graph, method=JOINT))
    heads = graph_methods(joint, funnel_panel, GRAPH).query("source.isna()")
    assert heads["method"].tolist() == [JOINT, *METHODS]
    assert heads["used"].tolist() == [True, False, False, False]


def test_no_graph_no_methods(funnel: Training, funnel_panel: Panel) -> None:
    assert graph_methods(replace(funnel.final, graph=None), funnel_panel, GRAPH).empty


def test_a_saved_fit_knows_who_learned_its_graph(funnel: Training) -> None:
    assert funnel.final.graph is not None
    told = replace(funnel.final, graph=replace(funnel.final.graph, method="dynotears"))
    again = FittedModel.from_bytes(told.to_bytes()).graph
    assert again is not None
    assert again.method == "dynotears"
    assert set(again.edges()["method"]) == {"dynotears"}
