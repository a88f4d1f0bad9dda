"""What a lever brings and spends with all that follows it, as curves of one lever at a time.

A channel that follows is in the curves of its drivers and in that of its own lever: each is drawn
with the other levers where they are thought to be, so curves are right near levers that are
thought right.
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
        ``[M, R, C, G]`` what channels that follow bring more at G nodes of each lever.
    spend
        ``[R, C, G]`` what they spend more; beyond the lever times its plan, where it is the lever
        of one of them.
    beyond
        What channels that follow spend near there beyond their levers times their plans.
    """

    value: Floats
    spend: Floats
    beyond: float


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
    for c in {*plan.following.sources, *plan.following.targets}:
        own_plan = plan.spend[:, c] if follows[c] else 0.0
        for g, lever in enumerate(nodes[c]):
            levers = near.copy()
            levers[:, c] = lever
            brought, paid = at(levers)
            value[:, :, c, g] = brought - usual
            spend[:, c, g] = (paid - spent).sum(axis=-1) - own_plan * (lever - near[:, c])
    beyond = float((spent - money * near[:, follows]).sum())
    return WholeCurves(value, spend, beyond)
