"""Unpaid mediators, over their usual week: what sells when more people search, visit or know."""

from __future__ import annotations

from mmm_model import priors
from mmm_model.equation.treatment.kind import TreatmentKind, nothing, one, over_unit

KIND = TreatmentKind(
    sign=1,
    spread=priors.MEDIATOR_SHARE,
    shrunk=False,
    reference=nothing,
    unit=one,
    column=over_unit,
)
"""Its coefficient is the share of the usual KPI that is lost without any of it."""
