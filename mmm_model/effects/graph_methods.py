"""The channel graph by every method of learning it: where they disagree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.graph import ChannelGraph, GraphSettings, learn_graph
from mmm_model.graph.settings import METHODS
from mmm_model.panel import Panel

METHOD_COLUMNS = (
    "method", "used", "source", "target", "lag_weeks", "probability", "published",
)  # fmt: skip
_REFITS = 20  # of a method that is not used: enough to see where it disagrees


def graph_methods(model: FittedModel, panel: Panel, settings: GraphSettings) -> pd.DataFrame:
    """List every pair that a method would publish, under every method.

    Parameters
    ----------
    settings
        That the model's graph was learned with; the other methods learn from the same weeks.

    Returns
    -------
    DataFrame
        ``method, used, source, target, lag_weeks, probability, published``; a row without
        source and target for each method.
    """
    used = model.graph
    if used is None or not settings.enabled:
        return pd.DataFrame(columns=list(METHOD_COLUMNS))
    known = panel.hide_tail(model.settings.holdout_weeks)
    fewer = replace(settings, bootstraps=min(settings.bootstraps, _REFITS))
    others = [method for method in METHODS if method != used.method]
    graphs = [used, *(learn_graph(known, replace(fewer, method=method)) for method in others)]
    pairs = np.argwhere(np.any([graph.drivers() for graph in graphs], axis=0))
    rows = [row for graph in graphs for row in _rows(graph, pairs, graph is used)]
    return pd.DataFrame(rows, columns=list(METHOD_COLUMNS))


def _rows(graph: ChannelGraph, pairs: np.ndarray, used: bool) -> list[tuple[object, ...]]:
    """Rows of one method, in the order of `METHOD_COLUMNS`."""
    rows: list[tuple[object, ...]] = [(graph.method, used, None, None, None, None, None)]
    for source, target in pairs:
        published = graph.published[:, source, target]
        probability = graph.probability[:, source, target]
        lag = published.argmax() if published.any() else probability.argmax()
        rows.append(
            (
                graph.method,
                used,
                graph.nodes[source],
                graph.nodes[target],
                int(lag),
                float(probability.max()),
                bool(published.any()),
            )
        )
    return rows
