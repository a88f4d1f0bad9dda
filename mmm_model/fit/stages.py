"""A fit of the equation to one panel by a search, stage by stage.

First how much levels drift and regions differ, by the likelihood at the centre of the priors;
then the search, and once more with lift tests where there are any; then coefficients and levels
for what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from mmm_model.equation.scaling import Scaling, fitted_weeks
from mmm_model.fit.coefficients import Solution
from mmm_model.fit.equation_inputs import inputs_of
from mmm_model.fit.estimate import Estimate, saturated_media
from mmm_model.fit.evidence import confront
from mmm_model.fit.experiments import experiments_of
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.kernel_bank import choose_kernels
from mmm_model.fit.level_dynamics import Blend
from mmm_model.fit.level_forecasts import blend
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.linear_part import LinearProblem
from mmm_model.fit.noise import NoiseModel, learn_ratios, ordinary_weeks, reweigh
from mmm_model.fit.observations import Observations
from mmm_model.fit.return_spread import learn_return_spread
from mmm_model.fit.search import initial_equation, search
from mmm_model.graph import ChannelGraph
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings

Progress = Callable[[str, float], None]

# One year cannot tell the time of the year from a trend or a plan.
_WEEKS_FOR_SEASON = 104
# Cells of members' exposure that keep a thread busy; with fewer, threads wait for each other.
_PER_THREAD = 200_000
# More regions hardly say more about how fast levels move.
_MOST_REGIONS = 100
# Alternations of ratios and coefficients at the start, of the linear part at a stage's end, and
# of what a region's own data say and its lift tests.
_NOISE_ROUNDS, _LINEAR_ROUNDS, _TEST_ROUNDS = 3, 4, 2


@dataclass(frozen=True)
class ResponseFit:
    """Result of a fit.

    Parameters
    ----------
    response
        The fitted ensemble.
    lift
        What lift tests said, see `Evidence.readings`; empty without any.
    history
        Terms of the loss at each step, averaged over members.
    graph
        Between channels, where it was learned with the response.
    """

    response: FittedResponse
    lift: dict[str, Floats]
    history: list[dict[str, float]]
    graph: ChannelGraph | None = None


def fit_by_search(
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedResponse | None = None,
    lift_tests: Sequence[LiftTest] = (),
    forecasts: bool = True,
) -> ResponseFit:
    """Fit the equation to the observed KPI of a panel.

    Parameters
    ----------
    panel, settings
        As in `train`; settings without seasonality where the weeks are too few for it.
    progress, stage
        Called with the stage, and the fraction of it that is done.
    warm_start
        An earlier fit to start the search from; ignored where its channels are others.
    lift_tests
        Experiments that the estimates should agree with.
    forecasts
        Whether levels are to forecast well: that takes solving for several dynamics. False
        takes those of the likelihood, where only the media's response is asked for.

    Raises
    ------
    ValueError
        If fewer than two weeks have a KPI, or a lift test does not fit the panel.
    """
    report = progress or silent
    past, settings = past_and_settings(panel, settings)
    scaling = Scaling.of(panel)  # measured on the fitted weeks; sees which channels begin later
    with _threads(panel.exposure.size * settings.members):
        torch.manual_seed(settings.seed)
        estimate = _begin(past, scaling, settings, warm_start)
        history = search(estimate, report, stage)
        estimate = _finish(estimate)
        if lift_tests:
            estimate = _confronted(estimate, lift_tests, past, scaling)
            history += search(estimate, report, f"{stage}, lift tests")
            estimate = _finish_with_tests(estimate)
        with torch.no_grad():
            surprise = _settle(estimate, scaling, settings.holdout_weeks if forecasts else None)
    response = FittedResponse.of(panel, scaling, estimate.equation, estimate.noise, surprise)
    evidence = estimate.data.evidence
    lift = {} if evidence is None else evidence.readings(estimate.equation)
    return ResponseFit(response, lift, history)


def past_and_settings(panel: Panel, settings: ModelSettings) -> tuple[Panel, ModelSettings]:
    """Return the weeks up to the last KPI; no seasonality where they are too few for it.

    Raises
    ------
    ValueError
        If fewer than two weeks have a KPI.
    """
    weeks = fitted_weeks(panel)
    if weeks < 2:
        raise ValueError(
            f"{weeks} week(s) with a KPI are left to learn from, at least 2 are needed"
        )
    if weeks < _WEEKS_FOR_SEASON:
        settings = replace(settings, harmonics=0)
    return panel.head(weeks), settings


def _begin(
    past: Panel, scaling: Scaling, settings: ModelSettings, warm_start: FittedResponse | None
) -> Estimate:
    """Return what the search starts from."""
    inputs = inputs_of(past, scaling, len(past.weeks), settings.harmonics, settings.device)
    data = Observations.of(past, scaling, inputs, settings)
    earlier = None
    if warm_start is not None and warm_start.channels == past.channels:
        earlier = warm_start.state
    equation = initial_equation(settings, data, earlier)
    with torch.no_grad():
        media = saturated_media(equation, data, members=1)
        estimate = Estimate(equation, data, *learn_noise(data, media))
        if settings.steps and earlier is None:
            choose_kernels(equation, estimate.problem, data)
            media = saturated_media(equation, data, members=1)
        return replace(estimate, data=learn_return_spread(data, estimate.noise, media))


def learn_noise(data: Observations, saturated: Tensor) -> tuple[NoiseModel, Solution]:
    """Variances and outliers at the start of the search, from the first member's media."""
    noise = ordinary_weeks(data.target, data.observed)
    solution = data.first.problem(noise).start(1)
    rows, weeks = data.sample(_MOST_REGIONS), noise.weeks
    some, media = data.part(rows, weeks).first, saturated[:, rows]
    for _ in range(_NOISE_ROUNDS):
        likelihood = partial(_log_likelihood, some, media, solution.part(rows, weeks))
        noise = noise.with_ratios_of(learn_ratios(noise.part(rows, weeks), likelihood))
        problem = data.first.problem(noise)
        prior = data.prior(saturated)
        solution = problem.solve(saturated, prior, solution, _LINEAR_ROUNDS, learn_spread=True)
        noise = _reweighed(problem, data.observed, saturated, solution)
    return noise, solution


