"""A plan some of whose channels follow others: what is decided, what that spends and brings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmm_model.effects.following import Following
from mmm_model.effects.recent_plan import Plan
from mmm_model.panel import Bools, Floats

_STEP = 1e-3
"""Change of a lever over which what follows it is differentiated."""


@dataclass(frozen=True)
class FollowedPlan:
    """A plan whose levers are what is decided; a `Plan` again, scaled by levers.

    Where nothing follows, levers are the multipliers of the plan itself.

    Parameters
    ----------
    plan
        Of C channels with known spend.
    following
        Of the same channels.
    """

    plan: Plan
    following: Following

    @property
    def spend(self) -> Floats:
        """``[R, C]`` mean weekly spend of the plan as it is."""
        return self.plan.spend

    def spend_at(self, levers: Floats) -> Floats:
        """Mean weekly spend ``[R, C]``, expected of what follows."""
        return self.plan.spend * self.following.multiplier(levers).mean(axis=0)

    def weekly(self, multiplier: float | Floats = 1.0) -> Floats:
        """Mean weekly response ``[M, R, C]`` in KPI units at levers that fit ``[R, C]``."""
        return self.plan.weekly(self._scaled(multiplier))

    def weekly_marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Its derivative with respect to the levers, ``[M, R, C]``.

        What follows a lever is in the lever's own derivative.
        """
        slope = self.plan.weekly_marginal(self._scaled(multiplier))
        if not self.following:
            return slope
        alone = np.where(self.following.follows, 0.0, slope)
        return alone + self._through_followers(multiplier, slope)

    def weekly_cost(self, multiplier: float | Floats = 1.0) -> Floats:
        """Spend ``[R, C]`` that a unit of a lever takes, that of what follows it with it."""
        if not self.following:
            return self.spend
        price = np.broadcast_to(self.spend, (1, *self.spend.shape))
        more = self._through_followers(multiplier, price).mean(axis=0)
        return np.where(self.following.follows, 0.0, self.spend) + more

    def valued(self) -> FollowedPlan:
        """Return the plan with its response in value instead of KPI units."""
        return replace(self, plan=self.plan.valued())

    def only(self, channels: Bools) -> FollowedPlan:
        """Return the plan of the channels that are True in ``[C]``."""
        return FollowedPlan(self.plan.only(channels), self.following.only(channels))

    def _scaled(self, levers: float | Floats) -> float | Floats:
        if not self.following:
            return levers
        return self.following.multiplier(np.broadcast_to(levers, self.spend.shape))

    def _through_followers(self, levers: float | Floats, each: Floats) -> Floats:
        """Sum over channels that follow of ``each`` ``[M, R, C]`` times how a lever moves them."""
        levers = np.broadcast_to(levers, self.spend.shape)
        follows, found = self.following.follows, []
        moving = {*self.following.sources, *self.following.targets}
        for c in range(levers.shape[1]):
            if c not in moving:
                found.append(np.zeros((len(each), len(levers))))
                continue
            up, down = levers.copy(), levers.copy()
            up[:, c] += _STEP
            down[:, c] = np.maximum(down[:, c] - _STEP, 0.0)
            moved = self.following.multiplier(up) - self.following.multiplier(down)
            rate = moved / (up - down)[:, c, None]
            found.append((each * rate)[..., follows].sum(axis=-1))
        return np.stack(np.broadcast_arrays(*found), axis=-1)
