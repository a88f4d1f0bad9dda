"""Fitting the equation: noise by likelihood, linear part solved, the rest by gradients.

First how much levels drift and regions differ, by the likelihood at the centre of the priors;
then the search; then coefficients and levels for what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import torch
from torch import Tensor

from mmm_model.equation.equation import Equation
from mmm_model.equation.scaling import Scaling, fitted_weeks
from mmm_model.fit.driven_channels import DrivenChannel, delays, target_panel
from mmm_model.fit.fitted_model import FittedModel, inputs_of
from mmm_model.fit.kernel_bank import choose_kernels
from mmm_model.fit.level_dynamics import Blend, blend
from mmm_model.fit.lift_tests import LiftTest, confront, experiments_of, within
from mmm_model.fit.linear_part import LinearProblem, Solution
from mmm_model.fit.noise import NoiseModel, learn_ratios, ordinary_weeks, reweigh
from mmm_model.fit.observations import Observations
from mmm_model.fit.return_spread import learn_return_spread
from mmm_model.fit.search import initial_equation, saturated_media, search
from mmm_model.graph import ChannelGraph, GraphSettings, learn_graph
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

Progress = Callable[[str, float], None]

# One year cannot tell the time of the year from a trend or a plan.
_WEEKS_FOR_SEASON = 104
# Cells of members' exposure that keep a thread busy; with fewer, threads wait for each other.
_PER_THREAD = 200_000
# More regions hardly say more about how fast levels move.
_MOST_REGIONS = 100


@dataclass(frozen=True)
class Training:
    """Result of a training.

    Parameters
    ----------
    holdout
        Model that saw no KPI of the held-out weeks.
    final
        Model of all weeks.
    history
        Losses: ``fit``, ``step``, ``term``, ``loss``.
    """

    holdout: FittedModel
    final: FittedModel
    history: pd.DataFrame


def train(
    panel: Panel,
    settings: ModelSettings | None = None,
    graph_settings: GraphSettings | None = None,
    progress: Progress | None = None,
    warm_start: Training | None = None,
    lift_tests: Sequence[LiftTest] = (),
) -> Training:
    """Fit twice: without the KPI of the last weeks, to be scored on them, and with it.

    Parameters
    ----------
    panel
        Data; its last ``settings.holdout_weeks`` weeks are the holdout.
    settings
        Of the response model.
    graph_settings
        Of the channel graph, which is learned from media and controls, with the KPI of the
        week before taken out as a sign of demand; None learns none. Controls that it finds
        media to drive, and instruments, are left out of the response.
    progress
        Called with a stage in words and the fraction of it that is done.
    warm_start
        Training of an earlier week to start the search from, fit by fit, so that the holdout
        fit starts from one that saw no held-out week either; ignored where channels or sizes
        differ.
    lift_tests
        Experiments that the estimates should agree with; the holdout fit reads those that
        were over before the holdout.

    Raises
    ------
    ValueError
        If no KPI would be left to learn from, or a test does not fit the panel.
    """
    settings = settings or ModelSettings()
    report = progress or _silent

    def start_of(name: str) -> FittedModel | None:
        return getattr(warm_start, name) if warm_start is not None else None

    hidden = panel.hide_tail(settings.holdout_weeks)
    graph, adjusted = None, panel.controls
    if graph_settings is not None:
        # Both fits take their controls from it, and one of them must not know the last weeks.
        graph = learn_graph(hidden, graph_settings, report)
        adjusted = response_controls(panel.controls, graph, graph_settings)
    known, hidden = panel.with_controls(adjusted), hidden.with_controls(adjusted)
    start = start_of("final")
    final, losses = fit(known, settings, graph, report, "final fit", start, lift_tests)
    if graph is not None:
        final = replace(final, driven=fit_driven(panel, graph, settings, report))
    if not settings.holdout_weeks:
        return Training(final, final, _history({"final": losses}))
    earlier = within(lift_tests, panel, len(panel.weeks) - settings.holdout_weeks)
    start = start_of("holdout")
    holdout, held_losses = fit(hidden, settings, None, report, "holdout fit", start, earlier)
    return Training(holdout, final, _history({"holdout": held_losses, "final": losses}))


def response_controls(
    controls: tuple[str, ...], graph: ChannelGraph, settings: GraphSettings
) -> tuple[str, ...]:
    """Return the controls that the response is adjusted for, in their order.

    Neither those that media drive, unless the settings keep them, nor instruments.
    """
    left_out = set(settings.instruments)
    if not settings.keep_driven_controls:
        left_out.update(graph.driven_controls())
    return tuple(name for name in controls if name not in left_out)


def fit_driven(
    panel: Panel, graph: ChannelGraph, settings: ModelSettings, progress: Progress | None = None
) -> tuple[DrivenChannel, ...]:
    """Fit the structural equation of every channel that others drive, drivers first.

    A member of an equation sees the same resampled weeks as that member of the response.
    """
    # Effectiveness that drifts would take over what the drivers do, as a level does already.
    settings = replace(settings, gru_width=0, holdout_weeks=0)
    driven_by_media = graph.driven_controls()
    controls = tuple(name for name in panel.controls if name not in driven_by_media)
    found = []
    for target, first in delays(graph).items():
        sources, delay = tuple(first), tuple(first.values())
        own = target_panel(panel, target, sources, delay, controls)
        stage = f"what drives {target}"
        model, _ = fit(own, settings, None, progress, stage, forecasts=False)
        found.append(DrivenChannel(target, delay, model))
    return tuple(found)


def fit(
    panel: Panel,
    settings: ModelSettings,
    graph: ChannelGraph | None = None,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedModel | None = None,
    lift_tests: Sequence[LiftTest] = (),
    forecasts: bool = True,
) -> tuple[FittedModel, list[dict[str, float]]]:
    """Fit the model to the observed KPI of a panel.

    Parameters
    ----------
    panel, settings, progress, lift_tests
        As in `train`.
    graph
        That the model keeps.
    stage
        What progress calls this fit.
    warm_start
        An earlier fit to start the search from.
    forecasts
        Whether levels are to forecast well: that takes solving for several dynamics. False
        takes those of the likelihood, where only the media's response is asked for.

    Returns
    -------
    model
        The fitted ensemble.
    history
        Terms of the loss at each step, averaged over members.

    Raises
    ------
    ValueError
        If fewer than two weeks have a KPI, or a lift test does not fit the panel.
    """
    report = progress or _silent
    weeks = fitted_weeks(panel)
    if weeks < 2:
        raise ValueError(
            f"{weeks} week(s) with a KPI are left to learn from, at least 2 are needed"
        )
    if weeks < _WEEKS_FOR_SEASON:
        settings = replace(settings, harmonics=0)
    past = panel.head(weeks)
    scaling = Scaling.of(past)
    with _threads(panel.exposure.size * settings.members):
        torch.manual_seed(settings.seed)
        inputs = inputs_of(past, scaling, weeks, settings.harmonics, settings.device)
        data = Observations.of(past, scaling, inputs, settings)
        same = warm_start is not None and warm_start.channels == panel.channels
        equation = initial_equation(
            settings, data, warm_start.state if warm_start and same else None
        )
        noise, solution = _learn_noise(equation, data)
        problem = data.problem(noise, data.weight)
        if settings.steps and not same:
            choose_kernels(equation, problem, data)
        with torch.no_grad():
            data = learn_return_spread(data, noise, saturated_media(equation, data, members=1))
        history = search(equation, problem, data, solution, report, stage)
        noise, solution = _finish(equation, data, noise, solution)
        if lift_tests:
            tested = experiments_of(lift_tests, past, scaling, settings.lag_weeks, inputs.exposure)
            prior = data.prior(saturated_media(equation, data), solution)
            evidence = confront(tested, equation, solution, prior, settings.seed)
            data = replace(data, evidence=evidence)
            problem = data.problem(noise, data.weight)
            history += search(equation, problem, data, solution, report, f"{stage}, lift tests")
            with torch.no_grad():
                data = replace(data, evidence=evidence.at(equation))
            for _ in range(2):  # what a region's own data say moves against its tests
                noise, solution = _finish(equation, data, noise, solution.repeat(1))
        with torch.no_grad():
            saturated = saturated_media(equation, data)
            ways = Blend.of_likelihood(noise)
            if forecasts:
                size = torch.as_tensor(scaling.region_size).to(saturated)
                ways = blend(data, noise, saturated, solution, size, settings.holdout_weeks)
            usual = _store(equation, data, noise, solution, ways)
    surprise = (usual, usual if ways.surprise is None else ways.surprise)
    model = FittedModel.of(panel, settings, scaling, equation, noise, surprise, graph)
    if data.evidence is not None:
        model = replace(model, lift=data.evidence.readings(equation))
    return model, history


@contextmanager
def _threads(cells: int) -> Iterator[None]:
    """Compute with no more threads than this many cells keep busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, min(before, cells // _PER_THREAD)))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _learn_noise(equation: Equation, data: Observations) -> tuple[NoiseModel, Solution]:
    """Variances and outliers at the start of the search, from the member without bootstrap."""
    with torch.no_grad():
        saturated = saturated_media(equation, data, members=1)
        ones = torch.ones_like(data.weight[:1])
        noise = ordinary_weeks(data.target, data.observed)
        solution = data.problem(noise, ones).start(1)
        rows, weeks = data.sample(_MOST_REGIONS), noise.weeks
        some, media = data.part(rows, weeks), saturated[:, rows]
        for _ in range(3):
            begin = solution.part(rows, weeks)
            learnt = learn_ratios(
                noise.part(rows, weeks), partial(_log_likelihood, some, media, begin)
            )
            noise = noise.with_ratios_of(learnt)
            problem = data.problem(noise, ones)
            solution = problem.solve(saturated, data.prior(saturated), solution, 4, True)
            noise = _reweighed(problem, data, saturated, solution)
    return noise, solution


def _reweighed(
    problem: LinearProblem, data: Observations, saturated: Tensor, solution: Solution
) -> NoiseModel:
    """Variances by region and outliers from what the first member leaves over."""
    first, regional, common = saturated[:1], solution.regional[:1], solution.common[:1]
    innovation = problem.innovation(first, regional, common)
    level = problem.whitening.level(innovation, data.target.shape[1])[0]
    residual = data.target - problem.explained(first, regional)[0] - level - common[0]
    return reweigh(problem.whitening.noise, data.observed, innovation[0], residual)


def _log_likelihood(
    data: Observations, saturated: Tensor, solution: Solution, noise: NoiseModel
) -> Tensor:
    """Logarithm of the likelihood of a noise model, all else given."""
    problem = data.problem(noise, torch.ones_like(data.weight[:1]))
    return problem.log_likelihood(saturated, data.prior(saturated), solution.deviation)[0]


def _finish(
    equation: Equation, data: Observations, noise: NoiseModel, solution: Solution
) -> tuple[NoiseModel, Solution]:
    """Coefficients for the parameters that were found, variances and outliers once more."""
    with torch.no_grad():
        saturated = saturated_media(equation, data)
        ones = torch.ones_like(data.weight[:1])
        problem = data.problem(noise, ones)
        first = problem.solve(saturated[:1], data.prior(saturated[:1], solution), solution, 4, True)
        noise = _reweighed(problem, data, saturated, first)
        problem = data.problem(noise, data.weight)
        members = first.repeat(len(saturated))
        return noise, problem.solve(saturated, data.prior(saturated, members), members, rounds=4)


def _store(
    equation: Equation, data: Observations, noise: NoiseModel, solution: Solution, ways: Blend
) -> float:
    """Write coefficients and levels into the equation; return how large surprises are.

    Innovations have unit variance but heavier tails than the normal distribution, so their own
    90 % quantile takes the place of 1.64.
    """
    c, k = data.channels, data.inputs.control.shape[-1]
    saturated = saturated_media(equation, data)
    problem = data.problem(noise, data.weight)
    innovation = problem.innovation(saturated, solution.regional, solution.common)
    regional, equation.level = ways.solve(data, saturated, solution)
    equation.media = regional[..., :c].clone()
    equation.control = regional[..., c : c + k].clone()
    equation.season = regional[..., c + k :].clone()
    known = innovation[0][data.observed > 0].abs()
    return float(known.quantile(0.9).clamp(1.0, 3.0)) if len(known) else 1.0


def _silent(stage: str, fraction: float) -> None:
    """Report to nobody."""


def _history(fits: dict[str, list[dict[str, float]]]) -> pd.DataFrame:
    """Long table of the losses, with the total."""
    rows = [
        (name, step, term, loss)
        for name, steps in fits.items()
        for step, terms in enumerate(steps)
        for term, loss in {**terms, "total": sum(terms.values())}.items()
    ]
    return pd.DataFrame(rows, columns=["fit", "step", "term", "loss"])
