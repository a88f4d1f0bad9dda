"""The graph of the paper's model: which edges are allowed, kept, and published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmm_model.graph.channel_graph import ChannelGraph
from mmm_model.graph.learning import without_cycles
from mmm_model.graph.settings import JOINT, GraphSettings
from mmm_model.panel import Bools, Floats, Panel

# Standard deviations of the driven channel per one of its driver; a smaller weight is no edge.
_FOUND = 0.15


@dataclass(frozen=True)
class AllowedEdges:
    """What may be and what must be an edge between C channels, each ``[C, C]`` (source, target)."""

    allowed: Bools
    required: Bools

    @classmethod
    def of(cls, panel: Panel, settings: GraphSettings) -> AllowedEdges:
        """Read what is known of the channels; the paper's graph has no control as a node."""
        nodes, count = panel.channels + panel.controls, len(panel.channels)
        required = settings.required_mask(nodes)[:count, :count]
        allowed = settings.allowed(nodes)[:count, :count] & ~required.T
        if not settings.enabled:
            return cls(np.zeros_like(allowed), np.zeros_like(required))
        return cls(allowed, required)


def kept_edges(adjacency: Tensor, edges: AllowedEdges) -> Tensor:
    """``[M, C, C]`` one for every edge that is large enough and closes no cycle, else zero.

    Of the cycles that the penalty has left the weakest edge goes.
    """
    kept = []
    for one in adjacency.detach().cpu().numpy():
        found = (one > _FOUND) & edges.allowed | edges.required
        kept.append(without_cycles(found[None], one[None], edges.required)[0])
    return torch.as_tensor(np.array(kept)).to(adjacency)


def graph_of(
    adjacency: Floats, panel: Panel, edges: AllowedEdges, settings: GraphSettings
) -> ChannelGraph:
    """Return what the members' adjacencies ``[M, C, C]`` say together.

    The probability of an edge is the share of members that have it. Its lag is the shortest that
    its driver's adstock has, which is none.
    """
    graph = ChannelGraph.empty(panel.channels, panel.regions, 0, panel.controls, JOINT)
    c = len(panel.channels)
    found = adjacency > 0.0
    probability = found.mean(axis=0)
    weight = adjacency.sum(axis=0) / np.maximum(found.sum(axis=0), 1)
    likely = (probability >= settings.publish_probability) | edges.required
    graph.weight[0, :c, :c], graph.probability[0, :c, :c] = weight, probability
    published = without_cycles(likely[None], probability[None], edges.required)
    graph.published[:, :c, :c] = published
    return graph
