"""Fitting the equation: noise by likelihood, linear part solved, the rest by gradients.

For every value of the adstock, the saturation and the GRU, the best coefficients are known
in closed form (variable projection), and by the envelope theorem the gradient of the loss is
the gradient with these coefficients held fixed. So the optimiser searches few parameters and
needs few steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from mmm_model.equation import NONLINEAR, Equation, Inputs
from mmm_model.fitted import FittedModel, inputs_of
from mmm_model.graph import ChannelGraph, GraphSettings, learn_graph
from mmm_model.noise import NoiseModel, Whitening, learn_ratios, ordinary_weeks, reweigh
from mmm_model.panel import Floats, Panel
from mmm_model.scaling import Scaling, fitted_weeks
from mmm_model.settings import ModelSettings
from mmm_model.solving import LinearProblem, Prior, Solution

Progress = Callable[[str, float], None]

_HUBER = 2.5
_PRIOR_CENTRE = {"carryover": -0.8, "delay": -2.0, "slope": -0.5, "half_saturation": 0.0}
_PRIOR_SPREAD = {"carryover": 1.0, "delay": 1.0, "slope": 1.0, "half_saturation": 0.7}
# A fifth more or less effect in some weeks must gain about five units of log-likelihood.
_MODULATION_PRECISION = 150.0
_MEDIA_SHARE = 0.25
_RETURN_SPREAD = 1.0
_HIERARCHY = True
_CONTROL_SPREAD = 0.1
# One year cannot tell the time of the year from a trend or a plan.
_WEEKS_FOR_SEASON = 104


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
    warm_start: FittedModel | None = None,
) -> Training:
    """Fit twice: without the KPI of the last weeks, to be scored on them, and with it.

    Parameters
    ----------
    panel
        Data; its last ``settings.holdout_weeks`` weeks are the holdout.
    settings
        Of the response model.
    graph_settings
        Of the channel graph, which is learned from media alone; None learns none.
    progress
        Called with a stage in words and the fraction of it that is done.
    warm_start
        Earlier model to start from; ignored where its channels or settings differ.

    Raises
    ------
    ValueError
        If no KPI would be left to learn from.
    """
    settings = settings or ModelSettings()
    report = progress or (lambda stage, fraction: None)
    graph = None
    if graph_settings is not None:
        graph = learn_graph(panel, graph_settings, report)
    final, final_history = fit(panel, settings, graph, report, "final fit", warm_start)
    holdout, history = final, []
    if settings.holdout_weeks:
        hidden = panel.hide_tail(settings.holdout_weeks)
        holdout, history = fit(hidden, settings, graph, report, "holdout fit", warm_start)
    return Training(holdout, final, _history({"holdout": history, "final": final_history}))


def fit(
    panel: Panel,
    settings: ModelSettings,
    graph: ChannelGraph | None = None,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedModel | None = None,
) -> tuple[FittedModel, list[dict[str, float]]]:
    """Fit the model to the observed KPI of a panel.

    Returns
    -------
    model
        The fitted ensemble.
    history
        Terms of the loss at each step, averaged over members.

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
    past = panel.head(weeks)
    scaling = Scaling.of(past)
    torch.manual_seed(settings.seed)
    inputs = inputs_of(past, scaling, weeks, settings.harmonics, settings.device)
    data = _Data.of(past, scaling, inputs, settings)
    equation = _start(settings, data, warm_start, panel)
    noise, solution = _learn_noise(equation, data)
    problem = data.problem(noise, data.weight)
    history = _search(equation, problem, data, solution, progress, stage)
    noise, solution = _finish(equation, data, noise, solution)
    _store(equation, data, noise, solution)
    model = FittedModel.of(panel, settings, scaling, equation, noise, graph)
    return model, history


@dataclass(frozen=True)
class _Data:
    inputs: Inputs
    target: Tensor
    observed: Tensor
    fixed: Tensor
    weight: Tensor
    spend_share: Tensor
    spend_known: bool

    @classmethod
    def of(cls, panel: Panel, scaling: Scaling, inputs: Inputs, settings: ModelSettings) -> _Data:
        like = inputs.exposure
        regions, weeks = panel.kpi.shape
        season = inputs.harmonic.expand(regions, -1, -1)
        return cls(
            inputs=inputs,
            target=torch.as_tensor(scaling.kpi(panel)).to(like),
            observed=torch.as_tensor(panel.observed).to(like),
            fixed=torch.cat([inputs.control, season], dim=-1),
            weight=torch.as_tensor(block_bootstrap(weeks, settings)).to(like),
            spend_share=torch.as_tensor(_spend_share(panel)).to(like),
            spend_known=bool(panel.has_spend.all()),
        )

    @property
    def channels(self) -> int:
        return self.inputs.exposure.shape[-1]

    def problem(self, noise: NoiseModel, weight: Tensor) -> LinearProblem:
        return LinearProblem(Whitening.of(noise), self.target, self.fixed, weight, self.channels)

    def prior(self, saturated: Tensor, solution: Solution | None = None) -> Prior:
        """Weak: a channel's share of the KPI is of the order of its share of spend."""
        share = saturated.mean((1, 2)).clamp_min(1e-6)
        spread = _MEDIA_SHARE * self.spend_share.clamp_min(0.2 / self.channels)
        mean = torch.zeros_like(share)
        if _HIERARCHY and self.spend_known:
            total = share.new_full((len(share), 1), 0.5 * _MEDIA_SHARE)
            if solution is not None:
                total = (solution.pooled[:, : self.channels] * share).sum(1, keepdim=True)
            expected = total.clamp(0.02, 0.6) * self.spend_share.clamp_min(0.2 / self.channels)
            mean, spread = expected / share, _RETURN_SPREAD * expected
        rest = self.fixed.shape[-1]
        precision = torch.cat(
            [(share / spread) ** 2, share.new_full((len(share), rest), _CONTROL_SPREAD**-2)], dim=1
        )
        padding = share.new_zeros(len(share), rest)
        return Prior(torch.cat([mean, padding], dim=1), precision)


