"""Shapes that a posterior averages over: values of a family's parameters, and their prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from mmm_model.equation.shape_parameter import ShapeParameter
from mmm_model.panel import Floats

# Standard deviations from a prior's centre at which a parameter is tried.
_STEPS = (-1.6, -0.8, 0.0, 0.8, 1.6)


@dataclass(frozen=True)
class ShapeGrid:
    """N shapes of one family.

    Parameters
    ----------
    values
        ``[N, P]`` the family's parameters in natural units.
    weight
        ``[N]`` prior probabilities; they add up to one.
    kind
        ``[N]`` kinds 0, 1, …: how common each kind is, is learned over the channels.
    """

    values: Floats
    weight: Floats
    kind: np.ndarray

    @classmethod
    def by_prior(
        cls, parameters: Sequence[ShapeParameter], points: Sequence[Sequence[float]]
    ) -> ShapeGrid:
        """Weigh points ``[N, P]`` by the density of the parameters' priors; all of one kind."""
        values = np.array(points, dtype=float)
        score = np.zeros(len(values))
        for position, parameter in enumerate(parameters):
            own = parameter.link.unbounded(torch.from_numpy(values[:, position].copy()))
            score += (((own - parameter.centre(own)) / parameter.prior.spread) ** 2).numpy()
        weight = np.exp(-0.5 * score)
        return cls(values, weight / weight.sum(), np.zeros(len(values), dtype=int))

    @classmethod
    def around_prior(cls, parameters: Sequence[ShapeParameter]) -> ShapeGrid:
        """Try every parameter around the centre of its prior, in all combinations."""
        tried = []
        for parameter in parameters:
            step = torch.tensor(_STEPS, dtype=torch.float64) * parameter.prior.spread
            tried.append(parameter.link.natural(parameter.centre(step) + step).tolist())
        return cls.by_prior(parameters, list(product(*tried)))
