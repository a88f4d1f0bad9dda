"""Prices: a change by so many percent changes the KPI by so many times the elasticity."""

from __future__ import annotations

import numpy as np

from mmm_model import priors
from mmm_model.equation.treatment.kind import TreatmentKind, one
from mmm_model.panel import Floats


def usual_price(price: Floats) -> Floats:
    """``[R]`` median over weeks: what is charged while nothing is discounted."""
    return np.asarray(np.median(price, axis=1))


def log_ratio(price: Floats, usual: Floats, unit: float) -> Floats:
    """Logarithm of the price over the usual one."""
    del unit
    # The rules of the tables refuse a price of zero; one of a gap that they let through is usual.
    known = np.where(price > 0, price, usual)
    return np.log(known / np.where(usual > 0, usual, 1.0))


KIND = TreatmentKind(
    sign=-1,
    spread=priors.PRICE_ELASTICITY,
    shrunk=False,
    reference=usual_price,
    unit=one,
    column=log_ratio,
)
"""Its coefficient is the elasticity at the usual price."""
