"""How wide the interval of each channel's return is, against the return."""

from __future__ import annotations

from collections.abc import Iterator

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.intervals import ENOUGH_DRAWS, point
from mmm_model.panel import Panel
from mmm_model.trust.channel_returns import channel_returns, half_width
from mmm_model.trust.verdicts import Found

TEST = "interval_width"
WIDEST = 0.5
"""Half of the 90 % interval over the return beyond which it is a rough guess."""


def interval_width(model: FittedResponse, panel: Panel) -> Iterator[Found]:
    """Measure the intervals; of fewer than `ENOUGH_DRAWS` members nothing is said.

    Yields
    ------
    Found
        ``half_width`` of each channel: half of the interval over the median.
    """
    if model.members < ENOUGH_DRAWS:
        return
    returns = channel_returns(model, panel)
    for name, half, middle in zip(panel.channels, half_width(returns), point(returns), strict=True):
        width = float(half / max(middle, 1e-300))
        yield Found.at_most(TEST, "half_width", width, WIDEST, name)
