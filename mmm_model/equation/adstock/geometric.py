"""Geometric adstock with a delay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.equation.adstock.family import Adstock
from mmm_model.equation.shape_grid import ShapeGrid
from mmm_model.equation.shape_parameter import Between, ShapeParameter, SoftPositive
from mmm_model.priors import CARRYOVER, DELAY
from mmm_model.settings import ModelSettings

# (carryover, delay): decays, then peaks after 1, 2 and 3 weeks.
_DECAYS = ((0.05, 0.12), (0.25, 0.12), (0.5, 0.12), (0.7, 0.12), (0.85, 0.12))
_PEAKS = ((0.1, 4.6), (0.4, 1.8), (0.1, 6.9), (0.4, 2.7), (0.65, 1.3), (0.2, 6.4))

# What a posterior averages over. A carryover of nothing has no logarithm; this one is as good.
_NONE = 1e-6
_SHORT = (_NONE, 0.15, 0.3, 0.45, 0.6, 0.75, 0.87)
_LONG = ((0.92, _NONE), (0.96, _NONE))
# Peaks after 5 to 9 weeks.
_LATE = ((0.3, 7.2), (0.6, 3.6), (0.4, 8.2), (0.7, 3.2), (0.7, 4.6), (0.85, 1.6))
# Fewer lags do not tell a long memory from a short one.
_LAGS_OF_LONG = 16


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

    def grid(self, lags: int) -> ShapeGrid:
        """Decays, the shorter the likelier; peaks; long memory where there are the lags for it.

        Their kinds are short, delayed and long.
        """
        decay = [priors.EXPECTED_DECAY - c for c in _SHORT]
        parts = [
            ([(c, _NONE) for c in _SHORT], priors.SHORT_KERNELS, np.array(decay)),
            (_PEAKS, priors.DELAYED_KERNELS, np.ones(len(_PEAKS))),
        ]
        if lags > _LAGS_OF_LONG:
            long = (*_LONG, *_LATE)
            parts.append((long, priors.LONG_KERNELS, np.ones(len(long))))
        weight = np.concatenate([share * own / own.sum() for _, share, own in parts])
        return ShapeGrid(
            values=np.array([value for values, _, _ in parts for value in values]),
            weight=weight / weight.sum(),
            kind=np.repeat(np.arange(len(parts)), [len(values) for values, _, _ in parts]),
        )
