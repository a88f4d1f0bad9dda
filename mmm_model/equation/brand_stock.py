"""A slow stock: what media bring today leaves something behind, which fades over a year or more.

    B_t = rho B_{t-1} + (1 - rho) g_{t-1},        rho = 2^(-1 / half-life)

where g is the direct contribution of the channels that feed it (after adstock and saturation). The
KPI gains ``multiple * B_t``. A unit of g adds up to one unit of B over all weeks to come, so the
multiple is what media bring later over what they bring at once (a state of goodwill: Nerlove and
Arrow, 1962, "Optimal advertising policy under dynamic conditions"). What was spent before the
first week is not known: the stock begins as if those years had been like the first one, times
``1 + start``.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mmm_model.panel import Floats

FIRST_WEEKS = 52
"""Weeks whose mean stands for the years before the first one: every season counts."""


def kept(half_life: Floats) -> Floats:
    """Share of a stock that is left a week later, of a half-life in weeks."""
    return np.asarray(0.5 ** (1.0 / half_life))


def stock_matrices(weeks: int, half_life: float) -> tuple[Floats, Floats]:
    """What takes a series ``[W]`` to its stock and to the part that was there at the beginning.

    Both ``[W, W]``. The stock is the sum of both where it begins like the first year.
    """
    share = float(kept(np.array(half_life)))
    week = np.arange(weeks)
    age = week[:, None] - week
    fed = np.where(age > 0, (1.0 - share) * share ** np.maximum(age - 1.0, 0.0), 0.0)
    first = (week < FIRST_WEEKS) / min(weeks, FIRST_WEEKS)
    return fed, np.outer(share**week, first)


def stock(fed: Tensor, half_life: Tensor, start: Tensor) -> Tensor:
    """Stock ``[M, R, W]`` that contributions ``[M, R, W]`` leave behind.

    Parameters
    ----------
    half_life, start
        ``[M]`` weeks, and by how much of itself the stock began higher than the first year's.
    """
    share = (0.5 ** (1.0 / half_life))[:, None]
    now = (1.0 + start)[:, None] * fed[..., :FIRST_WEEKS].mean(-1)
    weeks = []
    for week in range(fed.shape[-1]):
        weeks.append(now)
        now = share * now + (1.0 - share) * fed[..., week]
    return torch.stack(weeks, dim=-1)
