"""Hill saturation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.equation.saturation.family import Saturation
from mmm_model.equation.shape_grid import ShapeGrid
from mmm_model.equation.shape_parameter import Between, Positive, ShapeParameter
from mmm_model.priors import HALF_SATURATION, SLOPE
from mmm_model.settings import ModelSettings

# What a posterior averages over; half-saturations in units of the mean exposure.
_SLOPES = (0.7, 1.0, 1.5, 2.2, 3.0)
_HALVES = (0.2, 0.4, 0.8, 1.6, 3.2)
# All but a straight line: what a channel far from saturation looks like.
_STRAIGHT = 50.0
_FEWEST_SLOPES = 3


class Family(Saturation):
    """``x^slope / (x^slope + half_saturation^slope)`` (Hill, 1910).

    A logistic curve of the logarithm, as which it neither overflows nor takes a power a point.
    """

    def __init__(self, settings: ModelSettings) -> None:
        low, high = settings.min_slope, settings.max_slope
        self._slopes = [slope for slope in _SLOPES if low <= slope <= high]
        if len(self._slopes) < _FEWEST_SLOPES:
            self._slopes = list(np.linspace(low, high, len(_SLOPES) + 2)[1:-1])
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

    def grid(self) -> ShapeGrid:
        """Slopes × half-saturations, and a straight line; kinds: concave, S-shaped."""
        slope, half = (g.ravel() for g in np.meshgrid(self._slopes, _HALVES, indexing="ij"))
        score = priors.score(slope, priors.GRID_SLOPE) + priors.score(
            half, priors.GRID_HALF_SATURATION
        )
        weight = np.exp(-0.5 * score)
        straight = priors.STRAIGHT_CURVES if min(self._slopes) <= 1.0 else 0.0
        weight = (1.0 - straight) * weight / weight.sum()
        if straight:
            slope, half = np.append(slope, 1.0), np.append(half, _STRAIGHT)
            weight = np.append(weight, straight)
        kind = (slope > 1.0).astype(int) if slope.min() <= 1.0 else np.zeros(len(slope), int)
        return ShapeGrid(np.stack([slope, half], axis=1), weight, kind)
