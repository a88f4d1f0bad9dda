"""Hill saturation."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mmm_model.equation.saturation.family import Saturation
from mmm_model.equation.shape_parameter import Between, Positive, ShapeParameter
from mmm_model.priors import HALF_SATURATION, SLOPE
from mmm_model.settings import ModelSettings


class Family(Saturation):
    """``x^slope / (x^slope + half_saturation^slope)`` (Hill, 1910).

    A logistic curve of the logarithm, as which it neither overflows nor takes a power a point.
    """

    def __init__(self, settings: ModelSettings) -> None:
        low, high = settings.min_slope, settings.max_slope
        self.parameters = (
            ShapeParameter("slope", Between(low, high), SLOPE.within(low, high)),
            ShapeParameter("half_saturation", Positive(), HALF_SATURATION),
        )

    def share(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """``1 / (1 + exp(−slope · log(x / half_saturation)))``."""
        distance = log_exposure - values["half_saturation"].log()
        return torch.sigmoid(values["slope"] * distance)

    def steepness(self, log_exposure: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        """``slope · share · (1 − share)``."""
        share = self.share(log_exposure, values)
        return values["slope"] * share * (1.0 - share)
