"""The bank of shapes that a channel's response may have: adstock × saturation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from mmm_model import priors
from mmm_model.equation.adstock.family import Adstock
from mmm_model.equation.saturation.family import Saturation
from mmm_model.panel import Floats

# A basis leaves out directions with less than this of the variance of the largest, as seen in
# so many cells of the panel.
_BASIS_ERROR = 1e-5
_BASIS_ROWS = 4000


@dataclass(frozen=True)
class ShapeBank:
    """S = A × H shapes, kernels outer.

    Parameters
    ----------
    kernel
        ``[A, L]`` adstock weights of the lags 0, 1, …; each adds up to one.
    saturation
        Family of the curves.
    kernel_values, curve_values
        ``[A]`` and ``[H]`` of each parameter in natural units, exposure over its mean.
    kernel_kind, curve_kind
        ``[A]`` and ``[H]``; how common each kind is, is pooled over the channels.
    log_within
        ``[S]`` log prior of a shape within its kinds.
    mean_lag
        ``[A]`` weeks by which a kernel's weights come later on average.
    log_elasticity
        ``[H]`` logarithm of the response's relative growth at the mean exposure.
    kernel_weight, curve_weight
        Expected shares of the kinds.
    """

    kernel: Floats
    saturation: Saturation
    kernel_values: dict[str, Floats]
    curve_values: dict[str, Floats]
    kernel_kind: np.ndarray
    curve_kind: np.ndarray
    log_within: Floats
    mean_lag: Floats
    log_elasticity: Floats
    kernel_weight: Floats
    curve_weight: Floats

    @classmethod
    def of(cls, adstock: Adstock, saturation: Saturation, lags: int) -> ShapeBank:
        """Return the shapes of two families whose kernels have so many lags."""
        kernels, curves = adstock.grid(lags), saturation.grid()
        kernel_values = {p.name: kernels.values[:, i] for i, p in enumerate(adstock.parameters)}
        curve_values = {p.name: curves.values[:, i] for i, p in enumerate(saturation.parameters)}
        natural = {name: torch.from_numpy(value.copy()) for name, value in kernel_values.items()}
        curve_natural = {n: torch.from_numpy(value.copy()) for n, value in curve_values.items()}
        mean = torch.zeros(1, dtype=torch.float64)
        growth = saturation.steepness(mean, curve_natural) / saturation.share(mean, curve_natural)
        kernel = adstock.kernel(natural, torch.arange(lags, dtype=torch.float64)).numpy()
        kernel_weight = np.bincount(kernels.kind, kernels.weight).astype(float)
        curve_weight = np.bincount(curves.kind, curves.weight).astype(float)
        log_kernel = np.log(kernels.weight / kernel_weight[kernels.kind])
        log_curve = np.log(curves.weight / curve_weight[curves.kind])
        return cls(
            kernel=kernel,
            saturation=saturation,
            kernel_values=kernel_values,
            curve_values=curve_values,
            kernel_kind=kernels.kind,
            curve_kind=curves.kind,
            log_within=(log_kernel[:, None] + log_curve).ravel(),
            mean_lag=kernel @ np.arange(lags),
            log_elasticity=growth.log().numpy(),
            kernel_weight=kernel_weight,
            curve_weight=curve_weight,
        )

    @property
    def curves(self) -> int:
        """Number H of curves."""
        return len(self.curve_kind)

    def parts(self, shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Index of the kernel and of the curve of each shape."""
        return np.divmod(shape, self.curves)

    def values(self, shape: np.ndarray) -> dict[str, Floats]:
        """Every parameter in natural units, in the form of the indices ``shape``."""
        kernel, curve = self.parts(shape)
        return {name: value[kernel] for name, value in self.kernel_values.items()} | {
            name: value[curve] for name, value in self.curve_values.items()
        }

    def log_frequency_prior(self, size: float) -> Floats:
        """``[H]`` log prior of curves of frequency over its mean ``size``, up to a constant."""
        score = priors.score(size * self.curve_values["half_saturation"], priors.FREQUENCY_HALF)
        if "slope" in self.curve_values:
            score = score + priors.score(self.curve_values["slope"], priors.FREQUENCY_SLOPE)
        return -0.5 * score

    def responses(self, exposure: Floats, frequency: Floats | None = None) -> Floats:
        """Responses ``[R, W, S]`` of scaled exposure ``[R, W]`` under every shape.

        With a scaled ``frequency`` the exposure is reach: curves are of the frequency, and carry
        over with the reach that they weigh.
        """
        if frequency is not None:
            worked = exposure[..., None] * self._shares(frequency)
            return np.concatenate([adstocked(worked, kernel) for kernel in self.kernel], axis=-1)
        each = (self._shares(adstocked(exposure, kernel)) for kernel in self.kernel)
        return np.concatenate(list(each), axis=-1)

    def _shares(self, level: Floats) -> Floats:
        """Share of its ceiling that every curve has at a level ``[R, W]``: ``[R, W, H]``."""
        values = {name: torch.from_numpy(v.copy()) for name, v in self.curve_values.items()}
        with np.errstate(divide="ignore"):
            log = torch.from_numpy(np.log(level)[..., None])
        return self.saturation.share(log, values).numpy()


@dataclass(frozen=True)
class ChannelResponses:
    """All responses of one channel, as a few basis series: ``response_s = basis @ mix[:, s]``.

    Parameters
    ----------
    basis
        ``[R, W, Q]``.
    mix
        ``[Q, S]``; under every shape the response has a weighted mean of one.
    unit
        ``[S]`` weighted mean of the response before it was scaled to one. A channel that hardly
        ran is scaled as if it had run a little more, for it may run tomorrow.
    """

    basis: Floats
    mix: Floats
    unit: Floats

    @classmethod
    def of(
        cls, exposure: Floats, weight: Floats, shapes: ShapeBank, frequency: Floats | None = None
    ) -> ChannelResponses:
        """Compress the responses of exposure ``[R, W]``, weights ``[R, W]`` of the mean."""
        response = shapes.responses(exposure, frequency)
        mean = np.einsum("rws,rw->s", response, weight)
        unit = np.maximum(mean, priors.SMALLEST_EXPOSURE)
        flat = (response / unit).reshape(-1, response.shape[-1])
        some = flat[:: max(len(flat) // _BASIS_ROWS, 1)]
        value, vector = np.linalg.eigh(some.T @ some)
        vector = vector[:, value > _BASIS_ERROR * value[-1]]
        return cls((flat @ vector).reshape(*exposure.shape, -1), vector.T.copy(), unit)

    def times(self, effectiveness: Floats) -> ChannelResponses:
        """Return them multiplied by a path ``[W]``."""
        return self.with_basis(self.basis * effectiveness[:, None])

    def with_basis(self, basis: Floats) -> ChannelResponses:
        """Return them with other basis series ``[R, W, Q]``, mixed as these are."""
        return replace(self, basis=basis)


def adstocked(exposure: Floats, kernel: Floats) -> Floats:
    """``[R, W, …]`` convolved with a kernel; none before the first week."""
    total = np.zeros_like(exposure)
    for lag, weight in enumerate(kernel[: exposure.shape[1]]):
        if weight > 1e-6:
            total[:, lag:] += weight * exposure[:, : exposure.shape[1] - lag]
    return total
