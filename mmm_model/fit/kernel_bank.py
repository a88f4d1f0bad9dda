"""Where the search starts: every channel's adstock kernel out of a bank.

A channel whose coefficient is held at zero gives no gradient, so a search that starts at the
wrong lag can lose the channel for good, and another one takes its effect. With the moments of
all kernels at hand, another kernel is one small bounded regression away; channels are tried
one after the other until none changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmm_model.equation.equation import Equation
from mmm_model.fit.bounded_ridge import bounded_ridge
from mmm_model.fit.linear_part import LinearProblem
from mmm_model.fit.observations import Observations

# Turns over the channels, at most.
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
    moments = BankMoments.of(problem, _saturated(equation, bank, data), len(bank))
    penalty = _penalty(equation, bank)  # [M, C, G]
    chosen = penalty.argmin(-1)  # [M, C]
    for _ in range(_SWEEPS):
        before = chosen.clone()
        for channel in range(data.channels):
            trial = chosen[:, None].repeat(1, len(bank), 1)  # [M, G, C]
            trial[:, :, channel] = torch.arange(len(bank), device=trial.device)
            loss = moments.loss(trial, data) + penalty[:, channel]
            chosen[:, channel] = loss.argmin(-1)
        if bool((chosen == before).all()):
            break
    for position, parameter in enumerate(equation.adstock.parameters):
        getattr(equation, parameter.name).data.copy_(bank[chosen, position])


@dataclass(frozen=True)
class BankMoments:
    """Moments of every channel with each of G kernels, and of the F fixed columns after them.

    Parameters
    ----------
    gram, moment
        ``[M, C·G + F, C·G + F]`` of the columns with each other, ``[M, C·G + F]`` with the KPI.
    typical
        ``[C, G]`` mean saturated exposure.
    """

    gram: Tensor
    moment: Tensor
    typical: Tensor

    @classmethod
    def of(
        cls, problem: LinearProblem, parts: Iterable[tuple[slice, Tensor]], kernels: int
    ) -> BankMoments:
        """Take the moments of regions and their media ``[r, W, C·G]``."""
        gram, moment, mean = problem.pooled_moments(parts)
        return cls(gram, moment, mean.reshape(-1, kernels))

    def loss(self, trial: Tensor, data: Observations) -> Tensor:
        """Minus the log-posterior with the best coefficients, up to a constant.

        Parameters
        ----------
        trial
            ``[M, T, C]`` which kernel each channel has, T trials.

        Returns
        -------
        Tensor
            ``[M, T]``.
        """
        members, trials, channels = trial.shape
        kernels = self.typical.shape[1]
        channel = torch.arange(channels, device=trial.device)
        fixed = torch.arange(channels * kernels, self.gram.shape[-1], device=trial.device)
        media = kernels * channel + trial
        column = torch.cat([media, fixed.expand(members, trials, -1)], dim=-1)  # [M, T, C + F]
        member = torch.arange(members, device=trial.device)[:, None, None]
        gram = self.gram[member[..., None], column[..., :, None], column[..., None, :]]
        # To the prior every trial is a member of its own.
        prior = data.prior(self.typical[channel, trial].reshape(-1, 1, 1, channels))
        precision = prior.precision.reshape(members, trials, -1)
        mean = prior.mean.reshape(members, trials, -1)
        gram = gram + torch.diag_embed(precision)
        moment = self.moment[member, column] + precision * mean
        theta = bounded_ridge(gram, moment, torch.arange(gram.shape[-1]).to(column) < channels)
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
