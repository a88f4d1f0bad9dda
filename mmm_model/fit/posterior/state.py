"""Where a chain is, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.brand import Stock
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.moving_evidence import Moments
from mmm_model.fit.posterior.returns import Returns
from mmm_model.fit.posterior.usual import Usual
from mmm_model.fit.posterior.variances import Variances
from mmm_model.panel import Floats


@dataclass
class State:
    """Where a chain is.

    Parameters
    ----------
    shape, size
        ``[C]`` index of the shape and mean contribution over the KPI.
    region
        ``[R, C]`` a region's return over the nation's.
    region_spread
        Its standard deviation around one.
    returns
        Prior of the sizes.
    variances
        Of everything that is not media.
    usual
        What the channels' shapes have in common.
    readout
        ``[J, C]`` how effectiveness moves, see `Moving`; zero where it stays.
    slope
        ``[C]`` how strongly a channel follows a region's unseen demand, see `Movement`.
    reading
        ``[C]`` candidate for the exposure of a channel that is read with errors; else zero.
    effect
        ``[T']`` coefficients of promotions and prices, see `TreatmentColumns.drawn`.
    effect_region
        ``[R, T']`` a region's coefficients over the nation's; one in a nation.
    effect_spread
        Its standard deviation around one.
    stock
        That media leave behind.
    """

    shape: np.ndarray
    size: Floats
    region: Floats
    region_spread: float
    returns: Returns
    variances: Variances
    usual: Usual
    readout: Floats
    slope: Floats
    reading: np.ndarray
    effect: Floats
    effect_region: Floats
    effect_spread: float
    stock: Stock = field(default_factory=Stock)

    @classmethod
    def first(cls, design: Design, moving: Moving, rng: np.random.Generator) -> State:
        """Where a chain begins, by chance."""
        usual = Usual.first(design.shapes)
        prior = np.exp(usual.log_prior(design.shapes))
        returns = Returns.first()
        size = 0.5 * np.exp(returns.centre(design.log_spend_share))
        reading = np.zeros(design.channels, dtype=int)
        for c, own in design.candidates.items():
            reading[c] = own.drawn(rng)
        decided = int((~design.treatment.shrunk).sum())
        return cls(
            shape=rng.choice(len(prior), design.channels, p=prior / prior.sum()),
            size=size * np.exp(0.5 * rng.standard_normal(design.channels)),
            region=np.ones((design.regions, design.channels)),
            region_spread=priors.REGION_RETURNS[0],
            returns=returns,
            variances=Variances.first(design),
            usual=usual,
            readout=np.zeros((moving.basis.shape[1], design.channels)),
            slope=np.zeros(design.channels),
            reading=reading,
            effect=np.zeros(decided),
            effect_region=np.ones((design.regions, decided)),
            effect_spread=priors.REGION_EFFECTS[0],
        )


@dataclass(frozen=True)
class Draw:
    """What is kept of a sweep.

    Parameters
    ----------
    shape, size, region, readout, reading
        As of `State`.
    effect, effect_region
        ``[T]`` coefficients of all treatments, and ``[R, T]`` a region's over them.
    misfit
        Half of the squared whitened residual.
    moments
        For the evidence of moving effectiveness; of a few sweeps of a chain in which it stays.
    stock
        As of `State`.
    """

    shape: np.ndarray
    size: Floats
    region: Floats
    readout: Floats
    reading: np.ndarray
    effect: Floats
    effect_region: Floats
    misfit: float
    moments: Moments | None = None
    stock: Stock = field(default_factory=Stock)
