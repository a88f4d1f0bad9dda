"""Draws of the posterior: shapes, sizes and regions' returns, and how well chains have mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model.fit.posterior.brand import Stock
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.diagnostics import effective_draws, split_r_hat
from mmm_model.fit.posterior.lift_evidence import Test, draw_form_doubt
from mmm_model.fit.posterior.moving_evidence import Moments
from mmm_model.fit.posterior.state import Draw
from mmm_model.panel import Floats

# Share of what media bring from which it matters whether chains agree on a channel.
_MATTERS = 0.02


@dataclass(frozen=True)
class Draws:
    """D draws, chain after chain.

    Parameters
    ----------
    design
        What they were sampled from.
    chains
        Number of chains.
    shape
        ``[D, C]`` indices into the bank of shapes.
    size
        ``[D, C]`` mean contribution over the KPI (regions' own returns at one).
    region
        ``[D, R, C]`` a region's return over the nation's.
    reading
        ``[D, C]`` candidate for the exposure of a channel that is read with errors.
    readout
        ``[D, J, C]`` how effectiveness moves, see `Moving`.
    effect, effect_region
        ``[D, T]`` coefficients of treatments, over the region's size, and ``[D, R, T]`` a region's
        over the nation's.
    misfit
        ``[D]`` half of the squared whitened residual.
    moments
        Of some draws, for the evidence that effectiveness moves; None where it moves already.
    stock
        D of them, that media leave behind.
    """

    design: Design
    chains: int
    shape: np.ndarray
    size: Floats
    region: Floats
    reading: np.ndarray
    readout: Floats
    effect: Floats
    effect_region: Floats
    misfit: Floats
    moments: Moments | None
    stock: tuple[Stock, ...]

    @classmethod
    def of(
        cls, design: Design, chains: list[list[Draw]], seed: int, tests: Sequence[Test] = ()
    ) -> Draws:
        """Gather chains; sizes spread by `priors.FORM_DOUBT`, of which tests say something, too."""
        kept = [draw for chain in chains for draw in chain]
        shape, size = np.stack([d.shape for d in kept]), np.stack([d.size for d in kept])
        region = np.stack([d.region for d in kept])
        looks = [d.moments for d in kept if d.moments is not None]
        doubt = draw_form_doubt(np.random.default_rng(seed), shape, size, region, tests)
        return cls(
            design=design,
            chains=len(chains),
            shape=shape,
            size=size * np.exp(doubt),
            region=region,
            reading=np.stack([d.reading for d in kept]),
            readout=np.stack([d.readout for d in kept]),
            effect=np.stack([d.effect for d in kept]),
            effect_region=np.stack([d.effect_region for d in kept]),
            misfit=np.array([d.misfit for d in kept]),
            moments=Moments.stacked(looks) if looks else None,
            stock=tuple(d.stock for d in kept),
        )

    def spread_out(self, count: int) -> np.ndarray:
        """Indices of so many draws, evenly from all chains: the members of an ensemble."""
        return np.linspace(0, len(self.size) - 1, min(count, len(self.size))).round().astype(int)

    def values(self, index: np.ndarray) -> dict[str, Floats]:
        """Parameters of the shapes in natural units ``[M, C]`` of M draws."""
        return self.design.shapes.values(self.shape[index])

    def coefficient(self, index: np.ndarray) -> Floats:
        """``[M, R, C]`` ceilings of the responses of M draws, over the region's size."""
        each = range(self.design.channels)
        unit = np.stack([self._unit(c)[index] for c in each], axis=-1)
        return np.asarray(self.region[index] * (self.size[index] / unit)[:, None])

    def _unit(self, channel: int) -> Floats:
        """``[D]`` mean of a channel's response before it was scaled to one."""
        shape = self.shape[:, channel]
        if channel not in self.design.candidates:
            return self.design.responses[channel].unit[shape]
        each = self.design.candidates[channel].responses
        return np.stack([one.unit for one in each])[self.reading[:, channel], shape]

    @property
    def r_hat(self) -> Floats:
        """``[C]`` split R-hat of the logarithm of a channel's size."""
        return split_r_hat(self._log_sizes())

    @property
    def worst_r_hat(self) -> float:
        """Largest R-hat of a channel that matters; one where it cannot be told."""
        size = self.size.mean(axis=0)
        own = self.r_hat[size > _MATTERS * size.sum()]
        return float(np.nan_to_num(own, nan=1.0).max(initial=1.0))

    @property
    def effective(self) -> Floats:
        """``[C]`` effective number of draws of the same."""
        return effective_draws(self._log_sizes())

    def _log_sizes(self) -> Floats:
        """``[chains, N, C]``."""
        log = np.log(np.maximum(self.size, 1e-12))
        return log.reshape(self.chains, -1, log.shape[1])
