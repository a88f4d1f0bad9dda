"""A fit on its way: what its stages hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mmm_model.equation.equation import Equation
from mmm_model.fit.coefficients import Solution
from mmm_model.fit.linear_part import LinearProblem
from mmm_model.fit.noise import NoiseModel
from mmm_model.fit.observations import Observations


@dataclass(frozen=True)
class Estimate:
    """What is known of the equation at a stage of the fit.

    Parameters
    ----------
    equation
        With the parameters that are searched; the search moves them in place.
    data
        What is fitted, and what is expected of its coefficients.
    noise
        What the equation leaves over.
    solution
        The linear part, of the first member alone or of all.
    """

    equation: Equation
    data: Observations
    noise: NoiseModel
    solution: Solution

    @cached_property
    def problem(self) -> LinearProblem:
        """The linear part under this noise, for members with weights of their own."""
        return self.data.problem(self.noise)

    def saturated(self) -> Tensor:
        """``[M, R, W, C]`` saturated media without derivatives, a batch of regions at a time."""
        return saturated_media(self.equation, self.data)


def saturated_media(equation: Equation, data: Observations, members: int | None = None) -> Tensor:
    """``[M, R, W, C]`` saturated media of the first ``members``, without derivatives.

    One batch of regions after the other, so that what lies between fits in memory.
    """
    weeks = data.target.shape[1]
    with torch.no_grad():
        parts = [
            equation.saturated(data.part(rows, weeks).inputs)[:members] for rows in data.batches()
        ]
    return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
