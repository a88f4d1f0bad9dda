"""The search for what is not linear: adstock, saturation and the GRU.

For every value of these the best coefficients are known in closed form (variable
projection), and by the envelope theorem the gradient of the loss is the gradient with these
coefficients held fixed. So the optimiser searches few parameters and needs few steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from mmm_model import priors
from mmm_model.equation.equation import Equation
from mmm_model.fit.coefficients import Solution
from mmm_model.fit.estimate import Estimate, saturated_media
from mmm_model.fit.linear_part import LinearProblem
from mmm_model.fit.observations import Observations
from mmm_model.panel import Floats
from mmm_model.settings import ModelSettings

# Of the GRU's output weights before the search: large enough for a gradient to pass.
_FIRST_MODULATION = 0.01
_REPORT_EVERY = 5  # steps


def initial_equation(
    settings: ModelSettings, data: Observations, warm_start: dict[str, Floats] | None
) -> Equation:
    """Return the equation at the centre of the priors; each member has a centre of its own."""
    regions, _, channels = data.inputs.exposure.shape
    controls = data.inputs.control.shape[-1]
    equation = Equation(settings, (settings.members, regions, channels, controls))
    generator = torch.Generator().manual_seed(settings.seed)
    for own in equation.shape_parameters:
        draw = torch.randn(settings.members, channels, generator=generator)
        draw[0] = 0.0
        centre = own.centre(draw) + priors.MEMBER_CENTRES * own.prior.spread * draw
        getattr(equation, own.name).data.copy_(centre)
        equation.register_buffer(f"prior_{own.name}", centre.clone(), persistent=False)
    for name in ("gru_input", "gru_hidden", "modulation"):
        if settings.gru_width:
            parameter = getattr(equation, name)
            small = _FIRST_MODULATION if name == "modulation" else parameter.shape[-1] ** -0.5
            parameter.data.copy_(small * torch.randn(parameter.shape, generator=generator))
    for name, parameter in equation.named_parameters():
        saved = (warm_start or {}).get(name)
        if saved is not None and saved.shape == tuple(parameter.shape):
            parameter.data.copy_(torch.as_tensor(saved))
    return equation.to(data.inputs.exposure)


def search(
    estimate: Estimate, progress: Callable[[str, float], None], stage: str
) -> list[dict[str, float]]:
    """Improve the parameters that are not linear, coefficients solved again at every step.

    Parameters
    ----------
    estimate
        Where the search starts; the parameters of its equation are changed in place.
    progress, stage
        As in `fit_by_search`.

    Returns
    -------
    list of dict
        Terms of the loss at each step, averaged over members.
    """
    equation, data, problem = estimate.equation, estimate.data, estimate.problem
    settings, solution = equation.settings, estimate.solution
    if len(solution.pooled) != settings.members:
        solution = solution.repeat(settings.members)
    parameters = [own for own in equation.parameters() if own.requires_grad]
    optimiser = torch.optim.Adam(parameters, settings.learning_rate, betas=(0.8, 0.95))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(settings.steps, 1))
    history = []
    for step in range(settings.steps):
        if data.evidence is not None:
            data = replace(data, evidence=data.evidence.at(equation))
        optimiser.zero_grad()
        terms, solution = _descend(equation, data, problem, solution)
        nn.utils.clip_grad_norm_(parameters, 10.0 * settings.members)
        optimiser.step()
        schedule.step()
        history.append(terms)
        if step % _REPORT_EVERY == 0:
            progress(stage, (step + 1) / settings.steps)
    progress(stage, 1.0)
    return [
        {name: float(value) / settings.members for name, value in terms.items()}
        for terms in history
    ]


def _descend(
    equation: Equation, data: Observations, problem: LinearProblem, solution: Solution
) -> tuple[dict[str, Tensor], Solution]:
    """Solve for the coefficients and add the gradient of the loss that is left.

    Returns
    -------
    terms
        Of the loss, summed over members.
    solution
        At the equation's present parameters.
    """
    # One batch keeps its derivatives from here to the loss. Of several, each is computed once
    # more there, so that memory holds the derivatives of one alone.
    whole = len(data.batches()) == 1
    with_graph = equation.saturated(data.inputs) if whole else None
    with torch.no_grad():
        saturated = with_graph if with_graph is not None else saturated_media(equation, data)
        solution = problem.solve(saturated, data.prior(saturated, solution), solution, rounds=1)
    terms = _prior_loss(equation, problem.regions)
    if data.evidence is not None:
        terms["lift_tests"] = data.evidence.loss(solution)
    torch.stack(list(terms.values())).sum().backward()
    fit = _backward_fit(equation, data, problem, solution, with_graph)
    return {name: value.detach() for name, value in (terms | {"fit": fit}).items()}, solution


def _backward_fit(
    equation: Equation,
    data: Observations,
    problem: LinearProblem,
    solution: Solution,
    saturated: Tensor | None,
) -> Tensor:
    """Add the gradient of the innovations' Huber loss; return the loss, summed over members.

    Parameters
    ----------
    saturated
        ``[M, R, W, C]`` saturated media with their derivatives; None computes them batch by
        batch.

    References
    ----------
    Huber (1964), "Robust Estimation of a Location Parameter".
    """
    weeks = data.target.shape[1]
    with torch.no_grad():
        target = problem.innovation_without_media(solution)
    total = target.new_zeros(())
    for rows in data.batches():
        own = saturated
        if own is None:
            own = equation.saturated(data.part(rows, weeks).inputs)
        media = (own * solution.regional[:, rows, None, : data.channels]).sum(-1)  # [M, r, W]
        white = problem.whiten.part(rows)(media.permute(1, 2, 0)).permute(2, 0, 1)
        huber = nn.functional.huber_loss(
            white, target[:, rows], reduction="none", delta=priors.SURPRISE_BEND
        )
        loss = (problem.weight[:, None] * huber).sum()
        loss.backward()
        total = total + loss.detach()
    return total


def _prior_loss(equation: Equation, regions: int) -> dict[str, Tensor]:
    """Minus the logarithm of the priors, by term, summed over members."""
    distances = [
        (getattr(equation, own.name) - getattr(equation, f"prior_{own.name}")) / own.prior.spread
        for own in equation.shape_parameters
    ]
    terms = {"prior": 0.5 * torch.stack(distances).square().sum()}
    if equation.settings.gru_width:
        weights = equation.gru_input.square().sum() + equation.gru_hidden.square().sum()
        freedom = priors.MODULATION_PRECISION * regions * equation.modulation.square().sum()
        terms["gru"] = 0.5 * (weights + freedom)
    return terms
