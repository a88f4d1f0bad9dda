"""Own events, such as school holidays: the share of a week's days that they last."""

from __future__ import annotations

from mmm_model.equation.treatment.kind import TreatmentKind, nothing, over_unit
from mmm_model.panel import Floats


def longest(values: Floats) -> float:
    """Most of it that a week ``[R, W]`` had: a share, a number of days; 1 without any."""
    return float(values.max(initial=0.0)) or 1.0


KIND = TreatmentKind(
    sign=0, spread=1.0, shrunk=True, reference=nothing, unit=longest, column=over_unit
)
"""Its coefficient is what a week with the most of it adds, over the usual KPI."""
