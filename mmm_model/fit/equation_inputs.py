"""The panel as the equation reads it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmm_model.equation.equation import Inputs
from mmm_model.equation.scaling import Scaling
from mmm_model.panel import Floats, Panel
from mmm_model.treatments import components_of

_WEEKS_IN_YEAR = 365.25 / 7
_ORIGIN = pd.Timestamp("2000-01-03")


def inputs_of(
    panel: Panel,
    scaling: Scaling,
    fitted: int,
    harmonics: int,
    device: str = "cpu",
    exposure: Floats | None = None,
) -> Inputs:
    """Scale a panel, in double precision.

    Parameters
    ----------
    fitted
        Number of fitted weeks.
    harmonics
        Pairs of sine and cosine.
    device
        Of the tensors.
    exposure
        ``[R, W, C]`` or ``[M, R, W, C]`` another plan than the panel's.
    """
    plan = panel.exposure if exposure is None else exposure
    names = list(components_of(panel.treatments))
    part = np.array([[one.adds_to == name for name in names] for one in panel.treatments])
    treatment = torch.as_tensor(scaling.treatment(panel), device=device) if names else None
    return Inputs(
        exposure=torch.as_tensor(scaling.exposure(plan), device=device),
        control=torch.as_tensor(scaling.control(panel), device=device),
        harmonic=torch.as_tensor(_harmonic(panel.weeks, harmonics), device=device),
        fitted_weeks=fitted,
        frequency=_frequency(panel, device),
        treatment=treatment,
        component=torch.as_tensor(part.astype(float), device=device) if names else None,
    )


def _frequency(panel: Panel, device: str) -> Tensor | None:
    if panel.frequency is None:
        return None
    return torch.as_tensor(np.nan_to_num(panel.frequency, nan=1.0), device=device)


def _harmonic(weeks: pd.DatetimeIndex, harmonics: int) -> Floats:
    """Sines and cosines of the time of the year, ``[W, 2H]``."""
    elapsed = np.asarray((weeks - _ORIGIN).days, dtype=float) / 7
    angle = 2 * np.pi * np.outer(elapsed / _WEEKS_IN_YEAR, np.arange(1, harmonics + 1))
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