def block_bootstrap(weeks: int, settings: ModelSettings) -> Floats:
    """Weights ``[M, W]`` of the weeks with mean one: ones, then resampled blocks of weeks.

    Blocks keep what hangs together in time together; all regions share them, as shocks do.
    """
    rng = np.random.default_rng(settings.seed)
    size = min(settings.block_weeks, max(weeks // 4, 1))
    weight = np.ones((settings.members, weeks))
    for member in range(1, settings.members):
        starts = rng.integers(0, weeks, -(-weeks // size))
        drawn = (starts[:, None] + np.arange(size)).ravel()[:weeks] % weeks
        weight[member] = 0.1 + 0.9 * np.bincount(drawn, minlength=weeks)
    return weight


def _spend_share(panel: Panel) -> Floats:
    """``[C]`` share of spend, an equal share where spend is unknown."""
    equal = 1.0 / max(len(panel.channels), 1)
    spend = np.where(panel.has_spend, np.nansum(panel.spend, axis=(0, 1)), np.nan)
    known = spend > 0
    share = np.full(len(spend), equal)
    if known.any():
        share[known] = known.sum() * equal * spend[known] / spend[known].sum()
    return share


def _start(
    settings: ModelSettings, data: _Data, warm_start: FittedModel | None, panel: Panel
) -> Equation:
    """Return the equation at the centre of the priors; each member has a centre of its own."""
    regions, _, channels = data.inputs.exposure.shape
    controls = data.inputs.control.shape[-1]
    equation = Equation(settings, (settings.members, regions, channels, controls))
    generator = torch.Generator().manual_seed(settings.seed)
    for name in NONLINEAR:
        draw = torch.randn(settings.members, channels, generator=generator)
        draw[0] = 0.0
        centre = _PRIOR_CENTRE[name] + 0.7 * _PRIOR_SPREAD[name] * draw
        getattr(equation, name).data.copy_(centre)
        equation.register_buffer(f"prior_{name}", centre.clone(), persistent=False)
    for name in ("gru_input", "gru_hidden", "modulation"):
        if settings.hidden:
            parameter = getattr(equation, name)
            small = 0.01 if name == "modulation" else parameter.shape[-1] ** -0.5
            parameter.data.copy_(small * torch.randn(parameter.shape, generator=generator))
    if warm_start is not None and warm_start.channels == panel.channels:
        saved = warm_start.state
        for name, parameter in equation.named_parameters():
            if name in saved and saved[name].shape == tuple(parameter.shape):
                parameter.data.copy_(torch.as_tensor(saved[name]))
    return equation.to(data.inputs.exposure)


def _learn_noise(equation: Equation, data: _Data) -> tuple[NoiseModel, Solution]:
    """Variances and outliers at the start of the search, from the member without bootstrap."""
    with torch.no_grad():
        saturated = equation.saturated(data.inputs)[:1]
        ones = torch.ones_like(data.weight[:1])
        noise = ordinary_weeks(data.target, data.observed)
        solution = data.problem(noise, ones).start(1)
        for _ in range(3):
            noise = learn_ratios(
                noise,
                lambda n: data.problem(n, ones).log_likelihood(
                    saturated, data.prior(saturated), solution.deviation
                )[0],
            )
            problem = data.problem(noise, ones)
            solution = problem.solve(saturated, data.prior(saturated), solution, 4, True)
            noise = _reweighed(problem, data, saturated, solution)
    return noise, solution


def _reweighed(
    problem: LinearProblem, data: _Data, saturated: Tensor, solution: Solution
) -> NoiseModel:
    """Variances by region and outliers from what the first member leaves over."""
    innovation = problem.innovation(
        problem.design(saturated[:1]), solution.regional[:1], solution.common[:1]
    )
    level = problem.whitening.level(innovation, data.target.shape[1])[0]
    columns = torch.cat([saturated[0], data.fixed], dim=-1)
    explained = (columns @ solution.regional[0][..., None])[..., 0]
    residual = data.target - explained - level - solution.common[0]
    return reweigh(problem.whitening.noise, data.observed, innovation[0], residual)


def _search(
    equation: Equation,
    problem: LinearProblem,
    data: _Data,
    solution: Solution,
    progress: Progress | None,
    stage: str,
) -> list[dict[str, float]]:
    """Improve the parameters that are not linear, coefficients solved again at every step."""
    settings = equation.settings
    parameters = list(equation.parameters())
    optimiser = torch.optim.Adam(parameters, settings.learning_rate, betas=(0.8, 0.95))
    steps = settings.steps
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    solution = _for_members(solution, settings.members)
    history = []
    for step in range(steps):
        saturated = equation.saturated(data.inputs)
        with torch.no_grad():
            prior = data.prior(saturated, solution)
            solution = problem.solve(saturated, prior, solution, rounds=1)
        terms = _loss(equation, problem, saturated, solution, data)
        optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        nn.utils.clip_grad_norm_(parameters, 10.0 * settings.members)
        optimiser.step()
        schedule.step()
        history.append({name: value.detach() for name, value in terms.items()})
        if progress and step % 5 == 0:
            progress(stage, (step + 1) / steps)
    if progress:
        progress(stage, 1.0)
    return [
        {name: float(value) / settings.members for name, value in terms.items()}
        for terms in history
    ]


def _loss(
    equation: Equation,
    problem: LinearProblem,
    saturated: Tensor,
    solution: Solution,
    data: _Data,
) -> dict[str, Tensor]:
    """Minus the logarithm of the posterior, by term, summed over members."""
    regional = solution.regional[:, :, None]
    c = data.channels
    media = (saturated * regional[..., :c]).sum(-1)
    with torch.no_grad():
        zero = torch.zeros_like(saturated)
        target = problem.innovation(problem.design(zero), solution.regional, solution.common)
    white = torch.einsum("rts,mrs->mrt", problem.whitening.region, media)
    huber = nn.functional.huber_loss(
        target - white, torch.zeros_like(white), reduction="none", delta=_HUBER
    )
    terms = {"fit": (problem.weight[:, None] * huber).sum()}
    terms["prior"] = sum(
        (
            0.5
            * ((getattr(equation, name) - getattr(equation, f"prior_{name}")) / _PRIOR_SPREAD[name])
            .square()
            .sum()
            for name in NONLINEAR
        ),
        start=white.new_zeros(()),
    )
    if equation.settings.hidden:
        terms["gru"] = (
            0.5 * _MODULATION_PRECISION * problem.regions * equation.modulation.square().sum()
        )
        terms["gru"] = terms["gru"] + 0.5 * sum(
            (w.square().sum() for w in (equation.gru_input, equation.gru_hidden)),
            start=white.new_zeros(()),
        )
    return terms


def _for_members(solution: Solution, members: int) -> Solution:
    """Repeat a solution of one member."""
    return Solution(
        pooled=solution.pooled[:1].repeat(members, 1),
        deviation=solution.deviation[:1].repeat(members, 1, 1),
        common=solution.common[:1].repeat(members, 1),
        spread=solution.spread,
    )


def _finish(
    equation: Equation, data: _Data, noise: NoiseModel, solution: Solution
) -> tuple[NoiseModel, Solution]:
    """Coefficients for the parameters that were found, variances and outliers once more."""
    with torch.no_grad():
        saturated = equation.saturated(data.inputs)
        ones = torch.ones_like(data.weight[:1])
        problem = data.problem(noise, ones)
        first = problem.solve(saturated[:1], data.prior(saturated[:1], solution), solution, 4, True)
        noise = _reweighed(problem, data, saturated, first)
        problem = data.problem(noise, data.weight)
        members = _for_members(first, len(saturated))
        return noise, problem.solve(saturated, data.prior(saturated, members), members, rounds=4)


def _store(equation: Equation, data: _Data, noise: NoiseModel, solution: Solution) -> None:
    """Write the coefficients and the level they leave into the equation."""
    c, k = data.channels, data.inputs.control.shape[-1]
    with torch.no_grad():
        saturated = equation.saturated(data.inputs)
        problem = data.problem(noise, data.weight)
        regional = solution.regional
        innovation = problem.innovation(problem.design(saturated), regional, solution.common)
        weeks = data.target.shape[1]
        level = problem.whitening.level(innovation, weeks)
        shared = problem.whitening.common_level(solution.common, weeks)
        equation.media = regional[..., :c].clone()
        equation.control = regional[..., c : c + k].clone()
        equation.season = regional[..., c + k :].clone()
        equation.level = level + shared[:, None]


def _history(fits: dict[str, list[dict[str, float]]]) -> pd.DataFrame:
    """Long table of the losses, with the total."""
    rows = [
        (name, step, term, loss)
        for name, steps in fits.items()
        for step, terms in enumerate(steps)
        for term, loss in {**terms, "total": sum(terms.values())}.items()
    ]
    return pd.DataFrame(rows, columns=["fit", "step", "term", "loss"])
