"""Holidays: how many of a week's days are one, and how much of the days around it lies in it."""

from __future__ import annotations

from mmm_model.equation.treatment.kind import TreatmentKind, nothing, one, over_unit

KIND = TreatmentKind(sign=0, spread=1.0, shrunk=True, reference=nothing, unit=one, column=over_unit)
"""Its coefficient is what a holiday adds to its week, over the usual KPI."""
