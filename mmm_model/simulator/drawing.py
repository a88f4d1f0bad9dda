"""Draw a brand's data from its spec."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.panel import Floats
from mmm_model.simulator.mediators import draw_mediators
from mmm_model.simulator.plans import autoregression, plan_multipliers, true_cost
from mmm_model.simulator.simulation import Simulation
from mmm_model.simulator.spec import SimulationSpec
from mmm_model.simulator.treatments import draw_treatments


def simulate(spec: SimulationSpec, seed: int) -> Simulation:
    """Draw one brand.

    Parameters
    ----------
    spec
        What to simulate.
    seed
        Seed; the same spec and seed give the same data.

    Raises
    ------
    ValueError
        If a drive names an unknown channel, or its source is itself driven by a later drive.
    """
    names = [channel.name for channel in spec.channels]
    for position, drive in enumerate(spec.drives):
        if drive.source not in names or drive.target not in names:
            raise ValueError(f"drive {drive.source} → {drive.target} names an unknown channel")
        if any(later.target == drive.source for later in spec.drives[position:]):
            raise ValueError(
                f"drive {drive.source} → {drive.target} comes before its source is set"
            )
    rng = np.random.default_rng(seed)
    regions, weeks = len(spec.regions), spec.weeks
    size = np.sort(spec.level * np.exp(spec.size_spread * rng.standard_normal(regions)))[::-1]

    demand = draw_demand(rng, spec) + _walk(spec, seed)
    exists = np.ones((regions, weeks), dtype=bool)
    for region in np.flatnonzero(rng.random(regions) < spec.late_share):
        exists[region, : rng.integers(8, max(weeks // 3, 9))] = False
    # Trade promotions cut the price in about one week in eight, region by region.
    price = 1.0 + 0.02 * autoregression(rng, 0.8, (regions, weeks))
    price -= 0.12 * (rng.random((regions, weeks)) < 0.12)

    plan = plan_multipliers(rng, spec, demand)
    treated = None
    if spec.treatments:
        index = pd.date_range(spec.first_week, periods=weeks, freq="7D")
        treated = draw_treatments(spec.treatments, spec.regions, index, seed)
        told = names.index(spec.treatments.announced_by)
        plan[..., told] *= 1.0 + spec.treatments.announced * treated.promoted
    cost = np.stack([true_cost(rng, channel, (regions, weeks)) for channel in spec.channels], -1)
    frequency = _frequencies(spec, seed)
    cost = cost * np.where(np.isnan(frequency), 1.0, frequency)  # of a contact, now of a person
    habit = np.exp(0.3 * rng.standard_normal((regions, len(names))) - 0.045)
    budget = np.array([channel.spend_share for channel in spec.channels]) * spec.value_per_kpi
    planned = plan * habit[:, None, :] * budget * size[:, None, None] / cost
    planned = np.where(exists[:, :, None], planned, 0.0)

    simulation = Simulation(
        spec=spec,
        size=size,
        baseline=np.where(exists, size[:, None] * (1.0 + demand), 0.0),
        control_effect=np.where(exists, size[:, None] * spec.price_effect * (price - 1.0), 0.0),
        noise=np.zeros((regions, weeks)),
        kpi=np.zeros((regions, weeks)),
        control=price[:, :, None],
        planned=planned,
        cost=cost,
        frequency=frequency,
        effect=np.ones((regions, len(names))),
        drive_scale=tuple(
            np.maximum(planned[:, :, names.index(drive.source)].mean(axis=1), 1e-12)
            for drive in spec.drives
        ),
        typical=np.ones(len(names)),
        observed=exists.copy(),
        exists=exists,
        outage=np.zeros((regions, weeks), dtype=bool),
        treated=treated,
    )
    return finish(rng, simulation, demand, seed)


def _frequencies(spec: SimulationSpec, seed: int) -> Floats:
    """Contacts per person reached ``[R, W, C]``, at least one; NaN for channels without.

    Random numbers of their own: a brand without frequencies is the brand it was.
    """
    rng = np.random.default_rng([seed, 1847])
    found = np.full((len(spec.regions), spec.weeks, len(spec.channels)), np.nan)
    for c, channel in enumerate(spec.channels):
        if channel.frequency:
            moved = channel.frequency_spread * autoregression(rng, 0.5, found.shape[:2])
            found[..., c] = np.maximum(channel.frequency * np.exp(moved), 1.0)
    return found


def _walk(spec: SimulationSpec, seed: int) -> Floats:
    """Random walk ``[1, W]`` around zero, of random numbers of its own."""
    step = np.random.default_rng([seed, 4093]).standard_normal((1, spec.weeks))
    walk = spec.level_drift * step.cumsum(axis=1)
    return np.asarray(walk - walk.mean())


def draw_demand(rng: np.random.Generator, spec: SimulationSpec) -> Floats:
    """Demand over its mean, minus 1, ``[R, W]``."""
    regions, weeks = len(spec.regions), spec.weeks
    years = np.arange(weeks) * 7.0 / 365.25
    phase = rng.uniform(0.0, 1.0, 2)
    season = np.cos(2.0 * np.pi * (years - phase[0]))
    season = season + 0.4 * np.cos(4.0 * np.pi * (years - phase[1]))
    strength = spec.season * (1.0 + 0.15 * rng.standard_normal((regions, 1)))
    shock = 0.8 * autoregression(rng, spec.demand_ar, (1, weeks)) + 0.6 * autoregression(
        rng, spec.demand_ar, (regions, weeks)
    )
    demand = spec.trend_per_year * (years - years.mean()) + strength * season
    return np.maximum(demand + spec.demand_sd * shock, -0.7)


def finish(rng: np.random.Generator, draft: Simulation, demand: Floats, seed: int) -> Simulation:
    """Set the strength of the channels, add noise, indicator and dirt."""
    spec, exposure = draft.spec, draft.exposure
    regions, weeks = demand.shape
    adstocked = np.stack(
        [draft.worked(exposure, c) for c in range(len(spec.channels))],
        axis=-1,
    )
    typical = np.maximum((adstocked / draft.size[:, None, None]).mean(axis=(0, 1)), 1e-12)
    pooled = np.exp(0.15 * rng.standard_normal((regions, len(spec.channels))))
    draft = replace(draft, typical=typical, effect=draft.size[:, None] * pooled)
    unit = draft.contribution(exposure).sum(axis=(0, 1))
    wanted = np.array([channel.kpi_share for channel in spec.channels]) * draft.baseline.sum()
    draft = replace(draft, effect=draft.effect * wanted / np.maximum(unit, 1e-12))
    if spec.mediators:
        drawn = draw_mediators(spec.mediators, draft.channels, exposure, demand, seed)
        draft = replace(draft, mediated=drawn)

    expected = draft.baseline + draft.control_effect + draft.contribution(exposure).sum(axis=-1)
    expected = expected + draft.treatment_effect.sum(axis=-1) + draft.mediator_effect(exposure)
    expected = expected + draft.left_behind(draft.contribution(exposure))
    noise = spec.noise * autoregression(rng, spec.noise_ar, (regions, weeks))
    kpi = np.maximum(expected + noise * expected.mean(axis=1, keepdims=True), 0.0)
    kpi = np.where(draft.exists, kpi, 0.0)

    control = draft.control
    if spec.indicator:
        moved = np.zeros_like(demand)
        if spec.drives and spec.indicator_media_share:
            source = draft.channels.index(spec.drives[0].source)
            moved = adstocked[:, :, source] / adstocked[:, :, [source]].mean(axis=(1, 2))[:, None]
            moved = spec.indicator_media_share * (moved - 1.0)
        indicator = 100.0 * (1.0 + demand + moved + 0.05 * rng.standard_normal(demand.shape))
        control = np.concatenate([control, indicator[:, :, None]], axis=-1)

    outage = np.zeros((regions, weeks), dtype=bool)
    hit = rng.permutation(regions)[: int(np.ceil(spec.outage_share * regions))]
    for region in hit if regions > 1 else []:
        start = int(rng.integers(weeks // 3, weeks - 16))
        outage[region, start : start + 8] = True
    absent = rng.random((regions, weeks)) < spec.missing_share
    observed = draft.exists & ~outage & ~absent
    return replace(
        draft, noise=kpi - expected, kpi=kpi, control=control, outage=outage, observed=observed
    )
