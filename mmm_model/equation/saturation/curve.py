"""A saturation with its parameters, read at arrays: what effects and budgets ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from mmm_model.equation.saturation.family import Saturation
from mmm_model.panel import Bools, Floats


@dataclass(frozen=True)
class SaturationCurve:
    """The curves of M members, R regions and C channels.

    Parameters
    ----------
    family
        Of all of them.
    values
        Each parameter in natural units, ``[M, R, C]`` with M and R or 1.
    highest
        ``[M, R, C]`` of a channel of reach, whose response is a straight line up to this, where
        everybody is reached; NaN for one with a curve. None where all have one.
    """

    family: Saturation
    values: Mapping[str, Floats]
    highest: Floats | None = None

    def share(self, log_exposure: Floats) -> Floats:
        """Share of the ceiling at the logarithm of exposure ``[M, R, W, C]``; same shape."""
        share = self.family.share(torch.from_numpy(log_exposure), self._by_week).numpy()
        if self.highest is None:
            return share
        highest = self.highest[:, :, None]
        return np.where(np.isnan(highest), share, np.minimum(np.exp(log_exposure), highest))

    def steepness(self, log_exposure: Floats) -> Floats:
        """Derivative of `share` with respect to the logarithm ``[M, R, W, C]``; same shape."""
        steepness = self.family.steepness(torch.from_numpy(log_exposure), self._by_week).numpy()
        if self.highest is None:
            return steepness
        highest, level = self.highest[:, :, None], np.exp(log_exposure)
        return np.where(np.isnan(highest), steepness, level * (level < highest))

    def only(self, channels: Bools) -> SaturationCurve:
        """Return the curves of the channels that are True in ``[C]``."""
        highest = None if self.highest is None else self.highest[..., channels]
        values = {name: value[..., channels] for name, value in self.values.items()}
        return replace(self, values=values, highest=highest)

    @property
    def _by_week(self) -> dict[str, torch.Tensor]:
        """Parameters ``[M, R, 1, C]``: the same in every week."""
        return {
            name: torch.from_numpy(np.ascontiguousarray(value))[:, :, None]
            for name, value in self.values.items()
        }
