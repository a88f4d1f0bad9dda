"""Ways to fit the equation to a panel.

A new one is a function, a line in `ESTIMATORS` and its name in `mmm_model.settings.ESTIMATORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from mmm_model.fit.end_to_end import fit_end_to_end
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.posterior_stages import fit_by_posterior
from mmm_model.fit.readings import Reading
from mmm_model.fit.stages import Progress, ResponseFit, fit_by_search
from mmm_model.graph import GraphSettings
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

ESTIMATORS: dict[str, Callable[..., ResponseFit]] = {
    "posterior": fit_by_posterior,
    "search": fit_by_search,
    "end_to_end": fit_end_to_end,
}


def fit_response(
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedResponse | None = None,
    lift_tests: Sequence[LiftTest] = (),
    forecasts: bool = True,
    graph_settings: GraphSettings | None = None,
    readings: Sequence[Reading] = (),
    carryover: Carryover | None = None,
) -> ResponseFit:
    """Fit the equation by the estimator that the settings name; see `fit_by_search`.

    Parameters
    ----------
    panel
        Its treatments have effects of their own in the posterior; to others they are controls.
    graph_settings
        Read by an estimator that learns the graph with the response.
    readings
        Of channels whose exposure is read with errors; the posterior alone corrects them. It alone
        knows reach and frequency, too: the others read contacts, reach times frequency.
    carryover
        That another KPI was found to have; of use to the posterior alone.
    """
    fit = ESTIMATORS[settings.estimator]
    if settings.estimator != "posterior":  # the others have controls alone
        panel = panel.with_treatments_as_controls(tuple(one.label for one in panel.treatments))
    if settings.learns_graph:
        fit = partial(fit, graph_settings=graph_settings)
    if settings.estimator == "posterior":
        fit = partial(fit, readings=readings, carryover=carryover)
    else:
        panel = panel.as_contacts()
    return fit(panel, settings, progress, stage, warm_start, lift_tests, forecasts)
