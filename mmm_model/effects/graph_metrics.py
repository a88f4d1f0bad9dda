"""The channel graph in a few numbers: how sure it is, how sortable the data are."""

from __future__ import annotations

import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.graph.sortability import r2_sortability, varsortability
from mmm_model.panel import Panel


def graph_metrics(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """``metric, value`` of the whole graph; NaN: cannot be computed."""
    graph = model.graph
    if graph is None:
        return pd.DataFrame(columns=["metric", "value"])
    edges = graph.edges()
    sure = set(map(tuple, edges.loc[edges["published"], ["source", "target"]].to_numpy()))
    found = set(map(tuple, edges[["source", "target"]].to_numpy()))
    metrics = {
        "varsortability": varsortability(panel, graph),
        "r2_sortability": r2_sortability(panel, graph),
        "published_pairs": len(sure),
        "undetermined_pairs": len(found - sure),
        "driven_controls": len(graph.driven_controls()),
    }
    return pd.DataFrame(list(metrics.items()), columns=["metric", "value"])
