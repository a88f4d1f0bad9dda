"""Promotions: the deeper the discount, the more is sold, in proportion.

No saturation: most tables know one or two depths, between which a straight line says the same.
"""

from __future__ import annotations

from mmm_model import priors
from mmm_model.equation.treatment.kind import TreatmentKind, nothing, over_unit
from mmm_model.panel import Floats


def usual_depth(depth: Floats) -> float:
    """Mean depth of the weeks ``[R, W]`` with a promotion; 1 without any."""
    running = depth[depth > 0]
    return float(running.mean()) if len(running) else 1.0


KIND = TreatmentKind(
    sign=1,
    spread=priors.PROMOTION_LIFT,
    shrunk=False,
    reference=nothing,
    unit=usual_depth,
    column=over_unit,
)
"""Its coefficient is what a promotion of the usual depth adds to its week, over the usual KPI."""
