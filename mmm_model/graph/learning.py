"""Learning the channel graph from the panel."""

from __future__ import annotations

from collections.abc import Callable

from mmm_model.graph.channel_graph import ChannelGraph
from mmm_model.graph.settings import GraphSettings
from mmm_model.panel import Panel


def learn_graph(
    panel: Panel,
    settings: GraphSettings,
    progress: Callable[[str, float], None] | None = None,
) -> ChannelGraph:
    """Learn the graph."""
    return ChannelGraph.empty(panel.channels, panel.regions, settings.max_lag_weeks)
