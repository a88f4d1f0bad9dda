"""Campaigns: what the exposure of a channel consists of, one level below the panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Floats, Panel

REST = "(no campaign)"
"""Name of what a channel ran without a campaign's name."""

SMALLER = "(smaller campaigns)"
"""Name of those beyond the `MOST` largest of a channel, together."""

MOST = 100
"""Campaigns of a channel that have an estimate each: smaller ones say nothing, and cost time."""


@dataclass(frozen=True)
class Campaigns:
    """G campaigns of the channels of a panel.

    Parameters
    ----------
    channel
        Name of each campaign's channel, length G.
    name
        Of each campaign; unique within its channel.
    exposure, spend
        ``[R, W, G]`` on the panel's regions and weeks; 0 where it did not run.
    """

    channel: tuple[str, ...]
    name: tuple[str, ...]
    exposure: Floats
    spend: Floats

    def of(self, channel: str, panel: Panel) -> Campaigns:
        """Return those of one channel that ran, the largest first.

        Those beyond the `MOST` largest are one, `SMALLER`; what of the channel's exposure no
        campaign names is `REST`.
        """
        c = panel.channels.index(channel)
        whole = self.exposure.sum((0, 1))
        own = [g for g in np.argsort(-whole, kind="stable") if self.channel[g] == channel]
        own = [g for g in own if whole[g] > 0]
        parts = [([g], self.name[g]) for g in own[:MOST]]
        if own[MOST:]:
            parts.append((own[MOST:], SMALLER))
        exposure = [self.exposure[..., group].sum(axis=-1) for group, _ in parts]
        spend = [self.spend[..., group].sum(axis=-1) for group, _ in parts]
        names = [name for _, name in parts]
        rest = np.maximum(panel.exposure[..., c] - sum(exposure), 0.0)
        if rest.sum() > _NOTHING * panel.exposure[..., c].sum():
            exposure.append(rest)
            spend.append(np.maximum(np.nan_to_num(panel.spend[..., c]) - sum(spend), 0.0))
            names.append(REST)
        every = (np.stack(exposure, axis=-1), np.stack(spend, axis=-1))
        return Campaigns((channel,) * len(names), tuple(names), *every)


_NOTHING = 1e-6  # share of a channel's exposure that is an error of rounding
