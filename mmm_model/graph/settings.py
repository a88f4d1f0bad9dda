"""What a user may demand of the channel graph, and whether the demands can all be met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from mmm_model.panel import Bools

Edge = tuple[str, str]

METHODS = ("order", "notears", "dynotears")
READING_ERRORS = ("spend", "all", "none")
JOINT = "joint"
"""Method of a graph that was learned together with the response, as the paper does."""


@dataclass(frozen=True)
class GraphSettings:
    """How the channel graph is learned and what is known about it beforehand.

    Parameters
    ----------
    enabled
        False gives a graph without edges.
    method
        ``order``: search over orders of the nodes. ``notears``: continuous optimisation of the
        edges within a week. ``dynotears``: of those from past weeks, too.
    max_lag_weeks
        Longest lag of an edge in weeks; 0 allows same-week edges only.
    bootstraps
        Number of refits on resampled blocks of weeks.
    publish_probability
        Share of refits that must find an edge before counterfactuals run through it.
    tiers
        Groups of channels and controls from the upper to the lower funnel; no edge leads from
        a group to an earlier one. Those that are in no group are free.
    required, forbidden
        Pairs (source, target), at any lag.
    keep_driven_controls
        True leaves controls that media drive in the response.
    instruments
        Controls that act on the KPI only through the channels that they drive, such as a
        budget set by hand. They stand in the equations of driven channels, and the response
        is not adjusted for them: that would amplify what else biases it (Pearl 2010, "On a
        Class of Bias-Amplifying Variables"). A channel that they move by a required or a
        published edge is fitted in two stages, see `mmm_model.fit.first_stage`.
    reading_errors
        Whose exposure is a noisy reading of what works, of the channels that others drive:
        ``spend`` those whose exposure is money, ``all``, ``none``.
    seed
        Seed of the resampling.

    Raises
    ------
    ValueError
        If a number is out of range, or if the pairs and tiers contradict each other.
    """

    enabled: bool = True
    method: str = "order"
    max_lag_weeks: int = 4
    bootstraps: int = 50
    publish_probability: float = 0.7
    tiers: tuple[tuple[str, ...], ...] = ()
    required: tuple[Edge, ...] = ()
    forbidden: tuple[Edge, ...] = ()
    keep_driven_controls: bool = False
    instruments: tuple[str, ...] = ()
    reading_errors: str = "spend"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method is '{self.method}', allowed are {', '.join(METHODS)}")
        if self.reading_errors not in READING_ERRORS:
            raise ValueError(
                f"reading_errors is '{self.reading_errors}', allowed are "
                f"{', '.join(READING_ERRORS)}"
            )
        if not 0 <= self.max_lag_weeks <= 26:
            raise ValueError(f"max_lag_weeks is {self.max_lag_weeks}, allowed are 0 to 26")
        if self.bootstraps < 1:
            raise ValueError(f"bootstraps is {self.bootstraps}, allowed are 1 and more")
        if not 0.5 <= self.publish_probability <= 1.0:
            raise ValueError(
                f"publish_probability is {self.publish_probability}, allowed are 0.5 to 1"
            )
        rank = self._rank()
        for source, target in self.required:
            if source == target:
                raise ValueError(f"required edge {source} → {target} leads to itself")
            if (source, target) in self.forbidden:
                raise ValueError(f"edge {source} → {target} is both required and forbidden")
            if source in rank and target in rank and rank[source] > rank[target]:
                raise ValueError(
                    f"required edge {source} → {target} leads from tier {rank[source] + 1} back "
                    f"to tier {rank[target] + 1}"
                )
        cycle = find_cycle(self.required)
        if cycle:
            raise ValueError(f"required edges form a cycle: {' → '.join(cycle)}")
        back = self._way_back(rank)
        if back:
            raise ValueError(
                f"required edges lead from tier {rank[back[0]] + 1} back to tier "
                f"{rank[back[-1]] + 1}: {' → '.join(back)}"
            )

    def allowed(self, channels: Sequence[str]) -> Bools:
        """Pairs that may be an edge, ``[C, C]`` (source, target).

        Raises
        ------
        ValueError
            If a tier or a pair names a channel that is not in ``channels``.
        """
        named = {c for tier in self.tiers for c in tier}
        named.update(c for edge in (*self.required, *self.forbidden) for c in edge)
        named.update(self.instruments)
        unknown = sorted(named - set(channels))
        if unknown:
            raise ValueError(
                f"the graph settings name unknown channels {unknown}; known: {list(channels)}"
            )
        position = {name: i for i, name in enumerate(channels)}
        allowed = ~np.eye(len(channels), dtype=bool)
        for source, target in self.forbidden:
            allowed[position[source], position[target]] = False
        rank = self._rank()
        for source in rank:
            for target in rank:
                if rank[source] > rank[target]:
                    allowed[position[source], position[target]] = False
        return allowed

    def required_mask(self, channels: Sequence[str]) -> Bools:
        """Pairs that must be an edge, ``[C, C]`` (source, target)."""
        position = {name: i for i, name in enumerate(channels)}
        mask = np.zeros((len(channels), len(channels)), dtype=bool)
        for source, target in self.required:
            mask[position[source], position[target]] = True
        return mask

    def _way_back(self, rank: dict[str, int]) -> list[str]:
        """Required edges from a tier to an earlier one by way of free nodes; empty: none."""
        graph: nx.DiGraph[str] = nx.DiGraph(list(self.required))
        for source in sorted(rank.keys() & graph.nodes):
            for target, path in nx.single_source_shortest_path(graph, source).items():
                if rank.get(target, rank[source]) < rank[source]:
                    return [str(name) for name in path]
        return []

    def _rank(self) -> dict[str, int]:
        rank: dict[str, int] = {}
        for position, tier in enumerate(self.tiers):
            for channel in tier:
                if channel in rank:
                    raise ValueError(f"channel {channel} is in more than one tier")
                rank[channel] = position
        return rank


def find_cycle(edges: Sequence[Edge]) -> list[str]:
    """Names along one cycle, first and last the same; empty where there is none."""
    try:
        found = nx.find_cycle(nx.DiGraph(list(edges)))
    except nx.NetworkXNoCycle:
        return []
    return [str(edge[0]) for edge in found] + [str(found[0][0])]
