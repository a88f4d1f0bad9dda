"""A fit that a test can afford: the equation alone, with short chains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.stages import Progress
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

# Three refits then take about as long as one of the two fits of a refresh.
_CHAINS, _WARMUP, _DRAWS, _ROUNDS = 2, 60, 60, 1


def can_refit(model: FittedResponse) -> bool:
    """Whether a short fit says what a long one does: of a posterior alone."""
    return model.settings.estimator == "posterior"


def short(settings: ModelSettings, model: FittedResponse) -> ModelSettings:
    """Settings with short chains; what was not told in the fit is not looked for again."""
    moves = "readout" in model.state and bool(np.any(model.state["readout"]))
    return replace(
        settings,
        chains=min(settings.chains, _CHAINS),
        warmup=min(settings.warmup, _WARMUP),
        draws=min(settings.draws, _DRAWS),
        rounds=min(settings.rounds, _ROUNDS),
        members=_CHAINS * _DRAWS,
        gru_width=settings.gru_width if moves else 0,
        brand=settings.brand if "brand_multiple" in model.state else None,
    )


def refit(
    panel: Panel,
    model: FittedResponse,
    settings: ModelSettings,
    progress: Progress | None = None,
    stage: str = "test",
) -> FittedResponse:
    """Fit a changed panel as the model was fitted, without a graph, lift tests and forecasts.

    Parameters
    ----------
    panel
        With the model's controls, and others.
    model
        The fit that is tested.
    settings
        Of that fit.
    """
    known = panel.with_controls(model.controls)
    return fit_response(known, short(settings, model), progress, stage, forecasts=False).response
