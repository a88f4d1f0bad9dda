"""The channel graph as the rest of the package reads it.

Its nodes are the channels and, after them, the controls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from mmm_model.graph.settings import METHODS, find_cycle
from mmm_model.panel import Bools, Floats

_ARRAYS = ("weight", "probability", "published")


@dataclass(frozen=True)
class ChannelGraph:
    """Learned edges between channels and controls.

    How much a channel creates of another is said by its structural equation, see
    `mmm_model.fit.driven_channels`.

    Parameters
    ----------
    channels
        Names, length C.
    regions
        Names of the regions it was learned on, length R.
    weight
        ``[L + 1, N, N]`` (lag, source, target): standard deviations of the target per one of
        the source.
    probability
        ``[L + 1, N, N]`` share of bootstrap refits that find the edge; of the weeks after
        the first of a published edge, over which it fades, that of the first.
    published
        ``[L + 1, N, N]`` edges that counterfactuals run through; acyclic within a week.
    controls
        Names of the controls, length K; there are N = C + K nodes.
    method
        Who learned it: one of `mmm_model.graph.settings.METHODS`, or `JOINT`.

    Raises
    ------
    ValueError
        If shapes disagree or the published same-week edges form a cycle.
    """

    channels: tuple[str, ...]
    regions: tuple[str, ...]
    weight: Floats
    probability: Floats
    published: Bools
    controls: tuple[str, ...] = ()
    method: str = METHODS[0]

    def __post_init__(self) -> None:
        n = len(self.nodes)
        for name in _ARRAYS:
            shape = getattr(self, name).shape
            if shape != (len(self.weight), n, n):
                raise ValueError(f"graph.{name} has shape {shape}, expected [lags, {n}, {n}]")
        self.topological_order()

    @classmethod
    def empty(
        cls,
        channels: Sequence[str],
        regions: Sequence[str],
        max_lag_weeks: int = 0,
        controls: Sequence[str] = (),
        method: str = METHODS[0],
    ) -> ChannelGraph:
        """Return a graph without edges."""
        nodes = len(channels) + len(controls)
        none = np.zeros((max_lag_weeks + 1, nodes, nodes))
        return cls(
            channels=tuple(channels),
            regions=tuple(regions),
            weight=none,
            probability=none.copy(),
            published=none.astype(bool),
            controls=tuple(controls),
            method=method,
        )

    @property
    def nodes(self) -> tuple[str, ...]:
        """Channels, then controls."""
        return self.channels + self.controls

    def drivers(self) -> Bools:
        """Published edges at any lag, ``[N, N]`` (source, target)."""
        return np.asarray(self.published.any(axis=0))

    def driven_controls(self) -> tuple[str, ...]:
        """Controls that media drive, at once or through another control.

        Such a control is part of what media did: a response that is adjusted for it takes
        that part from them ("bad control", Angrist & Pischke 2009, section 3.2.3).
        """
        drivers, count = self.drivers(), len(self.channels)
        found: Bools = np.asarray(drivers[:count].any(axis=0))
        found[:count] = False
        for _ in self.controls:
            found[count:] |= np.asarray(drivers[count:, count:][found[count:]].any(axis=0))
        return tuple(name for name, driven in zip(self.nodes, found, strict=True) if driven)

    def topological_order(self) -> tuple[int, ...]:
        """Positions of the nodes, each after those that drive it in the same week.

        Raises
        ------
        ValueError
            If the published same-week edges form a cycle; the message spells it out.
        """
        sources, targets = np.nonzero(self.published[0])
        edges = [(int(i), int(j)) for i, j in zip(sources, targets, strict=True)]
        named = [(self.nodes[i], self.nodes[j]) for i, j in edges]
        cycle = find_cycle(named)
        if cycle:
            raise ValueError(f"published same-week edges form a cycle: {' → '.join(cycle)}")
        graph: nx.DiGraph[int] = nx.DiGraph(edges)
        graph.add_nodes_from(range(len(self.nodes)))
        return tuple(nx.lexicographical_topological_sort(graph))

    def edges(self) -> pd.DataFrame:
        """Every edge that a refit found, columns as in ``mart.channel_graph``, likeliest first.

        What is not published is ``undetermined``: found, but not surely enough to be used.
        """
        lag, source, target = np.nonzero((self.probability > 0) | self.published)
        names = np.array(self.nodes, dtype=object)
        kind = np.array(["channel"] * len(self.channels) + ["control"] * len(self.controls))
        table = pd.DataFrame(
            {
                "source": names[source],
                "target": names[target],
                "lag_weeks": lag,
                "weight": self.weight[lag, source, target],
                "probability": self.probability[lag, source, target],
                "published": self.published[lag, source, target],
                "source_kind": kind[source],
                "target_kind": kind[target],
            }
        )
        table["status"] = np.where(table["published"], "published", "undetermined")
        table["method"] = self.method
        return table.sort_values(
            ["probability", "source", "target", "lag_weeks"],
            ascending=[False, True, True, True],
            ignore_index=True,
        )

    def to_arrays(self) -> dict[str, Floats | Bools]:
        """Return the arrays, for saving; the names travel separately."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_arrays(
        cls,
        channels: Sequence[str],
        regions: Sequence[str],
        arrays: Mapping[str, np.ndarray],
        controls: Sequence[str] = (),
        method: str = METHODS[0],
    ) -> ChannelGraph:
        """Rebuild a graph from `to_arrays`.

        Raises
        ------
        ValueError
            If an array is missing or shapes disagree.
        """
        missing = [name for name in _ARRAYS if name not in arrays]
        if missing:
            raise ValueError(f"saved graph lacks {missing}")
        return cls(
            channels=tuple(channels),
            regions=tuple(regions),
            controls=tuple(controls),
            method=method,
            **{
                name: np.asarray(arrays[name], dtype=bool if name == "published" else float)
                for name in _ARRAYS
            },
        )
