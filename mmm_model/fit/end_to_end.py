"""A fit of the paper's equation to one panel: trained as a whole, read like any other fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.equation.equation import Inputs
from mmm_model.equation.scaling import Scaling
from mmm_model.fit.equation_inputs import inputs_of
from mmm_model.fit.evidence import conflicting
from mmm_model.fit.experiments import Experiment, expected_lifts, experiments_of
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.noise import NoiseModel
from mmm_model.fit.stages import Progress, ResponseFit, past_and_settings, silent
from mmm_model.graph import GraphSettings
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.paper.adjacency import AllowedEdges, graph_of
from mmm_model.paper.network import PaperEquation
from mmm_model.paper.training import Data, Trained, train_end_to_end
from mmm_model.settings import ModelSettings

# The paper's levels do not walk; a variance of exactly zero has no filter.
_NO_DRIFT = 1e-6


def fit_end_to_end(
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedResponse | None = None,
    lift_tests: Sequence[LiftTest] = (),
    forecasts: bool = True,
    graph_settings: GraphSettings | None = None,
) -> ResponseFit:
    """Train the paper's equation on the observed KPI of a panel, its graph with it.

    Parameters and errors as of `fit_by_search`. Lift tests are compared with what it says and
    change nothing: the paper's loss has no term for them. Training starts anew whatever
    ``warm_start`` is.

    Parameters
    ----------
    graph_settings
        What is known of the graph between channels; None knows nothing.
    """
    del warm_start, forecasts
    report = progress or silent
    about_graph = graph_settings or GraphSettings()
    past, settings = past_and_settings(panel, settings)
    scaling, edges = Scaling.of(panel), AllowedEdges.of(past, about_graph)
    inputs = inputs_of(past, scaling, len(past.weeks), settings.harmonics)
    data = Data(
        _on(inputs, settings.device),
        _single(scaling.kpi(past), settings.device),
        _single(past.observed, settings.device),
    )
    trained = train_end_to_end(data, settings, edges, lambda share: report(stage, share))
    equation = trained.equation.cpu().double()
    with torch.no_grad():
        equation.settle(inputs)  # in double precision: what a saved fit works out again
        noise, surprise = _left_over(equation, inputs, scaling.kpi(past), past.observed, trained)
    response = FittedResponse.of(panel, scaling, equation, noise, surprise)
    like = torch.zeros(1, dtype=torch.float64)
    experiments = experiments_of(lift_tests, past, scaling, settings.lag_weeks, like)
    return ResponseFit(
        response,
        _beside(equation, experiments),
        [_with_total(terms) for terms in trained.history],
        graph_of(response.state["adjacency"], panel, edges, about_graph),
    )


def _on(inputs: Inputs, device: str) -> Inputs:
    """Inputs in single precision on a device."""
    return replace(
        inputs,
        exposure=_single(inputs.exposure, device),
        control=_single(inputs.control, device),
        harmonic=_single(inputs.harmonic, device),
    )


def _single(values: Floats | Bools | Tensor, device: str) -> Tensor:
    return torch.as_tensor(values).to(device, torch.float32)


def _left_over(
    equation: PaperEquation, inputs: Inputs, target: Floats, observed: Bools, trained: Trained
) -> tuple[NoiseModel, tuple[float, float]]:
    """Variance of each region, and how large surprises are.

    Returns
    -------
    noise, surprise
        The latter as `FittedResponse.noise`: of weeks that members learned from, and of those
        that they did not, which stand for the weeks ahead.
    """
    parts = equation(inputs)
    media_and_control = parts["control"].sum(-1) + parts["media"].sum(-1)
    found = parts["baseline"] + parts["seasonality"] + media_and_control
    error = torch.as_tensor(target) - found  # [M, R, W]
    seen = torch.as_tensor(observed).to(error)
    withheld = trained.withheld.cpu().to(error)
    count = seen.sum(1)
    square = (error.mean(0).square() * seen).sum(1)
    pooled = square.sum() / count.sum()
    few = priors.VARIANCE_WEEKS
    variance = ((square + few * pooled) / (count + few)).clamp_min(priors.SMALLEST_VARIANCE)
    size = error.abs() / variance.sqrt()[:, None]
    learned = _usual(size, seen - withheld)
    noise = NoiseModel(_NO_DRIFT, _NO_DRIFT, _NO_DRIFT, variance, seen)
    return noise, (learned, max(learned, _usual(size, withheld)))


def _usual(size: Tensor, which: Tensor) -> float:
    """90 % quantile of some cells' errors, in standard deviations, 1 to 3."""
    known = size[which.expand_as(size) > 0]
    return float(np.clip(np.quantile(known.numpy(), 0.9), 1.0, 3.0)) if len(known) else 1.0


def _beside(equation: PaperEquation, experiments: Sequence[Experiment]) -> dict[str, Floats]:
    """Lift tests beside what was trained without them, as `Evidence.readings`."""
    if not experiments:
        return {}
    expected = expected_lifts(equation, experiments)
    lift, error = (np.array([getattr(e, name) for e in experiments]) for name in ("lift", "error"))
    conflicts, _ = conflicting(expected, lift, error)  # which widen nothing: nobody learns of them
    return {
        "error": error,
        "conflicts": conflicts.astype(float),
        "before": expected,
        "after": expected.copy(),
    }


def _with_total(terms: dict[str, float]) -> dict[str, float]:
    """Terms with the loss that they add up to; the last two are watched, not minimised."""
    watched = ("acyclicity", "gradient_norm")
    return terms | {"total": sum(v for name, v in terms.items() if name not in watched)}
