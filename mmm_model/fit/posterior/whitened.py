"""Sufficient statistics of the responses once they are whitened."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mmm_model.fit.posterior.factors import Factors, flat
from mmm_model.fit.posterior.shapes import ChannelResponses
from mmm_model.panel import Floats


@dataclass
class WhitenedResponses:
    """One channel's responses, whitened, in the basis of its responses.

    Parameters
    ----------
    mix
        ``[Q, S]``.
    white
        ``[R, W, Q]``.
    norm
        ``[R, Q, Q]`` ``white' white`` of each region.
    seen
        ``[R, P, Q]`` what the shared columns see of each region.
    """

    mix: Floats
    white: Floats
    norm: Floats
    seen: Floats
    factors: Factors
    _low: Floats = field(init=False)
    _square: Floats = field(init=False)

    @classmethod
    def of(cls, responses: ChannelResponses, factors: Factors) -> WhitenedResponses:
        """Whiten a channel's responses."""
        white = factors.alone.white(responses.basis)
        seen = factors.shared.transpose(0, 2, 1) @ white
        return cls(responses.mix, white, white.transpose(0, 2, 1) @ white, seen, factors)

    def weigh(self, region: Floats) -> None:
        """Set the regions' multipliers ``[R]``."""
        self._low = self.factors.lowered(np.tensordot(region, self.seen, (0, 0)))
        gram = np.tensordot(region**2, self.norm, (0, 0)) - self._low.T @ self._low
        self._square = np.maximum(((gram @ self.mix) * self.mix).sum(0), 1e-9)

    @property
    def square(self) -> Floats:
        """``g'V^-1 g`` of every shape, ``[S]``."""
        return self._square

    def meets(self, region: Floats, white: Floats, low: Floats) -> Floats:
        """``g'V^-1 x`` of every shape ``[S]``, given x whitened and what `lower` says of it."""
        seen = (region[:, None] * white).ravel() @ flat(self.white)
        return np.asarray(self.mix.T @ (seen - self._low.T @ low))

    def response(self, shape: int, region: Floats) -> tuple[Floats, Floats]:
        """Whitened response ``[R, W]`` of a shape and what shared columns see of it, ``[P]``."""
        mix = self.mix[:, shape]
        return region[:, None] * (self.white @ mix), self._low @ mix
