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

    It is reckoned by equations of its own, see `mmm_model.fit.unpaid_mediators`: of a channel that
    the response gives little it can be more than all that the channel brings.

    Parameters
    ----------
    direct
        ``[M, R, W, C]`` what channels bring by their own paths; each part has its shape.
    """
    found = []
    for mediator in model.mediators:
        part = np.zeros_like(direct)
        place = [panel.channels.index(name) for name in mediator.sources]
        part[..., place] = mediator.earned(mediator.created(panel), model.scaling.region_size)
        found.append(part)
    return tuple(found)
