"""Levers that spend a total exactly, what follows them with them."""

from __future__ import annotations

import numpy as np

from mmm_model.budget.followed_plan import FollowedPlan
from mmm_model.budget.limits import FEASIBLE, Limits
from mmm_model.panel import Floats

_HALVINGS = 60


def spent_exactly(plan: FollowedPlan, limit: Limits, levers: Floats) -> Floats:
    """Move levers ``[R, C]`` towards one end of their bounds until the total is spent.

    Raises
    ------
    ValueError
        If it is not spent there either.
    """
    missing = limit.total - float(plan.spend_at(levers).sum())
    end = np.broadcast_to(limit.upper if missing > 0 else limit.lower, levers.shape)
    end = np.where(plan.spend > 0, end, levers)
    most = float(plan.spend_at(end).sum())
    if (limit.total - most) * missing > 0 and abs(limit.total - most) > FEASIBLE * limit.total:
        raise ValueError(
            f"{limit.total:,.2f} a week cannot be spent within the bounds, with what follows "
            f"other channels {most:,.2f} can; widen a bound or change the total"
        )
    here, there = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (here + there)
        spent = float(plan.spend_at(levers + middle * (end - levers)).sum())
        here, there = (middle, there) if (limit.total - spent) * missing > 0 else (here, middle)
    return levers + 0.5 * (here + there) * (end - levers)
