"""What the media did, in the form that contributions, curves and budgets all read.

Adstock is linear, so scaling a channel's plan by ``m`` scales its adstocked exposure by
``m``; with it at hand, every counterfactual of a fitted model is one saturation away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmm_model.equation.saturation.curve import SaturationCurve
from mmm_model.panel import Bools, Floats

SMALLEST_MULTIPLIER = 1e-9


@dataclass(frozen=True)
class MediaResponse:
    """The media part of a fitted model on one panel, for M members of the ensemble.

    The direct contribution of channel c in region r and week t when its whole plan is
    scaled by ``m`` is ``weight · saturation(m · adstocked)`` in KPI units.

    Parameters
    ----------
    adstocked
        ``[M, R, W, C]`` adstocked exposure in the model's own scale, ≥ 0.
    weight
        ``[M, R, W, C]`` region scale × effectiveness × coefficient, KPI units, ≥ 0.
    curve
        The saturation of each member, region and channel, of exposure in the scale of
        ``adstocked``.
    """

    adstocked: Floats
    weight: Floats
    curve: SaturationCurve

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
        return self.weight * self.curve.share(self._log_exposure(multiplier))

    def marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Derivative of the contribution with respect to the multiplier, ``[M, R, W, C]``.

        At multiplier 0 it is the limit from the right, up to what a slope below 1 makes
        infinite: that is cut at a multiplier of 1e-9.
        """
        scale = np.maximum(np.asarray(multiplier, dtype=float), SMALLEST_MULTIPLIER)
        return self.weight * self.curve.steepness(self._log_exposure(scale)) / scale

    def only(self, channels: Bools) -> MediaResponse:
        """Return that of the channels that are True in ``[C]``."""
        return MediaResponse(
            adstocked=self.adstocked[..., channels],
            weight=self.weight[..., channels],
            curve=self.curve.only(channels),
        )

    def _log_exposure(self, multiplier: float | Floats) -> Floats:
        """Logarithm of the scaled exposure; −inf where there is none."""
        with np.errstate(divide="ignore"):
            return self._log_adstocked + np.log(np.asarray(multiplier, dtype=float))

    @cached_property
    def _log_adstocked(self) -> Floats:
        with np.errstate(divide="ignore"):
            return np.log(self.adstocked)
