"""Media plans of a simulated brand: what is spent where and when, before any dirt."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from mmm_model.panel import Floats
from mmm_model.simulator.spec import ChannelSpec, SimulationSpec

_REGIONAL = 0.5  # share of a plan's variance that is a region's own


def autoregression(rng: np.random.Generator, rho: float, shape: tuple[int, ...]) -> Floats:
    """AR(1) series of unit variance along the last axis."""
    shock = rng.standard_normal(shape)
    shock[..., 1:] *= np.sqrt(1.0 - rho**2)
    series: Floats = lfilter([1.0], [1.0, -rho], shock, axis=-1)
    return series


def plan_multipliers(rng: np.random.Generator, spec: SimulationSpec, demand: Floats) -> Floats:
    """Spend over its mean level, ``[R, W, C]``, given demand ``[R, W]`` around 0."""
    regions, weeks = demand.shape
    followed = demand - demand.mean(axis=1, keepdims=True)
    followed = followed / followed.std(axis=1, keepdims=True)
    idiosyncratic: dict[str, Floats] = {}
    plan = np.zeros((regions, weeks, len(spec.channels)))
    for position, channel in enumerate(spec.channels):
        own = np.sqrt(1.0 - _REGIONAL) * autoregression(rng, 0.5, (1, weeks)) + np.sqrt(
            _REGIONAL
        ) * autoregression(rng, 0.5, (regions, weeks))
        if channel.twin is not None:
            rho = channel.twin_correlation
            own = rho * idiosyncratic[channel.twin] + np.sqrt(1.0 - rho**2) * own
        idiosyncratic[channel.name] = own
        follow = channel.follows_demand
        mixed = follow * followed + np.sqrt(1.0 - follow**2) * own
        sd = np.sqrt(np.log1p(channel.variation**2))
        plan[:, :, position] = np.exp(sd * mixed - sd**2 / 2.0)
        if channel.bursts:
            plan[:, :, position] *= 2.0 * _flights(rng, regions, weeks)
        plan[:, : channel.launch_week, position] = 0.0
        plan[:, slice(*channel.dark), position] = 0.0
    spike = rng.random(plan.shape) < spec.spikes
    return np.where(spike, plan * rng.uniform(3.0, 5.0, plan.shape), plan)


def true_cost(rng: np.random.Generator, channel: ChannelSpec, shape: tuple[int, int]) -> Floats:
    """Cost per unit of exposure ``[R, W]``."""
    sd = np.sqrt(np.log1p(channel.exposure_noise**2))
    return channel.cost * np.exp(sd * rng.standard_normal(shape))


def _flights(rng: np.random.Generator, regions: int, weeks: int) -> Floats:
    """1 in the weeks of a flight, ``[R, W]``; flights start up to 2 weeks apart by region."""
    on = np.zeros((regions, weeks))
    start = int(rng.integers(0, 4))
    while start < weeks:
        length = int(rng.integers(3, 6))
        for region in range(regions):
            if rng.random() < 0.85:
                first = max(start + int(rng.integers(-2, 3)), 0)
                on[region, first : first + length] = 1.0
        start += length + int(rng.integers(2, 6))
    return on