def _log_likelihood(
    data: Observations, saturated: Tensor, solution: Solution, noise: NoiseModel
) -> Tensor:
    """Logarithm of the likelihood of a noise model, all else given."""
    prior = data.prior(saturated)
    return data.problem(noise).log_likelihood(saturated, prior, solution.deviation)[0]


def _reweighed(
    problem: LinearProblem, observed: Tensor, saturated: Tensor, solution: Solution
) -> NoiseModel:
    """Variances by region and outliers from what the first member leaves over."""
    weeks = observed.shape[1]
    innovation = problem.innovation(saturated, solution.regional, solution.common)
    level = problem.whitening.level(innovation, weeks)[0]
    explained = problem.explained(saturated, solution.regional)[0]
    residual = problem.target - explained - level - solution.common[0]
    return reweigh(problem.whitening.noise, observed, innovation[0], residual)


def _finish(estimate: Estimate) -> Estimate:
    """Coefficients for the parameters that were found, variances and outliers once more."""
    with torch.no_grad():
        data, saturated = estimate.data, estimate.saturated()
        first, problem = saturated[:1], data.first.problem(estimate.noise)
        prior = data.prior(first, estimate.solution)
        found = problem.solve(first, prior, estimate.solution, _LINEAR_ROUNDS, learn_spread=True)
        noise = _reweighed(problem, data.observed, first, found)
        estimate = replace(estimate, noise=noise, solution=found.repeat(len(saturated)))
        prior = data.prior(saturated, estimate.solution)
        return replace(
            estimate,
            solution=estimate.problem.solve(saturated, prior, estimate.solution, _LINEAR_ROUNDS),
        )


def _confronted(
    estimate: Estimate, tests: Sequence[LiftTest], past: Panel, scaling: Scaling
) -> Estimate:
    """Return the estimate with what lift tests say, where it was made without any."""
    data, settings = estimate.data, estimate.equation.settings
    like = data.inputs.exposure
    experiments = experiments_of(tests, past, scaling, settings.lag_weeks, like)
    prior = data.prior(estimate.saturated(), estimate.solution)
    evidence = confront(experiments, estimate.equation, estimate.solution, prior, settings.seed)
    return replace(estimate, data=replace(data, evidence=evidence))


def _finish_with_tests(estimate: Estimate) -> Estimate:
    """As `_finish`, in turn with what tests say at the parameters that were found."""
    evidence = estimate.data.evidence
    if evidence is not None:
        with torch.no_grad():
            now = evidence.at(estimate.equation)
        estimate = replace(estimate, data=replace(estimate.data, evidence=now))
    for _ in range(_TEST_ROUNDS):
        estimate = _finish(replace(estimate, solution=estimate.solution.repeat(1)))
    return estimate


def _settle(estimate: Estimate, scaling: Scaling, horizon: int | None) -> tuple[float, float]:
    """Write coefficients and levels into the equation; return how large surprises are.

    Parameters
    ----------
    horizon
        Weeks for which levels are to forecast well, see `blend`; None takes the likelihood's.

    Returns
    -------
    fitted, ahead
        Standard deviations that nine weeks in ten stay within, of the fitted weeks and of those
        after them.
    """
    equation, data, saturated = estimate.equation, estimate.data, estimate.saturated()
    ways = Blend.of_likelihood(estimate.noise)
    if horizon is not None:
        size = torch.as_tensor(scaling.region_size).to(saturated)
        ways = blend(estimate, saturated, size, horizon)
    fitted = usual_surprise(estimate, saturated)
    regional, equation.level = ways.solve(data, saturated, estimate.solution)
    c, k = data.channels, data.inputs.control.shape[-1]
    equation.media = regional[..., :c].clone()
    equation.control = regional[..., c : c + k].clone()
    equation.season = regional[..., c + k :].clone()
    return fitted, fitted if ways.surprise is None else ways.surprise


def usual_surprise(estimate: Estimate, saturated: Tensor) -> float:
    """Return the 90 % quantile of the first member's innovations, 1 to 3.

    They have unit variance but heavier tails than the normal distribution, so it takes the place
    of 1.64.
    """
    data, solution = estimate.data, estimate.solution.repeat(1)
    problem = data.first.problem(estimate.noise)
    innovation = problem.innovation(saturated[:1], solution.regional, solution.common)[0]
    known = innovation[data.observed > 0].abs()
    return float(known.quantile(0.9).clamp(1.0, 3.0)) if len(known) else 1.0


@contextmanager
def _threads(cells: int) -> Iterator[None]:
    """Compute with no more threads than this many cells keep busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, min(before, cells // _PER_THREAD)))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def silent(stage: str, fraction: float) -> None:
    """Report to nobody."""
