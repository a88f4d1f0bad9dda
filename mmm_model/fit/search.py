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

from mmm_model.equation.equation import Equation
from mmm_model.fit.linear_part import LinearProblem, Solution
from mmm_model.fit.observations import Observations
from mmm_model.panel import Floats
from mmm_model.settings import ModelSettings

_HUBER = 2.5
# For each region; high, because a GRU that moves freely takes over what the media did.
_MODULATION_PRECISION = 150.0


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
        centre = own.centre(draw) + 0.7 * own.prior.spread * draw
        getattr(equation, own.name).data.copy_(centre)
        equation.register_buffer(f"prior_{own.name}", centre.clone(), persistent=False)
    for name in ("gru_input", "gru_hidden", "modulation"):
        if settings.gru_width:
            parameter = getattr(equation, name)
            small = 0.01 if name == "modulation" else parameter.shape[-1] ** -0.5
            parameter.data.copy_(small * torch.randn(parameter.shape, generator=generator))
    for name, parameter in equation.named_parameters():
        saved = (warm_start or {}).get(name)
        if saved is not None and saved.shape == tuple(parameter.shape):
            parameter.data.copy_(torch.as_tensor(saved))
    return equation.to(data.inputs.exposure)


def search(
    equation: Equation,
    problem: LinearProblem,
    data: Observations,
    solution: Solution,
    progress: Callable[[str, float], None],
    stage: str,
) -> list[dict[str, float]]:
    """Improve the parameters that are not linear, coefficients solved again at every step."""
    settings = equation.settings
    parameters = list(equation.parameters())
    optimiser = torch.optim.Adam(parameters, settings.learning_rate, betas=(0.8, 0.95))
    steps = settings.steps
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    if len(solution.pooled) != settings.members:
        solution = solution.repeat(settings.members)
    history = []
    for step in range(steps):
        saturated = saturated_media(equation, data, keep_graph=True)
        if data.evidence is not None:
            data = replace(data, evidence=data.evidence.at(equation))
        with torch.no_grad():
            prior = data.prior(saturated, solution)
            solution = problem.solve(saturated, prior, solution, rounds=1)
        optimiser.zero_grad()
        terms = _prior_loss(equation, problem.regions)
        if data.evidence is not None:
            terms["lift_tests"] = data.evidence.loss(solution)
        torch.stack(list(terms.values())).sum().backward()
        terms["fit"] = _fit_loss(equation, problem, saturated, solution, data)
        nn.utils.clip_grad_norm_(parameters, 10.0 * settings.members)
        optimiser.step()
        schedule.step()
        history.append({name: value.detach() for name, value in terms.items()})
        if step % 5 == 0:
            progress(stage, (step + 1) / steps)
    progress(stage, 1.0)
    return [
        {name: float(value) / settings.members for name, value in terms.items()}
        for terms in history
    ]


def saturated_media(
    equation: Equation, data: Observations, members: int | None = None, keep_graph: bool = False
) -> Tensor:
    """``[M, R, W, C]`` saturated media, one batch of regions after the other.

    ``keep_graph`` keeps the graph of derivatives where all regions are one batch.
    """
    batches = data.batches()
    weeks = data.target.shape[1]
    if keep_graph and len(batches) == 1:
        return equation.saturated(data.inputs)
    with torch.no_grad():
        parts = [equation.saturated(data.part(rows, weeks).inputs)[:members] for rows in batches]
    return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]


def _fit_loss(
    equation: Equation,
    problem: LinearProblem,
    saturated: Tensor,
    solution: Solution,
    data: Observations,
) -> Tensor:
    """Huber loss of the innovations, summed over members; adds its gradient."""
    weeks = data.target.shape[1]
    with torch.no_grad():
        target = problem.innovation_without_media(solution)
    total = target.new_zeros(())
    for rows in data.batches():
        own = saturated
        if not own.requires_grad:
            own = equation.saturated(data.part(rows, weeks).inputs)
        media = (own * solution.regional[:, rows, None, : data.channels]).sum(-1)
        white = problem.whiten.part(rows)(media.permute(1, 2, 0)).permute(2, 0, 1)
        huber = nn.functional.huber_loss(
            target[:, rows] - white, torch.zeros_like(white), reduction="none", delta=_HUBER
        )
        loss = (problem.weight[:, None] * huber).sum()
        if loss.requires_grad:
            loss.backward()
        total = total + loss.detach()
    return total


def _prior_loss(equation: Equation, regions: int) -> dict[str, Tensor]:
    """Minus the logarithm of the priors, by term, summed over members."""
    terms = {
        "prior": torch.stack(
            [
                (
                    (getattr(equation, p.name) - getattr(equation, f"prior_{p.name}"))
                    / p.prior.spread
                ).square()
                for p in equation.shape_parameters
            ]
        ).sum()
        * 0.5
    }
    if equation.settings.gru_width:
        weights = equation.gru_input.square().sum() + equation.gru_hidden.square().sum()
        freedom = _MODULATION_PRECISION * regions * equation.modulation.square().sum()
        terms["gru"] = 0.5 * (weights + freedom)
    return terms
