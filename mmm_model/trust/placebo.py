"""What noise earns: channels shifted in time, and one that was invented, fitted again.

Each channel keeps its money, its rhythm and its regions, and loses its weeks: its exposure is
turned round the years by a number of weeks of its own, the same in all regions, so that what
regions share is still shared. What the fit gives it then is what any series of that kind gets
from this KPI, prior included (permutation in time: Efron and Tibshirani, 1993, chapter 15).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.stages import Progress
from mmm_model.intervals import point
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings
from mmm_model.trust.channel_returns import channel_returns
from mmm_model.trust.mmm_eval import PLACEBO_RETURN
from mmm_model.trust.refit import refit
from mmm_model.trust.verdicts import DOUBTFUL, GOOD, Found

TEST = "placebo"
INVENTED = "(invented)"
SURE = 0.9
"""Probability of earning more than its placebo from which a channel beats it."""
_BLOCK_WEEKS = 8


def placebo(
    model: FittedResponse,
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Hold each channel's return against that of its placebo.

    Yields
    ------
    Found
        ``beats``, the probability that a draw of the channel's return is above one of its
        placebo's; ``return``, what the placebo earned, with its interval. What the channel
        `INVENTED` earned is mmm-eval's test ``shuffled_channel``, too.
    """
    rng = np.random.default_rng([settings.seed, len(panel.weeks), 22])
    known = panel.with_controls(model.controls)
    shifted = with_invented(shifted_in_time(known, rng), rng)
    noise = channel_returns(refit(shifted, model, settings, progress, "placebo"), shifted)
    real = channel_returns(model, panel)
    for c, name in enumerate(shifted.channels):
        low, high = np.quantile(noise[:, c], (0.05, 0.95))
        yield Found(TEST, "return", float(point(noise[:, c])), name, float(low), float(high))
        if name == INVENTED:
            yield from _shuffled(shifted, float(point(noise[:, c])))
        else:
            beats = exceeds(real[:, c], noise[:, c])
            verdict = GOOD if beats >= SURE else DOUBTFUL
            yield Found(TEST, "beats", beats, name, threshold=SURE, verdict=verdict)


def _shuffled(panel: Panel, earned: float) -> Iterator[Found]:
    """What mmm-eval says of a shuffled channel; it needs a return in money."""
    if panel.has_spend[-1] and not np.isnan(panel.value_per_kpi).any():
        yield Found.at_most("shuffled_channel", "return", earned, PLACEBO_RETURN)


def shifted_in_time(panel: Panel, rng: np.random.Generator) -> Panel:
    """Turn each channel by a drawn number of weeks, a quarter of the weeks at least either way."""
    weeks = len(panel.weeks)
    least = max(weeks // 4, 1)
    exposure, spend = panel.exposure.copy(), panel.spend.copy()
    frequency = None if panel.frequency is None else panel.frequency.copy()
    for c in range(len(panel.channels)):
        by = int(rng.integers(least, max(weeks - least, least) + 1))
        exposure[..., c] = np.roll(panel.exposure[..., c], by, axis=1)
        spend[..., c] = np.roll(panel.spend[..., c], by, axis=1)
        if frequency is not None:
            frequency[..., c] = np.roll(frequency[..., c], by, axis=1)
    return replace(panel, exposure=exposure, spend=spend, frequency=frequency)


def with_invented(panel: Panel, rng: np.random.Generator) -> Panel:
    """Append a channel: another one's exposure and spend, blocks of weeks in a drawn order."""
    weeks = np.arange(len(panel.weeks))
    blocks = np.array_split(weeks, max(len(weeks) // _BLOCK_WEEKS, 2))
    order = np.concatenate([blocks[b] for b in rng.permutation(len(blocks))])
    own = int(rng.integers(len(panel.channels)))

    def beside(values: Floats) -> Floats:
        return np.concatenate([values, values[:, order, own, None]], axis=2)

    return replace(
        panel,
        channels=(*panel.channels, INVENTED),
        exposure=beside(panel.exposure),
        spend=beside(panel.spend),
        frequency=None if panel.frequency is None else beside(panel.frequency),
    )


def exceeds(one: Floats, other: Floats) -> float:
    """Probability that a draw of one set is above a draw of another; half of ties."""
    above = (one[:, None] > other).mean()
    return float(above + 0.5 * (one[:, None] == other).mean())
