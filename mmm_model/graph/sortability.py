"""How far the order of causes could be read off the scale of the data alone.

A structure learner that profits from units, or from how well a series is explained, looks
good on simulated data and fails on real ones; both measures are one half where the data
gives no such hint, and one where sorting by it would return the graph.
"""

from __future__ import annotations

import numpy as np

from mmm_model.graph.channel_graph import ChannelGraph
from mmm_model.graph.preparation import alive, freed
from mmm_model.panel import Bools, Floats, Panel


def varsortability(panel: Panel, graph: ChannelGraph) -> float:
    """Share of driven pairs whose target varies more than its driver, in delivered units.

    Returns
    -------
    float
        0 to 1; NaN where no edge is published.

    References
    ----------
    Reisach, Seiler & Weichwald (2021), "Beware of the Simulated DAG!".
    """
    return sorted_share(_series(panel).var(axis=0), graph.drivers())


def r2_sortability(panel: Panel, graph: ChannelGraph) -> float:
    """Share of driven pairs whose target the other nodes explain better than its driver.

    Whatever the units; NaN where no edge is published.

    References
    ----------
    Reisach, Tami, Seiler, Chambaz & Weichwald (2023), "A Scale-Invariant Sorting Criterion to
    Find a Causal Order in Additive Noise Models".
    """
    series = _series(panel)
    sd = series.std(axis=0)
    z = series / np.where(sd > 0.0, sd, 1.0)
    precision = np.linalg.inv(z.T @ z / max(len(z), 1) + 1e-9 * np.eye(z.shape[1]))
    explained = np.asarray(1.0 - 1.0 / precision.diagonal(), dtype=float)
    return sorted_share(explained, graph.drivers())


def sorted_share(score: Floats, edges: Bools) -> float:
    """Share of directed walks along ``edges`` ``[N, N]`` that end at a higher ``score`` ``[N]``.

    Walks of every length count once per pair and length; equal scores count half.
    """
    rise = np.sign(score[None, :] - score[:, None])
    found, right, walks = 0.0, 0.0, edges.astype(float)
    for _ in range(len(score) - 1):
        reached = walks > 0.0
        np.fill_diagonal(reached, False)
        found += reached.sum()
        right += (0.5 * (1.0 + rise))[reached].sum()
        walks = np.minimum(walks @ edges, 1.0)
    return right / found if found else float("nan")


def _series(panel: Panel) -> Floats:
    """Every node ``[cells, N]`` as delivered, without regions' means and the calendar."""
    inside = alive(panel.exposure)
    nodes = np.concatenate([panel.exposure, panel.control], axis=-1)
    return freed(nodes, panel.weeks, inside)[inside]
