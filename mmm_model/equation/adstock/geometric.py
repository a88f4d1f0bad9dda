"""Geometric adstock with a delay."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mmm_model.equation.adstock.family import Adstock
from mmm_model.equation.shape_parameter import Between, ShapeParameter, SoftPositive
from mmm_model.priors import CARRYOVER, DELAY
from mmm_model.settings import ModelSettings

# (carryover, delay): decays, then peaks after 1, 2 and 3 weeks.
_DECAYS = ((0.05, 0.12), (0.25, 0.12), (0.5, 0.12), (0.7, 0.12), (0.85, 0.12))
_PEAKS = ((0.1, 4.6), (0.4, 1.8), (0.1, 6.9), (0.4, 2.7), (0.65, 1.3), (0.2, 6.4))


class Family(Adstock):
    """``w_l ∝ (1 + l)^delay · carryover^l``: a decay, or a peak after some weeks and then a decay.

    Without a delay this is the geometric adstock (Broadbent, 1979); with one, the weights of a
    gamma distribution at whole weeks.
    """

    parameters = (
        ShapeParameter("carryover", Between(), CARRYOVER),
        ShapeParameter("delay", SoftPositive(), DELAY),
    )
    bank = (*_DECAYS, *_PEAKS)

    def __init__(self, settings: ModelSettings) -> None:
        del settings  # nothing about this family can be chosen

    def kernel(self, values: Mapping[str, Tensor], lag: Tensor) -> Tensor:
        """Weights ``[..., L]``, as a softmax of their logarithms, which does not overflow."""
        decay = lag * values["carryover"].log()[..., None]
        rise = values["delay"][..., None] * torch.log1p(lag)
        return torch.softmax(decay + rise, dim=-1)
