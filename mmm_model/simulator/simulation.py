"""Draw a brand's data together with the exact truth behind it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mmm_model.panel import Bools, Floats, Panel
from mmm_model.simulator.curves import adstock_kernel, lagged_sum, response
from mmm_model.simulator.plans import autoregression, plan_multipliers, true_cost
from mmm_model.simulator.spec import SimulationSpec


@dataclass(frozen=True)
class Simulation:
    """Simulated data and its truth; ``kpi = baseline + controls + direct + noise``.

    Parameters
    ----------
    spec
        What was simulated.
    size
        ``[R]`` mean baseline KPI of the regions.
    baseline, control_effect, noise, kpi
        ``[R, W]`` in KPI units.
    control
        ``[R, W, K]``.
    planned
        ``[R, W, C]`` exposure that was bought; the rest of ``exposure`` other channels created.
    cost
        ``[R, W, C]`` currency per unit of exposure.
    effect
        ``[R, C]`` KPI at full response.
    drive_scale
        Per drive, ``[R]`` factor from the source's to the created exposure.
    typical
        ``[C]`` mean adstocked exposure per unit of size, the unit of the response curves.
    observed, exists
        ``[R, W]`` whether the KPI was recorded, and whether the region sold at all.
    outage
        ``[R, W]`` whether the recording had failed.
    """

    spec: SimulationSpec
    size: Floats
    baseline: Floats
    control_effect: Floats
    noise: Floats
    kpi: Floats
    control: Floats
    planned: Floats
    cost: Floats
    effect: Floats
    drive_scale: tuple[Floats, ...]
    typical: Floats
    observed: Bools
    exists: Bools
    outage: Bools

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(channel.name for channel in self.spec.channels)

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the controls."""
        return ("price_index", "brand_interest") if self.spec.indicator else ("price_index",)

    @property
    def week_index(self) -> pd.DatetimeIndex:
        """The Mondays."""
        return pd.date_range(self.spec.first_week, periods=self.spec.weeks, freq="7D")

    @property
    def exposure(self) -> Floats:
        """Observed exposure ``[R, W, C]``: bought and created."""
        return self.respond(self.planned)

    @property
    def spend(self) -> Floats:
        """Observed spend ``[R, W, C]``; created exposure is paid for too (a click is a click)."""
        return self.exposure * self.cost

    def respond(self, planned: Floats) -> Floats:
        """Exposure ``[R, W, C]`` when ``planned`` is bought and driven channels respond."""
        exposure = planned.copy()
        for drive, scale in zip(self.spec.drives, self.drive_scale, strict=True):
            source, target = self.channels.index(drive.source), self.channels.index(drive.target)
            raised = (exposure[:, :, source] / scale[:, None]) ** drive.power
            created = lagged_sum(raised, np.asarray(drive.kernel))
            exposure[:, :, target] += (
                created * self.drive_level(drive.target)[:, None] * drive.share
            )
        return exposure

    def drive_level(self, target: str) -> Floats:
        """Mean exposure ``[R]`` of a driven channel, to which the drives' shares refer."""
        position = self.channels.index(target)
        created = sum(drive.share for drive in self.spec.drives if drive.target == target)
        level: Floats = self.planned[:, :, position].mean(axis=1) / (1.0 - created)
        return level

    def contribution(self, exposure: Floats) -> Floats:
        """Direct contribution ``[R, W, C]`` in KPI units at an exposure ``[R, W, C]``."""
        out = np.zeros_like(exposure)
        for c, channel in enumerate(self.spec.channels):
            per_head = lagged_sum(exposure[:, :, c], adstock_kernel(channel)) / self.size[:, None]
            out[:, :, c] = self.effect[:, [c]] * response(channel, per_head / self.typical[c])
        return np.where(self.exists[:, :, None], out, 0.0)

    def exposure_without(self, off: Collection[str]) -> Floats:
        """Exposure ``[R, W, C]`` had the channels ``off`` never run and the others responded.

        A switched-off channel is at zero even if others would create exposure for it.
        """
        mask = np.array([name in off for name in self.channels])
        exposure = self.planned.copy()
        exposure[:, :, mask] = 0.0
        exposure = self.respond(exposure)
        exposure[:, :, mask] = 0.0
        return exposure

    def total_contribution(self, off: Collection[str]) -> Floats:
        """KPI ``[R, W]`` lost when the channels ``off`` never run and the others respond."""
        lost = self.contribution(self.exposure) - self.contribution(self.exposure_without(off))
        return lost.sum(axis=-1)

    def expected_kpi(self, spend: Floats) -> Floats:
        """True KPI ``[R, W]`` without noise when ``spend`` ``[R, W, C]`` is spent.

        Spend buys exposure at the cost of its week and region; every channel's spend is taken
        as decided, so no channel responds to another.
        """
        return self.baseline + self.control_effect + self.contribution(spend / self.cost).sum(-1)

    def panel(self) -> Panel:
        """Return the panel that a faultless loading of the tables gives."""
        exposure = np.where(self.exists[:, :, None], self.exposure, 0.0)
        return Panel(
            regions=self.spec.regions,
            weeks=self.week_index,
            channels=self.channels,
            controls=self.controls,
            kpi=np.where(self.observed, self.kpi, 0.0),
            observed=self.observed,
            exposure=exposure,
            spend=exposure * self.cost,
            control=self.control,
            value_per_kpi=np.full_like(self.kpi, self.spec.value_per_kpi),
        )

    def truth(self) -> dict[str, Any]:
        """Return the truth by channel, and the edges, ready for JSON."""
        exposure, spend, value = self.exposure, self.spend, self.spec.value_per_kpi
        direct = self.contribution(exposure)
        channels = {}
        for c, channel in enumerate(self.spec.channels):
            total = self.total_contribution({channel.name}).sum()
            step = np.ones(len(self.spec.channels))
            step[c] = 1.01
            gained = (self.contribution(exposure * step) - direct).sum()
            paid = spend[:, :, c].sum()
            channels[channel.name] = {
                "spend": float(paid),
                "exposure": float(exposure[:, :, c].sum()),
                "direct": float(direct[:, :, c].sum()),
                "mediated": float(total - direct[:, :, c].sum()),
                "total": float(total),
                "share_of_kpi": float(direct[:, :, c].sum() / self.kpi.sum()),
                "roi": float(value * total / paid),
                "direct_roi": float(value * direct[:, :, c].sum() / paid),
                "marginal_direct_roi": float(value * gained / (0.01 * paid)),
                "adstock": [float(weight) for weight in adstock_kernel(channel)],
                "family": channel.family,
                "slope": channel.slope,
                "half_saturation_per_head": float(channel.half_saturation * self.typical[c]),
            }
        return {
            "channels": channels,
            "edges": [
                {
                    "source": d.source,
                    "target": d.target,
                    "share_of_target": d.share,
                    "kernel": list(d.kernel),
                }
                for d in self.spec.drives
            ],
        }


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

    demand = _demand(rng, spec)
    exists = np.ones((regions, weeks), dtype=bool)
    for region in np.flatnonzero(rng.random(regions) < spec.late_share):
        exists[region, : rng.integers(8, max(weeks // 3, 9))] = False
    # Trade promotions cut the price in about one week in eight, region by region.
    price = 1.0 + 0.02 * autoregression(rng, 0.8, (regions, weeks))
    price -= 0.12 * (rng.random((regions, weeks)) < 0.12)

    plan = plan_multipliers(rng, spec, demand)
    cost = np.stack([true_cost(rng, channel, (regions, weeks)) for channel in spec.channels], -1)
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
        effect=np.ones((regions, len(names))),
        drive_scale=tuple(
            np.maximum(planned[:, :, names.index(drive.source)].mean(axis=1), 1e-12)
            for drive in spec.drives
        ),
        typical=np.ones(len(names)),
        observed=exists.copy(),
        exists=exists,
        outage=np.zeros((regions, weeks), dtype=bool),
    )
    return _finish(rng, simulation, demand)


def _demand(rng: np.random.Generator, spec: SimulationSpec) -> Floats:
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


def _finish(rng: np.random.Generator, draft: Simulation, demand: Floats) -> Simulation:
    """Set the strength of the channels, add noise, indicator and dirt."""
    spec, exposure = draft.spec, draft.exposure
    regions, weeks = demand.shape
    adstocked = np.stack(
        [
            lagged_sum(exposure[:, :, c], adstock_kernel(channel))
            for c, channel in enumerate(spec.channels)
        ],
        axis=-1,
    )
    typical = np.maximum((adstocked / draft.size[:, None, None]).mean(axis=(0, 1)), 1e-12)
    pooled = np.exp(0.15 * rng.standard_normal((regions, len(spec.channels))))
    draft = replace(draft, typical=typical, effect=draft.size[:, None] * pooled)
    unit = draft.contribution(exposure).sum(axis=(0, 1))
    wanted = np.array([channel.kpi_share for channel in spec.channels]) * draft.baseline.sum()
    draft = replace(draft, effect=draft.effect * wanted / np.maximum(unit, 1e-12))

    expected = draft.baseline + draft.control_effect + draft.contribution(exposure).sum(axis=-1)
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
