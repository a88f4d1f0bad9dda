"""Logistic saturation."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from mmm_model.equation.saturation.family import Saturation
from mmm_model.equation.shape_parameter import Positive, ShapeParameter
from mmm_model.priors import HALF_SATURATION
from mmm_model.settings import ModelSettings

_HALF = math.atanh(0.5)


class Family(Saturation):
    """``(1 − exp(−λx)) / (1 + exp(−λx)) = tanh(λx / 2)``, with half the ceiling at λx = log 3.

    The saturation of Jin et al. (2017) as PyMC-Marketing writes it; by its half-saturation in
    place of λ, so that its prior is the Hill curve's.
    """

    parameters = (ShapeParameter("half_saturation", Positive(), HALF_SATURATION),)

    def __init__(self, settings: ModelSettings) -> None:
        del settings  # nothing about this family can be chosen

    def share(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """``tanh(atanh(½) · x / half_saturation)``."""
        return torch.tanh(self._angle(log_exposure, values))

    def steepness(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """``z · (1 − tanh² z)``, z = atanh(½) · x / half_saturation."""
        angle = self._angle(log_exposure, values)
        return angle * (1.0 - torch.tanh(angle).square())

    def _angle(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        return _HALF * (log_exposure - values["half_saturation"].log()).exp()
