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
    """

    family: Saturation
    values: Mapping[str, Floats]

    def share(self, log_exposure: Floats) -> Floats:
        """Share of the ceiling at the logarithm of exposure ``[M, R, W, C]``; same shape."""
        return self.family.share(torch.from_numpy(log_exposure), self._by_week).numpy()

    def steepness(self, log_exposure: Floats) -> Floats:
        """Derivative of `share` with respect to the logarithm ``[M, R, W, C]``; same shape."""
        return self.family.steepness(torch.from_numpy(log_exposure), self._by_week).numpy()

    def only(self, channels: Bools) -> SaturationCurve:
        """Return the curves of the channels that are True in ``[C]``."""
        return replace(self, values={n: v[..., channels] for n, v in self.values.items()})

    @property
    def _by_week(self) -> dict[str, torch.Tensor]:
        """Parameters ``[M, R, 1, C]``: the same in every week."""
        return {
            name: torch.from_numpy(np.ascontiguousarray(value))[:, :, None]
            for name, value in self.values.items()
        }
