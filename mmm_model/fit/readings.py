"""A channel whose exposure is read with errors: what it may truly have been.

A candidate is one draw of `mmm_model.fit.first_stage`. A reading of nothing is nothing, so a
candidate is a factor: a plan that is scaled, lowered or ended is corrected with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmm_model.equation.equation import Equation, Inputs, convolve
from mmm_model.panel import Floats


@dataclass(frozen=True)
class Reading:
    """Candidates for the true exposure of one channel.

    Parameters
    ----------
    channel
        Whose exposure it is.
    factor
        ``[K, R, W]`` true exposure over its reading; one after these weeks.
    noise_share
        ``[K]`` share of what the first stage leaves open that is taken for an error of reading.
    instruments
        Controls that the first stage stands on; empty where errors of reading alone are corrected.
    f_statistic
        Of the instruments in the first stage; NaN without any.
    drawn
        ``[M]`` candidate of each member of a fit.
    """

    channel: str
    factor: Floats
    noise_share: Floats
    instruments: tuple[str, ...] = ()
    f_statistic: float = float("nan")
    drawn: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))

    def part(self, rows: np.ndarray | slice, weeks: int) -> Reading:
        """Return it for some regions in the first weeks."""
        return replace(self, factor=self.factor[:, rows, :weeks])

    def over(self, candidate: int, weeks: int) -> Floats:
        """``[R, weeks]`` of a candidate: cut, or continued with ones."""
        known = self.factor[candidate, :, :weeks]
        return np.pad(known, ((0, 0), (0, weeks - known.shape[1])), constant_values=1.0)

    def meta(self) -> dict[str, Any]:
        """What describes the arrays of a saved reading."""
        return {name: getattr(self, name) for name in ("channel", "instruments", "f_statistic")}

    def to_arrays(self, number: int) -> dict[str, np.ndarray]:
        """Return its arrays for saving, by names that begin with its number."""
        return {
            f"{number}.factor": self.factor.astype(np.float32),
            f"{number}.noise_share": self.noise_share,
            f"{number}.drawn": self.drawn,
        }

    @classmethod
    def restored(cls, meta: dict[str, Any], number: int, arrays: dict[str, np.ndarray]) -> Reading:
        """Put a reading together from its `meta` and `to_arrays`."""
        return cls(
            channel=meta["channel"],
            factor=arrays[f"{number}.factor"].astype(float),
            noise_share=arrays[f"{number}.noise_share"],
            instruments=tuple(meta["instruments"]),
            f_statistic=float(meta["f_statistic"]),
            drawn=arrays[f"{number}.drawn"],
        )


def truly_adstocked(
    equation: Equation,
    inputs: Inputs,
    channels: Sequence[str],
    readings: Sequence[Reading],
) -> Tensor:
    """Adstocked exposure ``[M, R, W, C]`` of each member's true exposure.

    Parameters
    ----------
    inputs
        Whose exposure ``[R, W, C]`` or ``[M, R, W, C]`` is as it was read, scaled.
    channels
        Their names.
    readings
        With the candidate that each member drew.
    """
    kernel, exposure = equation.kernel(), equation.worked(inputs)
    found = convolve(exposure, kernel)
    for reading in readings:
        own = [list(channels).index(reading.channel)]
        for candidate in np.unique(reading.drawn):
            members = torch.from_numpy(np.flatnonzero(reading.drawn == candidate))
            plan = exposure[..., own] if exposure.ndim == 3 else exposure[members][..., own]
            factor = torch.as_tensor(reading.over(int(candidate), plan.shape[-2])).to(plan)
            corrected = convolve(plan * factor[..., None], kernel[members][:, own])
            found[members, ..., own[0]] = corrected[..., 0]
    return found
