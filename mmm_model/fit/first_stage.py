r"""The first stage: what drivers, controls and instruments foretell of a channel's exposure.

    x_rt = Σ_s created_srt + γ' z_rt + slow_rt + e_rt

``created`` is what the channels bring that drive it, by draw of their structural equation, ``z``
are its controls and instruments, ``slow`` is what takes half a year and longer in a region. What is
left, e, is part own movement, part error of reading. The second stage, the equation of the KPI,
reads ``x − ν e``:

* with an instrument ν = 1: neither errors of reading nor what moves both the channel and the KPI
  are left in the foretold exposure (two-stage least squares with the foretold exposure put in);
* without one ν is the share of e that is an error of reading (regression calibration: Carroll,
  Ruppert, Stefanski & Crainiceanu 2006, "Measurement Error in Nonlinear Models", chapter 4).

The KPI has no say in ν: it would take what moves both for a true reading. ν is drawn from the
likelihood of e, for errors of reading do not last and own movement does.

References
----------
Angrist & Pischke (2009), "Mostly Harmless Econometrics", chapter 4. Driscoll & Kraay (1998),
"Consistent Covariance Matrix Estimation with Spatially Dependent Panel Data". Whittle (1953),
"Estimation and Information in Stationary Time Series".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.graph.resampling import design_effect
from mmm_model.panel import Floats

_SLOW_WEEKS = 26
_LASTING_WEEKS = 4  # over which the errors of coefficients hang together
_RIDGE = 1e-6  # of the columns' variance: two may say the same
_LEAST, _LARGEST = 0.02, 20.0  # true exposure over the usual, and over its reading
_SHARES = np.linspace(0.0, 1.0, 21)  # ν
_MEMORIES = np.linspace(0.05, 0.95, 10)  # of own movement from week to week, equally likely


@dataclass(frozen=True)
class FirstStage:
    """A linear regression of what drivers leave of a channel's exposure.

    Parameters
    ----------
    exposure
        ``[R, W]`` as recorded, over the region's mean.
    columns
        ``[R, W, Q]`` controls and instruments, without what is slow.
    coefficient, covariance
        ``[Q]`` and ``[Q, Q]``.
    left
        ``[R, W]`` e.
    """

    exposure: Floats
    columns: Floats
    coefficient: Floats
    covariance: Floats
    left: Floats

    @classmethod
    def of(cls, exposure: Floats, created: Floats, columns: Floats) -> FirstStage:
        """Regress by least squares.

        Parameters
        ----------
        exposure, created
            ``[R, W]`` recorded, and the part of it that drivers bring.
        columns
            ``[R, W, Q]`` controls and instruments.
        """
        ran = exposure > 0
        mean = exposure.mean(axis=1, keepdims=True)
        size = np.where(mean > 0, mean, 1.0)
        basis = slow_basis(exposure.shape[1])
        z = _fast(_standardised(columns), basis) * ran[..., None]
        y = _fast((exposure - created) / size, basis) * ran
        gram = np.einsum("rwp,rwq->pq", z, z) + _RIDGE * y.size * np.eye(z.shape[-1])
        coefficient = np.linalg.solve(gram, np.einsum("rwq,rw->q", z, y))
        left = y - z @ coefficient
        inverse = np.linalg.inv(gram)
        covariance = inverse @ _long_run(np.einsum("rwq,rw->wq", z, left)) @ inverse
        return cls(exposure / size, z, coefficient, covariance, left)

    def f_statistic(self, count: int) -> float:
        """F of the last ``count`` columns, robust to errors that regions and weeks share."""
        own, spread = self.coefficient[-count:], self.covariance[-count:, -count:]
        return float(own @ np.linalg.pinv(spread) @ own / count)

    def drawn(self, rng: np.random.Generator) -> FirstStage:
        """Return it with coefficients that its errors allow for."""
        value, vector = np.linalg.eigh(self.covariance)
        shift = vector @ (np.sqrt(np.maximum(value, 0.0)) * rng.standard_normal(len(value)))
        return FirstStage(
            self.exposure,
            self.columns,
            self.coefficient + shift,
            self.covariance,
            self.left - self.columns @ shift,
        )

    def factor(self, noise_share: float) -> Floats:
        """``[R, W]`` true exposure over its reading, where that share of e is an error."""
        ran = self.exposure > 0
        truly = np.maximum(self.exposure - noise_share * self.left, _LEAST)
        factor: Floats = np.minimum(truly / np.where(ran, self.exposure, 1.0), _LARGEST)
        factor[~ran] = 1.0
        return factor.round(9)  # a chain goes another way for the last digits

    def noise_shares(self, count: int) -> Floats:
        """Return so many equally likely shares of e that is an error of reading."""
        chance = np.exp(log_likelihood(self.left))
        below = np.cumsum(chance) / chance.sum()
        even = (np.arange(count, dtype=float) + 0.5) / count
        return np.interp(even, below, _SHARES)


def log_likelihood(left: Floats) -> Floats:
    """Log likelihood of each of `_SHARES`: e ``[R, W]`` is an AR(1) and white noise.

    Whittle's, over the frequencies that the first stage has left in; the memory of own movement is
    integrated out. Regions that move together count as fewer.
    """
    regions, weeks = left.shape
    frequency = np.arange(1, weeks // 2 + 1) / weeks
    fast = frequency > 1.0 / _SLOW_WEEKS
    power = (np.abs(np.fft.rfft(left, axis=1))[:, 1 : weeks // 2 + 1][:, fast] ** 2).mean(axis=0)
    if not power.any():
        return np.zeros(len(_SHARES))
    angle = 2.0 * np.pi * frequency[fast]
    memory = _MEMORIES[:, None]
    lasting = (1.0 - memory**2) / (1.0 - 2.0 * memory * np.cos(angle) + memory**2)
    density = _SHARES[:, None, None] + (1.0 - _SHARES[:, None, None]) * lasting  # [ν, φ, f]
    size = (power / density).mean(axis=-1, keepdims=True)
    log = -(np.log(size * density)).sum(axis=-1)
    log = log * regions / design_effect(left[..., None])
    top = log.max()
    each = np.log(np.exp(log - top).mean(axis=1))
    return np.asarray(each - each.max())


def slow_basis(weeks: int) -> Floats:
    """Orthonormal ``[W, Q]``: a constant and cosines of half a year and longer."""
    waves = np.arange(2 * weeks // _SLOW_WEEKS + 1)
    basis, _ = np.linalg.qr(np.cos(np.pi * waves * (np.arange(weeks)[:, None] + 0.5) / weeks))
    return np.asarray(basis)


def _fast(series: Floats, basis: Floats) -> Floats:
    """``[R, W, …]`` without what a basis ``[W, Q]`` explains in each region."""
    weight = np.einsum("wq,rw...->rq...", basis, series)
    return np.asarray(series - np.einsum("wq,rq...->rw...", basis, weight))


def _standardised(columns: Floats) -> Floats:
    spread = columns.std(axis=1, keepdims=True)
    return (columns - columns.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)


def _long_run(score: Floats) -> Floats:
    """Variance ``[Q, Q]`` of the sum of scores ``[W, Q]`` that hang together over weeks."""
    total = score.T @ score
    for lag in range(1, min(_LASTING_WEEKS, len(score) - 1) + 1):
        product = score[lag:].T @ score[:-lag]
        total = total + (1.0 - lag / (_LASTING_WEEKS + 1.0)) * (product + product.T)
    return np.asarray(total)
