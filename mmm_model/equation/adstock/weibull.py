"""Weibull adstock."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from mmm_model.equation.adstock.family import Adstock
from mmm_model.equation.shape_parameter import Positive, ShapeParameter
from mmm_model.priors import WEIBULL_SCALE, WEIBULL_SHAPE
from mmm_model.settings import ModelSettings

# (shape, scale in weeks): decays of ever longer life, a long tail, then peaks after 1 to 4 weeks.
_DECAYS = ((1.0, 0.35), (1.0, 0.7), (1.0, 1.5), (1.0, 2.8), (1.0, 6.0), (0.6, 1.5))
_PEAKS = ((2.0, 2.0), (3.0, 2.2), (2.0, 3.5), (3.5, 3.2), (2.0, 5.0), (4.0, 4.3))


class Family(Adstock):
    """``w_l ∝ S(l) − S(l + 1)`` with ``S(t) = exp(−(t / scale)^shape)``.

    The discrete Weibull distribution (Nakagawa and Osaki, 1975): the share of an effect that
    comes within week ``l``. Shape one is a geometric decay with carryover ``exp(−1 / scale)``,
    a smaller one has a longer tail, a larger one a peak near ``scale`` weeks.
    """

    parameters = (
        ShapeParameter("weibull_shape", Positive(), WEIBULL_SHAPE),
        ShapeParameter("weibull_scale", Positive(), WEIBULL_SCALE),
    )
    bank = (*_DECAYS, *_PEAKS)

    def __init__(self, settings: ModelSettings) -> None:
        del settings  # nothing about this family can be chosen

    def kernel(self, values: Mapping[str, Tensor], lag: Tensor) -> Tensor:
        """Weights ``[..., L]`` over their sum; what would come after the longest lag is dropped."""
        shape, scale = values["weibull_shape"][..., None], values["weibull_scale"][..., None]

        def left(weeks: Tensor) -> Tensor:
            # At week 0 a power has no derivative; a tiny age leaves as much.
            return (-(weeks.clamp_min(1e-9) / scale).pow(shape)).exp()

        weight = left(lag) - left(lag + 1.0)
        return weight / weight.sum(dim=-1, keepdim=True)
