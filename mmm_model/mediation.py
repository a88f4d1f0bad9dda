"""What a channel earns through the channels it drives.

Switching a channel off lowers the channels that it drives, at once and in later weeks;
the KPI that is lost that way is its mediated contribution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from mmm_model.graph import ChannelGraph
from mmm_model.panel import Floats


@dataclass(frozen=True)
class Mediation:
    """Counterfactual contributions of each channel, KPI units, each ``[M, R, W, C]``.

    Parameters
    ----------
    direct
        KPI lost through the channel's own path when it alone is off.
    total
        KPI lost when it is off and the channels it drives respond.
    """

    direct: Floats
    total: Floats

    @property
    def mediated(self) -> Floats:
        """KPI lost through the channels it drives, ``total − direct``."""
        return self.total - self.direct


def counterfactual_exposure(graph: ChannelGraph, exposure: Floats, off: Collection[str]) -> Floats:
    """Exposure in a world where the channels ``off`` never ran.

    Parameters
    ----------
    graph
        The channel graph; only its published edges matter.
    exposure
        ``[R, W, C]`` what was observed, in the regions and channels of the graph.
    off
        Channels at zero in every region and week.

    Returns
    -------
    Floats
        ``[R, W, C]``; zero for ``off``; a driven channel is lowered by what its parents no
        longer bring, in the same week and later, and never below zero.

    Raises
    ------
    ValueError
        If ``off`` names an unknown channel or ``exposure`` does not fit the graph.
    """
    unknown = sorted(set(off) - set(graph.channels))
    if unknown:
        raise ValueError(f"unknown channels {unknown}; known: {list(graph.channels)}")
    if exposure.shape[::2] != graph.scale.shape:
        raise ValueError(
            f"exposure has shape {exposure.shape}, the graph is for {graph.scale.shape} "
            "regions and channels"
        )
    scale = graph.scale[:, None, :]
    observed = exposure / scale
    changed = observed.copy()
    switched_off = np.array([name in off for name in graph.channels])
    changed[:, :, switched_off] = 0.0
    coefficient = np.where(graph.published, graph.coefficient, 0.0)
    lags, weeks = len(coefficient), exposure.shape[1]
    driven = [j for j in graph.topological_order() if coefficient[:, :, j].any()]
    driven = [j for j in driven if not switched_off[j]]
    if not driven or not switched_off.any():
        return changed * scale
    # A lagged loop is possible, so time is the outer loop; regions are computed together.
    for week in range(weeks):
        reach = min(lags, week + 1)
        past = slice(week - reach + 1, week + 1)
        for j in driven:
            lost = (changed - observed)[:, past][:, ::-1]
            change = np.einsum("rli,li->r", lost, coefficient[:reach, :, j])
            changed[:, week, j] = np.maximum(observed[:, week, j] + change, 0.0)
    return changed * scale


def split_contribution(
    graph: ChannelGraph, exposure: Floats, contribution: Callable[[Floats], Floats]
) -> Mediation:
    """Direct and total contribution of each channel.

    Parameters
    ----------
    graph, exposure
        As for `counterfactual_exposure`.
    contribution
        Gives the direct contribution ``[M, R, W, C]`` of every channel at an exposure
        ``[R, W, C]``, all else (effectiveness, scales) as observed.
    """
    direct = contribution(exposure)
    total = direct.copy()
    drives = graph.published.any(axis=(0, 2))
    for c in np.flatnonzero(drives):
        total[..., c] = joint_total(graph, exposure, contribution, {graph.channels[c]}, direct)
    return Mediation(direct=direct, total=total)


def joint_total(
    graph: ChannelGraph,
    exposure: Floats,
    contribution: Callable[[Floats], Floats],
    off: Collection[str],
    direct: Floats | None = None,
) -> Floats:
    """KPI ``[M, R, W]`` lost when the channels ``off`` are off together.

    Not the sum of their totals: what one earns through another would count twice.
    """
    if direct is None:
        direct = contribution(exposure)
    without = contribution(counterfactual_exposure(graph, exposure, off))
    return (direct - without).sum(axis=-1)
