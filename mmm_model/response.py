"""What the media did, in the form that contributions, curves and budgets all read.

Adstock is linear, so scaling a channel's plan by ``m`` scales its adstocked exposure by
``m``; with it at hand, every counterfactual of a fitted model is one Hill curve away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Floats


@dataclass(frozen=True)
class MediaResponse:
    """The media part of a fitted model on one panel, for M members of the ensemble.

    The direct contribution of channel c in region r and week t when its whole plan is
    scaled by ``m`` is ``weight · hill(m · adstocked)`` in KPI units.

    Parameters
    ----------
    adstocked
        ``[M, R, W, C]`` adstocked exposure in the model's own scale, ≥ 0.
    weight
        ``[M, R, W, C]`` region scale × effectiveness × coefficient, KPI units, ≥ 0.
    slope, half_saturation
        ``[M, R, C]`` (broadcastable) parameters of the Hill curve, in the scale of
        ``adstocked``.
    """

    adstocked: Floats
    weight: Floats
    slope: Floats
    half_saturation: Floats

    def contribution(self, multiplier: float | Floats = 1.0) -> Floats:
        """Direct contribution ``[M, R, W, C]`` at a scaled plan.

        Parameters
        ----------
        multiplier
            Scale of the plan, broadcast against ``[M, R, W, C]``; ≥ 0.
        """
        return self.weight * self._hill(multiplier)

    def marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Derivative of the contribution with respect to the multiplier, ``[M, R, W, C]``."""
        slope = self.slope[:, :, None, :]
        share = self._hill(multiplier)
        scale = np.maximum(np.asarray(multiplier, dtype=float), 1e-9)
        return self.weight * slope * share * (1.0 - share) / scale

    def _hill(self, multiplier: float | Floats) -> Floats:
        slope = self.slope[:, :, None, :]
        ratio = (multiplier * self.adstocked) / self.half_saturation[:, :, None, :]
        powered = ratio**slope
        return powered / (1.0 + powered)
