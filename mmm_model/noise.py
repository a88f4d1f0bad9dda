"""What the equation leaves over: drifting levels, shocks shared by all regions, noise.

The level of a region walks at random; a second walk and a weekly shock are shared by all
regions, so that a week in which everybody had a surprise counts as one surprise and not as
R of them. Both are Gaussian and are integrated out; how strongly they move is chosen by the
likelihood of the weeks of training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmm_model.linear import drift_covariance, innovations

_START_VARIANCE = 1e3
_LARGEST_RATIO = 10.0
_SMALLEST_VARIANCE = 1e-8
_FAR_FROM_MEDIAN = 5.0
_OUTLIER = 3.0
_PRIOR_WEEKS = 5.0


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
    region
        ``[R, W, W]`` filter of a region's own level and noise.
    common
        ``[W, W]`` filter of what all regions share; None for a single region.
    log_determinant
        Of both covariances together.
    """

    region: Tensor
    common: Tensor | None
    log_determinant: Tensor
    noise: NoiseModel

    @classmethod
    def of(cls, noise: NoiseModel) -> Whitening:
        """Build the filters; all regions at once."""
        like = noise.variance
        region, logdet = innovations(noise.drift, _START_VARIANCE, noise.precision)
        region = region * noise.variance.rsqrt()[:, None, None]
        seen = (noise.precision > 0).to(like.dtype)
        total = logdet.sum() + (seen.sum(1) * noise.variance.log()).sum()
        common = None
        if len(like) > 1:
            shock = like.new_full((1, noise.weeks), 1.0 / noise.common_shock)
            common, common_logdet = innovations(noise.common_drift, 0.0, shock)
            scale = typical_variance(noise)
            common = common[0] * scale.rsqrt()
            total = total + common_logdet[0] + noise.weeks * scale.log()
        return cls(region, common, total, noise)

    def level(self, innovation: Tensor, weeks: int) -> Tensor:
        """Expected level ``[M, R, weeks]`` given innovations ``[M, R, W]``; flat after the last."""
        noise = self.noise
        like = noise.variance
        walk = drift_covariance(
            max(weeks, noise.weeks), like.new_tensor(noise.drift), _START_VARIANCE
        )
        walk = walk[:weeks, : noise.weeks]
        back = torch.einsum("rts,mrt->mrs", self.region, innovation)
        return torch.einsum("ws,mrs->mrw", walk, back) * noise.variance[:, None]

    def common_level(self, common: Tensor, weeks: int) -> Tensor:
        """Walking part ``[M, weeks]`` of what all regions share, ``[M, W]``."""
        if self.common is None:
            return common.new_zeros(len(common), weeks)
        noise = self.noise
        walk = drift_covariance(
            max(weeks, noise.weeks), common.new_tensor(noise.common_drift), 0.0
        )[:weeks, : noise.weeks]
        back = common @ self.common.T @ self.common
        return back @ walk.T * typical_variance(noise)

    def forecast_variance(self) -> tuple[Tensor, Tensor, Tensor]:
        """Variance of a week's noise, of the last level, and of a week's drift, each ``[R]``."""
        noise = self.noise
        walk = drift_covariance(
            noise.weeks, noise.variance.new_tensor(noise.drift), _START_VARIANCE
        )
        seen = noise.variance.rsqrt()[:, None] * walk[-1]
        known = (self.region @ (seen * noise.variance[:, None])[..., None])[..., 0]
        level = (walk[-1, -1] * noise.variance - known.square().sum(1)).clamp_min(0.0)
        shared = typical_variance(noise) if self.common is not None else torch.zeros(())
        week = noise.variance + noise.common_shock * shared
        drift = noise.drift * noise.variance + noise.common_drift * shared
        return week, level, drift


def typical_variance(noise: NoiseModel) -> Tensor:
    """Variance of the noise of a typical region."""
    return noise.variance.median()


def ordinary_weeks(target: Tensor, observed: Tensor) -> NoiseModel:
    """First guess: a week far from its region's median (an outage coded as zero) weighs less."""
    known = torch.where(observed > 0, target, torch.nan)
    median = known.nanmedian(dim=1, keepdim=True).values
    spread = 1.4826 * (known - median).abs().nanmedian(dim=1, keepdim=True).values
    distance = ((known - median).abs() / spread.clamp_min(1e-3)).nan_to_num(0.0)
    return NoiseModel(
        drift=0.01,
        common_drift=0.003,
        common_shock=0.1,
        variance=target.new_full((len(target),), 0.01),
        precision=observed * _weight(distance, _FAR_FROM_MEDIAN),
    )


def learn_ratios(noise: NoiseModel, log_likelihood: Callable[[NoiseModel], Tensor]) -> NoiseModel:
    """Choose how strongly levels move by a pattern search for the largest likelihood."""
    names = ["drift"] if len(noise.variance) == 1 else ["drift", "common_drift", "common_shock"]
    best, value = noise, float(log_likelihood(noise))
    for factor in (5.0, 2.0):
        for _ in range(4):
            before = value
            for name in names:
                for step in (factor, 1.0 / factor):
                    ratio = min(max(getattr(best, name) * step, 1e-5), _LARGEST_RATIO)
                    trial = replace(best, **{name: ratio})
                    found = float(log_likelihood(trial))
                    if found > value:
                        best, value = trial, found
                        break
            if value <= before:
                break
    return best


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
    square = innovation.clamp(-3.0, 3.0).square()
    count = observed.sum(1)
    pooled = square.sum() / count.sum()
    ratio = (square.sum(1) + _PRIOR_WEEKS * pooled) / (count + _PRIOR_WEEKS)
    variance = (noise.variance * ratio).clamp_min(_SMALLEST_VARIANCE)
    distance = residual.abs() / variance.sqrt()[:, None]
    return replace(noise, variance=variance, precision=observed * _weight(distance, _OUTLIER))


def _weight(distance: Tensor, limit: float) -> Tensor:
    """Weight of a residual: one up to the limit, falling with the square beyond."""
    return (limit / distance.clamp_min(limit)).square()
