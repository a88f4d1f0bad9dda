"""Ways to fit the equation to a panel.

A new one is a function, a line in `ESTIMATORS` and its name in `mmm_model.settings.ESTIMATORS`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.posterior_stages import fit_by_posterior
from mmm_model.fit.stages import Progress, ResponseFit, fit_by_search
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

ESTIMATORS = {"posterior": fit_by_posterior, "search": fit_by_search}


def fit_response(
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedResponse | None = None,
    lift_tests: Sequence[LiftTest] = (),
    forecasts: bool = True,
) -> ResponseFit:
    """Fit the equation by the estimator that the settings name; see `fit_by_search`."""
    fit = ESTIMATORS[settings.estimator]
    return fit(panel, settings, progress, stage, warm_start, lift_tests, forecasts)
