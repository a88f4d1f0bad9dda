"""A simulated brand: what happened, and what would have happened otherwise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmm_model.panel import Bools, Floats, Panel
from mmm_model.simulator.curves import adstock_kernel, lagged_sum, response, worked
from mmm_model.simulator.mediators import Mediated
from mmm_model.simulator.spec import SimulationSpec
from mmm_model.simulator.treatments import Treated


@dataclass(frozen=True)
class Simulation:
    """Simulated data and its truth.

    ``kpi = baseline + controls + treatments + mediators + direct + brand + noise``.

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
    frequency
        ``[R, W, C]`` contacts per person reached; NaN for channels without.
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
    treated
        Promotions, prices and holidays; None: there are none.
    mediated
        What media create and nobody buys; None: there is nothing of it.
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
    frequency: Floats
    effect: Floats
    drive_scale: tuple[Floats, ...]
    typical: Floats
    observed: Bools
    exists: Bools
    outage: Bools
    treated: Treated | None = None
    mediated: Mediated | None = None

    def mediator_effect(self, exposure: Floats) -> Floats:
        """What mediators bring at an exposure ``[R, W, C]``: ``[R, W]`` KPI units."""
        if self.mediated is None:
            return np.zeros(self.exists.shape)
        found = self.size[:, None] * self.mediated.effect(exposure)
        return np.where(self.exists, found, 0.0)

    def through_mediators(self, off: str) -> Floats:
        """KPI ``[R, W]`` lost through mediators alone had a channel created nothing of them.

        Channels that it drives stay as they are: what these create is earned through them.
        """
        exposure = self.exposure
        without = exposure.copy()
        without[..., self.channels.index(off)] = 0.0
        return self.mediator_effect(exposure) - self.mediator_effect(without)

    @property
    def treatment_effect(self) -> Floats:
        """``[R, W, T]`` what each treatment did, KPI units."""
        if self.treated is None:
            return np.zeros((*self.exists.shape, 0))
        return np.where(self.exists[..., None], self.size[:, None, None] * self.treated.effect, 0.0)

    def left_behind(self, contribution: Floats) -> Floats:
        """KPI ``[R, W]`` that a slow stock of contributions ``[R, W, C]`` adds."""
        brand = self.spec.brand
        if brand is None:
            return np.zeros(self.exists.shape)
        own = [self.channels.index(name) for name in brand.channels]
        fed = contribution[..., own].sum(-1)
        share = 0.5 ** (1.0 / brand.half_life)
        now, found = brand.start * fed[:, :52].mean(axis=1), np.zeros_like(fed)
        for week in range(fed.shape[1]):
            found[:, week] = now
            now = share * now + (1.0 - share) * fed[:, week]
        return np.where(self.exists, brand.multiple * found, 0.0)

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
            per_head = self.worked(exposure, c) / self.size[:, None] / self.typical[c]
            share = per_head if channel.frequency else response(channel, per_head)
            out[:, :, c] = self.effect[:, [c]] * share
        return np.where(self.exists[:, :, None], out, 0.0)

    def worked(self, exposure: Floats, c: int) -> Floats:
        """Adstocked exposure ``[R, W]`` of a channel."""
        often = self.frequency[:, :, c]
        return worked(self.spec.channels[c], exposure[:, :, c], often, self.usual_frequency[c])

    @property
    def usual_frequency(self) -> Floats:
        """Frequency ``[C]`` that a curve has as its unit: the mean of the people reached."""
        reach = self.planned.sum(axis=(0, 1))
        contacts = (self.planned * self.frequency).sum(axis=(0, 1))
        return np.asarray(contacts / np.where(reach > 0, reach, 1.0))

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
        exposure, without = self.exposure, self.exposure_without(off)
        lost = (self.contribution(exposure) - self.contribution(without)).sum(axis=-1)
        if self.mediated is None:
            return lost
        return lost + self.mediator_effect(exposure) - self.mediator_effect(without)

    def expected_kpi(self, spend: Floats) -> Floats:
        """True KPI ``[R, W]`` without noise when ``spend`` ``[R, W, C]`` is spent.

        Spend buys exposure at the cost of its week and region; every channel's spend is taken
        as decided, so no channel responds to another.
        """
        beside = self.baseline + self.control_effect + self.treatment_effect.sum(-1)
        beside = beside + self.mediator_effect(spend / self.cost)
        direct = self.contribution(spend / self.cost)
        return beside + direct.sum(-1) + self.left_behind(direct)

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
            frequency=None if np.isnan(self.frequency).all() else self.frequency,
            treatments=self.treated.treatments if self.treated else (),
            treatment=self.treated.values if self.treated else np.zeros((0, 0, 0)),
            mediators=self.mediated.recorded if self.mediated else None,
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
