"""Where the search starts: every channel's adstock kernel out of a bank.

A channel whose coefficient is held at zero gives no gradient, so a search that starts at the
wrong lag can lose the channel for good, and another one takes its effect. With the moments of
all kernels at hand, another kernel is one small bounded regression away; channels are tried
one after the other until none changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from mmm_model.equation.equation import Equation
from mmm_model.fit.bounded_ridge import bounded_ridge
from mmm_model.fit.linear_part import LinearProblem
from mmm_model.fit.observations import Observations

_SWEEPS = 4


def choose_kernels(equation: Equation, problem: LinearProblem, data: Observations) -> None:
    """Set every member's adstock kernels to the most probable ones of the bank.

    Parameters
    ----------
    equation
        At the centre of its priors; the adstock's parameters are changed in place.
    problem, data
        What is fitted, with the members' weights; regions share their coefficients.
    """
    bank = _bank(equation)
    members, channels, count = len(equation.media), data.channels, len(bank)
    gram, moment, mean = problem.pooled_moments(_saturated(equation, bank, data))
    typical = mean.reshape(channels, count)
    fixed = torch.arange(channels * count, gram.shape[-1], device=gram.device)
    penalty = _penalty(equation, bank)
    chosen = penalty.argmin(-1)
    every, channel_at = (torch.arange(n, device=gram.device) for n in (count, channels))
    rows = torch.arange(members, device=gram.device)[:, None, None]
    for _ in range(_SWEEPS):
        before = chosen.clone()
        for channel in range(channels):
            trial = chosen[:, None].repeat(1, count, 1)
            trial[:, :, channel] = every
            media = count * channel_at + trial
            index = torch.cat([media, fixed.expand(members, count, -1)], dim=-1)
            loss = _loss(
                gram[rows[..., None], index[..., :, None], index[..., None, :]],
                moment[rows, index],
                typical[channel_at, trial],
                data,
            )
            chosen[:, channel] = (loss + penalty[:, channel]).argmin(-1)
        if bool((chosen == before).all()):
            break
    for position, parameter in enumerate(equation.adstock.parameters):
        getattr(equation, parameter.name).data.copy_(bank[chosen, position])


def _loss(gram: Tensor, moment: Tensor, typical: Tensor, data: Observations) -> Tensor:
    """Minus the log-posterior ``[M, G]`` with the best coefficients, up to a constant."""
    members, count, channels = typical.shape
    prior = data.prior(typical.reshape(-1, 1, 1, channels))
    precision = prior.precision.reshape(members, count, -1)
    mean = prior.mean.reshape(members, count, -1)
    gram = gram + torch.diag_embed(precision)
    moment = moment + precision * mean
    bounded = torch.arange(gram.shape[-1], device=gram.device) < channels
    theta = bounded_ridge(gram, moment, bounded)
    square = (theta * (gram @ theta[..., None])[..., 0]).sum(-1)
    return 0.5 * square - (theta * moment).sum(-1) + 0.5 * (precision * mean**2).sum(-1)


def _bank(equation: Equation) -> Tensor:
    """``[G, P]`` the adstock's parameters of each kernel, on the scale of the search."""
    natural = torch.tensor(equation.adstock.bank, dtype=torch.float64)
    links = [parameter.link for parameter in equation.adstock.parameters]
    columns = zip(links, natural.unbind(-1), strict=True)
    bank = torch.stack([link.unbounded(own) for link, own in columns], dim=-1)
    return bank.float().to(equation.media)  # as precise as the first values of all members


def _penalty(equation: Equation, bank: Tensor) -> Tensor:
    """Minus the logarithm of the priors of the kernels, ``[M, C, G]``."""
    penalties = [
        0.5
        * (
            (bank[:, position] - getattr(equation, f"prior_{parameter.name}")[..., None])
            / parameter.prior.spread
        ).square()
        for position, parameter in enumerate(equation.adstock.parameters)
    ]
    return torch.stack(penalties).sum(0)


def _saturated(
    equation: Equation, bank: Tensor, data: Observations
) -> Iterator[tuple[slice, Tensor]]:
    """Regions, and ``[r, W, C·G]`` channels by kernel, saturated as the first member is."""
    regions, weeks, channels = data.inputs.exposure.shape
    settings = replace(equation.settings, gru_width=0)
    model = Equation(settings, (len(bank), regions, channels, 0)).to(bank)
    for parameter in equation.saturation.parameters:
        first = getattr(equation, parameter.name).data[:1]
        getattr(model, parameter.name).data.copy_(first.expand(len(bank), -1))
    for position, parameter in enumerate(equation.adstock.parameters):
        own = bank[:, position, None].expand(-1, channels)
        getattr(model, parameter.name).data.copy_(own)
    for rows in data.batches(len(bank) * len(equation.media)):
        with torch.no_grad():
            saturated = model.saturated(data.part(rows, weeks).inputs)
        yield rows, saturated.permute(1, 2, 3, 0).flatten(2)
