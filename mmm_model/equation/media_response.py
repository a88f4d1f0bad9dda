"""What the media did, in the form that contributions, curves and budgets all read.

Adstock is linear, so scaling a channel's plan by ``m`` scales its adstocked exposure by
``m``; with it at hand, every counterfactual of a fitted model is one Hill curve away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import expit

from mmm_model.panel import Floats

SMALLEST_MULTIPLIER = 1e-9


@dataclass(frozen=True)
class MediaResponse:
    """The media part of a fitted model on one panel, for M members of the ensemble.

    The direct contribution of channel c in region r and week t when its whole plan is
    scaled by ``m`` is ``weight · hill(m · adstocked)`` in KPI units, with
    ``hill(x) = x^a / (x^a + g^a)`` for slope ``a`` and half-saturation ``g``.

    Parameters
    ----------
    adstocked
        ``[M, R, W, C]`` adstocked exposure in the model's own scale, ≥ 0.
    weight
        ``[M, R, W, C]`` region scale × effectiveness × coefficient, KPI units, ≥ 0.
    slope, half_saturation
        ``[M, R, C]`` (broadcastable) parameters of the Hill curve, > 0, in the scale of
        ``adstocked``.
    """

    adstocked: Floats
    weight: Floats
    slope: Floats
    half_saturation: Floats

    def tail(self, weeks: int) -> MediaResponse:
        """Return the last ``weeks`` weeks; what earlier exposure carries over stays in."""
        start = max(self.adstocked.shape[2] - weeks, 0)
        return replace(
            self, adstocked=self.adstocked[:, :, start:], weight=self.weight[:, :, start:]
        )

    def contribution(self, multiplier: float | Floats = 1.0) -> Floats:
        """Direct contribution ``[M, R, W, C]`` at a scaled plan.

        Parameters
        ----------
        multiplier
            Scale of the plan, broadcast against ``[M, R, W, C]``; ≥ 0.
        """
        return self.weight * self._hill(np.asarray(multiplier, dtype=float))

    def marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Derivative of the contribution with respect to the multiplier, ``[M, R, W, C]``.

        At multiplier 0 it is the limit from the right, up to what a slope below 1 makes
        infinite: that is cut at a multiplier of 1e-9.
        """
        scale = np.maximum(np.asarray(multiplier, dtype=float), SMALLEST_MULTIPLIER)
        share = self._hill(scale)
        return self.weight * self.slope[:, :, None, :] * share * (1.0 - share) / scale

    @cached_property
    def _logit(self) -> Floats:
        """``slope · log(adstocked / half_saturation)``; -inf where there is no exposure."""
        with np.errstate(divide="ignore"):
            ratio = np.log(self.adstocked) - np.log(self.half_saturation)[:, :, None, :]
        return self.slope[:, :, None, :] * ratio

    def _hill(self, multiplier: Floats) -> Floats:
        # As a logistic curve of the logarithm, which neither overflows nor takes a power a point.
        with np.errstate(divide="ignore"):
            shift = self.slope[:, :, None, :] * np.log(multiplier)
        return expit(self._logit + shift)
