"""What a lever brings and spends with all that follows it, as curves of one lever at a time.

A channel that follows two drivers is in the curves of both: each is drawn with the other lever
where it is thought to be, so curves are right near levers that are thought right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.panel import Floats


@dataclass(frozen=True)
class WholeCurves:
    """Of R regions and C levers, over those near which they are drawn.

    Parameters
    ----------
    value
        ``[M, R, C, G]`` what follows brings more at G nodes of each lever.
    spend
        ``[R, C, G]`` what it spends more.
    followed
        ``[R, C]`` spend of the channels that follow, zero of the others.
    """

    value: Floats
    spend: Floats
    followed: Floats


def whole_curves(plan: FollowedPlan, nodes: Floats, near: Floats) -> WholeCurves:
    """Draw the curves.

    Parameters
    ----------
    nodes
        ``[C, G]`` levers.
    near
        ``[R, C]`` levers.
    """
    follows = plan.following.follows
    own, money = plan.plan.only(follows), plan.spend[:, follows]

    def at(levers: Floats) -> tuple[Floats, Floats]:
        scale = plan.following.multiplier(levers)[..., follows]
        return own.weekly(scale).sum(axis=-1), money * scale.mean(axis=0)

    usual, spent = at(near)
    regions, channels = near.shape
    value = np.zeros((len(usual), regions, channels, nodes.shape[1]))
    spend = np.zeros((regions, channels, nodes.shape[1]))
    for c in plan.following.sources:
        if follows[c]:
            continue
        for g, lever in enumerate(nodes[c]):
            levers = near.copy()
            levers[:, c] = lever
            brought, paid = at(levers)
            value[:, :, c, g] = brought - usual
            spend[:, c, g] = (paid - spent).sum(axis=-1)
    followed = np.zeros_like(near)
    followed[:, follows] = spent
    return WholeCurves(value, spend, followed)
