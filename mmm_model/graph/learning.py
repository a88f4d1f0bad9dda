"""Learning the channel graph from the panel.

Sparse structural equations are refitted on many reweightings of blocks of weeks; an edge's
probability is the share of refits that find it, and little or nothing the other way round. How
a refit finds edges is said by its method, see `mmm_model.graph.methods`. A direction that the
data does not settle comes out either way by chance: the probabilities of both together are at
most one, and rarely is one of them published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import numpy as np

from mmm_model.graph.channel_graph import ChannelGraph
from mmm_model.graph.effects import unstandardised
from mmm_model.graph.methods import refits
from mmm_model.graph.preparation import alive, demand_proxy, node_series
from mmm_model.graph.resampling import LaggedPanel
from mmm_model.graph.settings import GraphSettings
from mmm_model.panel import Bools, Floats, Panel

Progress = Callable[[str, float], None]

_MIN_ROWS = 60
_FOUND = 0.05  # standard deviations; a smaller weight does not count as found
_OUTWEIGHS = 3.0  # times the opposite direction; with less, a refit leaves the pair open
_SETTLED = 0.8  # share of refits in which the past foretells, for time to settle a direction
_FORETOLD = 0.2  # share of refits in which it does, for an edge not to stand alone
_ALONE = 0.8  # probability of an edge between channels of which the past foretells nothing
_RELEVANT = 0.08  # standard deviations; a smaller mean weight is not published
_SMALL_PART = 0.1  # of a pair's effect; a lag with less is not published


def learn_graph(
    panel: Panel, settings: GraphSettings, progress: Progress | None = None
) -> ChannelGraph:
    """Learn which channel drives which.

    Parameters
    ----------
    panel
        The data. Of the KPI only the past is read, as a sign of demand.
    settings
        What is known beforehand, and how sure an edge must be.
    progress
        Called with a stage in words and the fraction of it that is done.

    Returns
    -------
    ChannelGraph
        Without edges if it is disabled, or there is one node or too little data.

    Raises
    ------
    ValueError
        If the settings name a channel or control that the panel does not have.

    References
    ----------
    Pamfil et al. (2020), "DYNOTEARS: Structure Learning from Time-Series Data".
    Meinshausen & Bühlmann (2010), "Stability Selection".
    """
    nodes = panel.channels + panel.controls
    allowed, required = settings.allowed(nodes), settings.required_mask(nodes)
    allowed &= ~required.T
    lags = min(settings.max_lag_weeks, len(panel.weeks) // 10)
    empty = ChannelGraph.empty(panel.channels, panel.regions, lags, panel.controls, settings.method)
    if not settings.enabled or len(nodes) < 2:
        return empty
    inside = alive(panel.exposure)
    series = node_series(panel, inside)
    varies = (series != 0.0).any(axis=(0, 1))
    pairs = allowed & varies[:, None] & varies[None, :]
    data = LaggedPanel.of(series, demand_proxy(panel, inside), inside, lags)
    if data.rows < _MIN_ROWS or not pairs.any():
        return _with_edges(empty, panel, required, inside)
    theta = learn_weights(data, pairs, settings, progress)
    found = found_one_way(theta)
    times = found.sum(axis=0)
    learned = replace(
        empty,
        weight=np.where(found, theta, 0.0).sum(axis=0) / np.maximum(times, 1),
        probability=times / len(theta),
    )
    needed = _needed(found, len(panel.channels), settings.publish_probability)
    return _with_edges(learned, panel, required, inside, needed)


def _needed(found: Bools, channels: int, threshold: float) -> Floats:
    """Probability ``[N, N]`` from which an edge is published.

    Plans of two channels that move together in the same weeks alone may have one maker: where
    the past of neither foretells the other, an edge has to be surer.

    Parameters
    ----------
    found
        ``[B, L + 1, N, N]``, see `found_one_way`.
    """
    needed = np.full(found.shape[2:], threshold)
    foretold = found[:, 1:].any(axis=1).mean(axis=0) >= _FORETOLD
    between = needed[:channels, :channels]
    between[~foretold[:channels, :channels]] = max(threshold, _ALONE)
    return needed


def learn_weights(
    data: LaggedPanel, pairs: Bools, settings: GraphSettings, progress: Progress | None = None
) -> Floats:
    """Weights ``[B, L + 1, C, C]`` (lag, source, target) of the refits; own lags are 0.

    Parameters
    ----------
    data
        Series of C nodes.
    pairs
        ``[C, C]`` pairs that may be an edge.
    settings, progress
        As in `learn_graph`.

    References
    ----------
    Rubin (1981), "The Bayesian Bootstrap"; the weights are those of blocks of weeks.
    """
    report = progress or (lambda _stage, _fraction: None)
    report("learning the channel graph", 0.0)
    theta = refits(data, pairs, pairs, settings)
    report("learning the channel graph", 0.5)
    # A pair acts one way: where only one of the two foretells the other, time has settled it.
    ahead = (np.abs(theta[:, 1:]) > _FOUND).any(axis=1).mean(axis=0)
    settled = (ahead >= _SETTLED) & (ahead > _OUTWEIGHS * ahead.T)
    if (theta[:, 0] * settled.T).any():
        theta = refits(data, pairs & ~settled.T, pairs, settings)
    report("learning the channel graph", 1.0)
    return theta


def found_one_way(theta: Floats) -> Bools:
    """Edges ``[B, L + 1, C, C]`` of the refits, of pairs that they hardly give the other way."""
    found = np.abs(theta) > _FOUND
    weight = np.abs(np.where(found, theta, 0.0).sum(axis=1))
    one_way: Bools = found & (weight > _OUTWEIGHS * weight.transpose(0, 2, 1))[:, None]
    return one_way


def _with_edges(
    graph: ChannelGraph,
    panel: Panel,
    required: Bools,
    inside: Bools,
    threshold: Floats | float = 1.0,
) -> ChannelGraph:
    """Publish the probable edges, the weeks over which their effects fade, the required ones.

    The refits lay an effect that fades over weeks on its first week; once an edge is
    established, the weeks after it are sized with it and stand on its probability.

    Parameters
    ----------
    graph
        With weights and probabilities of every edge that a refit found.
    required
        ``[N, N]`` pairs that must be an edge.
    inside
        ``[R, W]`` cells to read.
    threshold
        Probability from which an edge is published, ``[N, N]`` or one of all.
    """
    channel = np.arange(len(required)) < len(panel.channels)
    between = channel[:, None] & channel
    likely = _likely(graph, between, required, threshold)
    first = likely & (np.cumsum(likely, axis=0) == 1)
    published = _lasting(panel, likely, first & required, inside) | (likely & ~between)
    coefficient = unstandardised(panel, published, inside)
    of_first = (coefficient * first).sum(axis=0)  # [N, N]
    fading = published & ~likely & (of_first > 0.0)
    size = coefficient / np.where(of_first > 0.0, of_first, 1.0)

    def filled(value: Floats, factor: Floats | float) -> Floats:
        return np.where(fading, factor * (value * first).sum(axis=0), value)

    return replace(
        graph,
        weight=filled(graph.weight, size),
        probability=filled(graph.probability, 1.0),
        published=published,
    )


def _likely(
    graph: ChannelGraph, between: Bools, required: Bools, threshold: Floats | float
) -> Bools:
    """Edges ``[L + 1, N, N]`` that are probable and matter, or required; no same-week cycle.

    Parameters
    ----------
    between
        ``[N, N]`` pairs of channels: one creates exposure of another, where a price may as well
        take it away.
    """
    strength = np.where(between, graph.weight, np.abs(graph.weight))
    likely = (graph.probability >= threshold) & (strength >= _RELEVANT)
    # A required pair of which nothing was found acts in the same week.
    likely[0] |= required & ~likely.any(axis=0)
    return without_cycles(likely, graph.probability, required)


def _lasting(panel: Panel, likely: Bools, kept: Bools, inside: Bools) -> Bools:
    """Likely edges between channels and all weeks after them that carry a part of their effect.

    Parameters
    ----------
    kept
        ``[L + 1, N, N]`` edges that stay whatever their effect.
    """
    candidates = np.logical_or.accumulate(likely, axis=0)
    coefficient = unstandardised(panel, candidates, inside)
    small = coefficient < _SMALL_PART * coefficient.sum(axis=0)
    lasting: Bools = (candidates & ~small & (coefficient > 0.0)) | kept
    return lasting


def without_cycles(published: Bools, probability: Floats, required: Bools) -> Bools:
    """Drop the least probable edge of every same-week cycle; required ones stay.

    Parameters
    ----------
    published, probability
        ``[L + 1, C, C]``.
    required
        ``[C, C]``, itself without cycles.
    """
    kept = published.copy()
    sure = np.where(required, np.inf, probability[0])
    while True:
        graph: nx.DiGraph[int] = nx.DiGraph(np.argwhere(kept[0]).tolist())
        try:
            cycle = nx.find_cycle(graph)
        except nx.NetworkXNoCycle:
            return kept
        kept[(0, *min(cycle, key=lambda edge: sure[edge]))] = False
