"""What channels earn by what they create and nobody buys: searches, visits, awareness.

A part of the channel's own path: nobody pays for it, so that it comes whenever the channel runs,
and curves and budgets hold it already.
"""

from __future__ import annotations

import numpy as np

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import Floats, Panel


def through_unpaid(model: FittedModel, panel: Panel, direct: Floats) -> tuple[Floats, ...]:
    """KPI ``[M, R, W, C]`` that each channel earns by each mediator of a fit.

    A channel takes no sales away by itself: where a draw has more through mediators than the
    channel brings, they share what it brings.

    Parameters
    ----------
    direct
        ``[M, R, W, C]`` what channels bring by their own paths.
    """
    found = []
    for mediator in model.mediators:
        part = np.zeros_like(direct)
        place = [panel.channels.index(name) for name in mediator.sources]
        part[..., place] = mediator.earned(mediator.created(panel), model.scaling.region_size)
        found.append(part)
    if not found:
        return ()
    all_of_them = sum(part.sum(axis=(1, 2)) for part in found)  # [M, C]
    brought = direct.sum(axis=(1, 2))
    share = np.minimum(1.0, brought / np.where(all_of_them > 0, all_of_them, np.inf))
    share = np.where(all_of_them > 0, share, 1.0)[:, None, None]
    return tuple(part * share for part in found)
