"""Brand searches, site visits and awareness of a simulated brand: what media create of them.

Random numbers of their own: a brand without mediators is the brand it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.mediators import Mediator, Mediators, sampling_error
from mmm_model.panel import Floats
from mmm_model.simulator.curves import lagged_sum
from mmm_model.simulator.plans import autoregression
from mmm_model.simulator.spec import MediatorSpec

_KERNEL_WEEKS = 40


@dataclass(frozen=True)
class Mediated:
    """Mediators as they came about.

    Parameters
    ----------
    specs, channels
        N mediators and the names of the C channels.
    own
        ``[R, W, N]`` what comes without media, over the mediator's mean.
    usual
        ``[R, N, C]`` mean of what media leave behind, as the plan was; what counts as one.
    recorded
        What a table would hold.
    """

    specs: tuple[MediatorSpec, ...]
    channels: tuple[str, ...]
    own: Floats
    usual: Floats
    recorded: Mediators

    def created(self, exposure: Floats) -> Floats:
        """What media create at an exposure ``[R, W, C]``, over the mediator's mean: ``[R, W, N]``.

        Each channel's part is a concave power of its exposure, carried over.
        """
        return np.stack([_created(spec, self.channels, exposure, self.usual[:, n])
                         for n, spec in enumerate(self.specs)], axis=-1)  # fmt: skip

    def effect(self, exposure: Floats) -> Floats:
        """What mediators bring at an exposure, over the baseline KPI's size: ``[R, W]``."""
        share = np.array([spec.kpi_share for spec in self.specs])
        return np.asarray((self.own + self.created(exposure)) @ share)


def draw_mediators(
    specs: tuple[MediatorSpec, ...],
    channels: tuple[str, ...],
    exposure: Floats,
    demand: Floats,
    seed: int,
) -> Mediated:
    """Draw what mediators do without media, and what is recorded of them.

    Parameters
    ----------
    exposure, demand
        ``[R, W, C]`` of all media, and ``[R, W]`` around nothing.
    """
    rng = np.random.default_rng([seed, 2311])
    own, usual, value, error = [], [], [], []
    for spec in specs:
        size = np.stack([_left(spec, exposure[..., c]).mean(1) for c in range(len(channels))], -1)
        moved = spec.own_sd * autoregression(rng, spec.own_ar, demand.shape)
        alone = (1.0 - sum(spec.created.values())) * (1.0 + spec.follows_demand * demand) + moved
        alone = np.maximum(alone, 0.02)
        true = spec.level * (alone + _created(spec, channels, exposure, size))
        own.append(alone)
        usual.append(np.maximum(size, 1e-12))
        seen, doubt = _recorded(rng, spec, true)
        value.append(seen)
        error.append(doubt)
    return Mediated(
        specs=specs,
        channels=channels,
        own=np.stack(own, -1),
        usual=np.stack(usual, 1),
        recorded=Mediators(
            nodes=tuple(Mediator(s.name, is_survey=s.asked > 0) for s in specs),
            value=np.stack(value, -1),
            error=np.stack(error, -1),
        ),
    )


def _left(spec: MediatorSpec, exposure: Floats) -> Floats:
    """What exposure ``[R, W]`` leaves behind, week by week."""
    kernel = spec.decay ** np.arange(_KERNEL_WEEKS)
    return lagged_sum(exposure**spec.power, kernel / kernel.sum())


def _created(
    spec: MediatorSpec, channels: tuple[str, ...], exposure: Floats, usual: Floats
) -> Floats:
    """``[R, W]`` over the mediator's mean."""
    total = np.zeros(exposure.shape[:2])
    for name, share in spec.created.items():
        c = channels.index(name)
        total += share * _left(spec, exposure[..., c]) / np.maximum(usual[:, [c]], 1e-12)
    return total


def _recorded(rng: np.random.Generator, spec: MediatorSpec, true: Floats) -> tuple[Floats, Floats]:
    """What is recorded of true values ``[R, W]``, and its standard error; NaN between waves."""
    if not spec.asked:
        return true, np.zeros_like(true)
    share = np.clip(true, 0.001, 0.999)
    found = rng.binomial(spec.asked, share) / spec.asked
    between = np.arange(true.shape[1]) % spec.every != 0
    found[:, between] = np.nan
    return found, sampling_error(found, np.full(found.shape, float(spec.asked)))
