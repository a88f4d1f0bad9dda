"""A simulated channel whose exposure is that of campaigns, some of them better than others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmm_model.campaigns import Campaigns
from mmm_model.panel import Floats, Panel
from mmm_model.simulator.plans import autoregression
from mmm_model.simulator.simulation import Simulation


@dataclass(frozen=True)
class SimulatedCampaigns:
    """A panel, its campaigns and their truth.

    Parameters
    ----------
    panel
        As it would have been recorded.
    campaigns
        Of one channel.
    contribution
        ``[G]`` direct contribution of each, KPI units, all weeks.
    times
        ``[G]`` that over what it were, were its units worth what its channel's are.
    """

    panel: Panel
    campaigns: Campaigns
    contribution: Floats
    times: Floats


def split_campaigns(
    simulation: Simulation, channel: str, count: int, spread: float, seed: int
) -> SimulatedCampaigns:
    """Let the exposure of a channel be that of campaigns, which begin and end.

    Parameters
    ----------
    count
        Number G of campaigns; the first runs always.
    spread
        Standard deviation of the logarithm of what a unit of a campaign does, over the channel's.
    seed
        Of the campaigns.
    """
    rng = np.random.default_rng([seed, 4242])
    c = simulation.channels.index(channel)
    exposure = simulation.exposure
    own = np.where(simulation.exists, exposure[..., c], 0.0)
    weeks = own.shape[1]
    on = np.ones((weeks, count))
    for g in range(1, count):
        first = int(rng.integers(0, weeks - 10))
        last = first + int(rng.integers(8, max(weeks // 2, 9)))
        on[:, g] = (np.arange(weeks) >= first) & (np.arange(weeks) < last)
    plan = np.exp(0.6 * autoregression(rng, 0.6, (count, weeks)).T) * on
    parts = own[..., None] * (plan / plan.sum(axis=1, keepdims=True))  # [R, W, G]
    times = np.exp(spread * rng.standard_normal(count))
    times *= own.sum() / (parts.sum((0, 1)) @ times)
    worth = exposure.copy()
    worth[..., c] = parts @ times
    true = simulation.contribution(worth)[..., c]
    kpi = simulation.kpi + true - simulation.contribution(exposure)[..., c]
    kpi = np.maximum(kpi, 0.0)
    panel = replace(simulation.panel(), kpi=np.where(simulation.observed, kpi, 0.0))
    brought = [
        (true[..., None] * _shares(simulation, c, parts * worth_of)).sum((0, 1))
        for worth_of in (times, np.ones(count))
    ]
    return SimulatedCampaigns(
        panel,
        Campaigns(
            channel=(channel,) * count,
            name=tuple(f"{channel} {g + 1}" for g in range(count)),
            exposure=parts,
            spend=parts * simulation.cost[..., [c]],
        ),
        brought[0],
        brought[0] / brought[1],
    )


def _shares(simulation: Simulation, c: int, parts: Floats) -> Floats:
    """``[R, W, G]`` of what the channel's memory holds."""
    plan = simulation.exposure.copy()
    each = np.zeros_like(parts)
    for g in range(parts.shape[-1]):
        plan[..., c] = parts[..., g]
        each[..., g] = simulation.worked(plan, c)
    whole = each.sum(axis=-1, keepdims=True)
    return each / np.where(whole > 0, whole, 1.0)
