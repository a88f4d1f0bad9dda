"""Candidates for the true exposure of a channel, as the chains read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.fit.posterior.shapes import ChannelResponses, ShapeBank
from mmm_model.fit.readings import Reading
from mmm_model.panel import Floats


@dataclass(frozen=True)
class Candidates:
    """K true exposures that one channel may have had, all as likely.

    The KPI has no say between them ("cut": Plummer 2015, "Cuts in Bayesian graphical models").

    Parameters
    ----------
    responses
        K, each under every shape.
    instrumented
        Whether they are what instruments foretell.
    """

    responses: tuple[ChannelResponses, ...]
    instrumented: bool

    @classmethod
    def of(
        cls,
        reading: Reading,
        exposure: Floats,
        weight: Floats,
        shapes: ShapeBank,
        frequency: Floats | None = None,
    ) -> Candidates:
        """Correct scaled exposure ``[R, W]``; the others as of `ChannelResponses.of`."""
        each = (
            ChannelResponses.of(exposure * own, weight, shapes, frequency) for own in reading.factor
        )
        return cls(tuple(each), bool(reading.instruments))

    def drawn(self, rng: np.random.Generator) -> int:
        """Draw one."""
        return int(rng.integers(len(self.responses)))
