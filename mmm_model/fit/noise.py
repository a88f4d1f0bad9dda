"""What the equation leaves over: drifting levels, shocks shared by all regions, noise.

The level of a region walks at random; a second walk and a weekly shock are shared by all
regions, so that a week in which everybody had a surprise counts as one surprise and not as
R of them. Both are Gaussian and are integrated out; how strongly they move is chosen by the
likelihood of the weeks of training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.fit.drift_filter import DriftFilter

# Standard deviations over the median absolute deviation of a normal distribution.
_NORMAL_MAD = 1.4826
# A surprise counts as at most so many standard deviations in the variance.
_LARGEST_SURPRISE = 3.0
# Factors of a trial in the search for the largest likelihood, and how often it turns.
_FACTORS, _TURNS = (5.0, 2.0), 4


@dataclass(frozen=True)
class NoiseModel:
    """Variances of what the equation leaves over, relative to the noise of a region-week.

    Parameters
    ----------
    drift
        Variance of a week's step of a region's own level.
    common_drift, common_shock
        Variance of a step, and of the one-week shock, that all regions share.
    variance
        ``[R]`` variance of the noise, in units of the region's size.
    precision
        ``[R, W]`` 1 for an ordinary week, less for an outlier, 0 where nothing was observed.
    """

    drift: float
    common_drift: float
    common_shock: float
    variance: Tensor
    precision: Tensor

    @property
    def weeks(self) -> int:
        """Number of fitted weeks."""
        return self.precision.shape[1]

    def with_ratios_of(self, other: NoiseModel) -> NoiseModel:
        """Return this one, levels moving as strongly as in another."""
        return replace(
            self,
            drift=other.drift,
            common_drift=other.common_drift,
            common_shock=other.common_shock,
        )

    def part(self, rows: Tensor, weeks: int) -> NoiseModel:
        """Return that of some regions in the first weeks."""
        return replace(self, variance=self.variance[rows], precision=self.precision[rows, :weeks])


@dataclass(frozen=True)
class Whitening:
    """Filters that make the residuals of the equation independent with unit variance.

    Parameters
    ----------
    noise
        What the filters are of.
    region
        Of each region's own level and noise.
    common
        Of what all regions share; None for a single region.
    """

    noise: NoiseModel
    region: DriftFilter
    common: DriftFilter | None

    @classmethod
    def of(cls, noise: NoiseModel) -> Whitening:
        """Build the filters; all regions at once."""
        region = DriftFilter.of(noise.variance, noise.precision, noise.drift, priors.LEVEL_START)
        common = None
        if len(noise.variance) > 1:
            typical = typical_variance(noise)[None]
            shock = typical.new_full((1, noise.weeks), 1.0 / noise.common_shock)
            common = DriftFilter.of(typical, shock, noise.common_drift, 0.0)
        return cls(noise, region, common)

    @property
    def log_determinant(self) -> Tensor:
        """Of both covariances together."""
        own = self.region.log_determinant.sum()
        return own if self.common is None else own + self.common.log_determinant[0]

    def level(self, innovation: Tensor, weeks: int) -> Tensor:
        """Expected level ``[M, R, weeks]`` given innovations ``[M, R, W]``; flat after the last."""
        return self.region.level(innovation.permute(1, 2, 0), weeks).permute(2, 0, 1)

    def common_level(self, common: Tensor, weeks: int) -> Tensor:
        """Walking part ``[M, weeks]`` of what all regions share, ``[M, W]``."""
        if self.common is None:
            return common.new_zeros(len(common), weeks)
        return self.common.level(self.common.whiten(common.T[None]), weeks)[0].T

    def forecast_variance(self) -> tuple[Tensor, Tensor, Tensor]:
        """Variance of a week's noise, of the last level, and of a week's drift, each ``[R]``."""
        noise, drift = self.noise, self.region.step
        week = noise.variance
        if self.common is not None:
            week = week + noise.common_shock * typical_variance(noise)
            drift = drift + self.common.step
        return week, self.region.last_variance, drift

    def common_variance(self) -> tuple[Tensor, Tensor]:
        """Of a week's noise and of its drift, the part that all regions share; numbers."""
        if self.common is None:
            return self.noise.variance.new_zeros(()), self.noise.variance.new_zeros(())
        shock = self.noise.common_shock * typical_variance(self.noise)
        return shock, self.common.step.max()


def typical_variance(noise: NoiseModel) -> Tensor:
    """Variance of the noise of a typical region."""
    return noise.variance.median()


def ordinary_weeks(target: Tensor, observed: Tensor) -> NoiseModel:
    """First guess: a week far from its region's median (an outage coded as zero) weighs less."""
    known = torch.where(observed > 0, target, torch.nan)
    median = known.nanmedian(dim=1, keepdim=True).values
    spread = _NORMAL_MAD * (known - median).abs().nanmedian(dim=1, keepdim=True).values
    distance = ((known - median).abs() / spread.clamp_min(1e-3)).nan_to_num(0.0)
    return NoiseModel(
        drift=priors.FIRST_DRIFT,
        common_drift=priors.FIRST_COMMON_DRIFT,
        common_shock=priors.FIRST_COMMON_SHOCK,
        variance=target.new_full((len(target),), priors.FIRST_VARIANCE),
        precision=observed * _weight(distance, priors.FAR_FROM_MEDIAN),
    )


def learn_ratios(noise: NoiseModel, log_likelihood: Callable[[NoiseModel], Tensor]) -> NoiseModel:
    """Choose how strongly levels move by the largest likelihood.

    A pattern search (Hooke & Jeeves, 1961): one ratio after the other is multiplied or divided,
    first by a large factor, then by a small one, for as long as the likelihood rises.
    """
    names = ["drift"] if len(noise.variance) == 1 else ["drift", "common_drift", "common_shock"]
    best, value = noise, float(log_likelihood(noise))
    for factor in _FACTORS:
        for _ in range(_TURNS):
            before = value
            for name in names:
                for trial in _neighbours(best, name, factor):
                    found = float(log_likelihood(trial))
                    if found > value:
                        best, value = trial, found
                        break
            if value <= before:
                break
    return best


def _neighbours(noise: NoiseModel, name: str, factor: float) -> Iterator[NoiseModel]:
    """Noise with one ratio a factor higher, then lower."""
    low, high = priors.DRIFT_BOUNDS
    for step in (factor, 1.0 / factor):
        yield replace(noise, **{name: min(max(getattr(noise, name) * step, low), high)})


def reweigh(
    noise: NoiseModel, observed: Tensor, innovation: Tensor, residual: Tensor
) -> NoiseModel:
    """Variance of each region, drawn to that of all, and outliers among the residuals.

    Parameters
    ----------
    noise
        What the residuals were computed with.
    observed
        ``[R, W]`` 1 where the KPI was observed.
    innovation, residual
        ``[R, W]`` whitened, and in units of the region's size.
    """
    square = innovation.clamp(-_LARGEST_SURPRISE, _LARGEST_SURPRISE).square()
    count, few = observed.sum(1), priors.VARIANCE_WEEKS
    pooled = square.sum() / count.sum()
    ratio = (square.sum(1) + few * pooled) / (count + few)
    variance = (noise.variance * ratio).clamp_min(priors.SMALLEST_VARIANCE)
    weight = _weight(residual.abs() / variance.sqrt()[:, None], priors.OUTLIER)
    return replace(noise, variance=variance, precision=observed * weight)


def _weight(distance: Tensor, limit: float) -> Tensor:
    """Weight of a residual: one up to the limit, falling with the square beyond."""
    return (limit / distance.clamp_min(limit)).square()
