"""A second KPI of a simulated brand: other effects of the same media, remembered as long."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_model.simulator.drawing import draw_demand, finish
from mmm_model.simulator.simulation import Simulation
from mmm_model.simulator.spec import ChannelSpec


def second_kpi(
    first: Simulation, seed: int, per_unit: float = 0.005, value: float = 80.0
) -> Simulation:
    """Draw a KPI that is counted, such as new customers beside orders.

    Media, prices and weeks are those of the first KPI, and so is the adstock; effects, curves,
    demand and noise are its own. Counts are Poisson on top of the noise.

    Parameters
    ----------
    per_unit
        Its mean over that of the first.
    value
        Currency per unit of it.
    """
    rng = np.random.default_rng([seed, 977])
    spec = replace(
        first.spec,
        channels=tuple(_other_effect(rng, channel) for channel in first.spec.channels),
        value_per_kpi=value,
        noise=rng.uniform(0.04, 0.10),
    )
    size = first.size * per_unit * np.exp(0.2 * rng.standard_normal(len(first.size)))
    demand = draw_demand(rng, spec)
    price = first.control[..., :1]
    draft = replace(
        first,
        spec=spec,
        size=size,
        baseline=np.where(first.exists, size[:, None] * (1.0 + demand), 0.0),
        control_effect=np.where(
            first.exists, size[:, None] * spec.price_effect * (price[..., 0] - 1.0), 0.0
        ),
        control=price,
        effect=np.ones_like(first.effect),
        typical=np.ones_like(first.typical),
    )
    done = finish(rng, draft, demand, seed)
    counted = rng.poisson(np.maximum(done.kpi, 0.0)).astype(float)
    return replace(
        done,
        kpi=counted,
        noise=done.noise + counted - done.kpi,
        control=first.control,
        observed=first.observed,
        outage=first.outage,
    )


def _other_effect(rng: np.random.Generator, channel: ChannelSpec) -> ChannelSpec:
    return replace(
        channel,
        kpi_share=channel.kpi_share * np.exp(0.6 * rng.standard_normal() - 0.18),
        half_saturation=channel.half_saturation * np.exp(0.3 * rng.standard_normal()),
    )
