"""The effect of a test on a series, beside what moves it anyway.

The KPI of the test's regions is explained by that of regions without a test (time-based
regression: Kerman, Wang and Vaver, 2017, *Estimating ad effectiveness using geo experiments in a
time-based regression framework*), or by the calendar where there are none, and by one more
column: how far the test was on. The coefficient of that column is the lift. What is left over is
correlated: an autoregression of first order and noise that passes at once. How much of each, and
how long the first lasts, is averaged over, each with its restricted likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from mmm_model.panel import Floats

LEVEL = 0.9
"""Probability with which an interval holds the truth: of ten tests of nothing one finds some."""

_DECAYS = np.array([0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98])
"""Correlations of neighbouring periods that are tried for the part that lasts."""

_LASTING = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 1.0])
"""Shares of the variance that the part that lasts may have."""

_LEAST_VARIANCE = 1e-24
"""Of what is left over, against the mean square of the series: series that foretell each other."""


@dataclass(frozen=True)
class Noise:
    """What regressions leave over: a part that decays slowly, and one that passes at once.

    Parameters
    ----------
    decay
        Correlation of the lasting part in neighbouring periods, in [0, 1).
    lasting
        Its share of the variance, in (0, 1].
    """

    decay: float
    lasting: float


NOISES: tuple[Noise, ...] = tuple(
    Noise(float(decay), float(lasting))
    for decay in _DECAYS
    for lasting in (_LASTING if decay else _LASTING[-1:])
)
"""Every noise that is tried."""


@dataclass(frozen=True)
class Lift:
    """A lift a period, and what is known of it.

    Parameters
    ----------
    value, error
        KPI units a period, and the standard error.
    freedom
        Degrees of freedom of the error, > 0.
    noise
        The most probable one of the series.
    """

    value: float
    error: float
    freedom: float
    noise: Noise

    @property
    def half_width(self) -> float:
        """Half of the interval that holds the truth with probability `LEVEL`."""
        return surely(self.freedom) * self.error

    @property
    def found(self) -> bool:
        """Whether the interval leaves out nought."""
        return abs(self.value) > self.half_width


def surely(freedom: float) -> float:
    """Standard errors on either side that hold `LEVEL` of Student's distribution."""
    return float(stdtrit(freedom, 0.5 + LEVEL / 2))


def lift_of(series: Floats, beside: Floats, on: Floats, noise: Noise | None = None) -> Lift:
    """Effect of a test on a series.

    Parameters
    ----------
    series
        ``[T]`` KPI of the test's regions together.
    beside
        ``[T, K]`` what moves it anyway, a constant among it.
    on
        ``[T]`` how far the test was on, 0 to 1.
    noise
        Of the series; default: averaged over all, by their likelihood.

    Returns
    -------
    Lift
        Of a period in which the test is wholly on.

    Raises
    ------
    ValueError
        If there are not two periods more than columns, or the test moves with the other columns.
    """
    columns = np.column_stack([on, beside])
    freedom = len(series) - columns.shape[1]
    if freedom < 2:
        raise ValueError(
            f"{len(series)} periods are too few to tell {columns.shape[1]} causes apart"
        )
    scale = np.abs(columns).max(axis=0)
    scale[scale == 0] = 1.0
    columns = columns / scale
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise ValueError("the test cannot be told from what moves the KPI anyway")
    tried = NOISES if noise is None else (noise,)
    likelihood, values, errors = _regressions(series, columns, tried)
    # Averaged over what the noise may be: how long it lasts is hardly known from two years.
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    value = float(weight @ values)
    error = float(np.sqrt(weight @ (errors**2 + (values - value) ** 2)))
    return Lift(value / scale[0], error / scale[0], freedom, tried[int(likelihood.argmax())])


def most_probable_noise(series: Floats, beside: Floats) -> Noise:
    """The noise of a series ``[T]`` beside what moves it, ``[T, K]``, where nothing is tested."""
    return NOISES[
        int(_regressions(series, beside / np.abs(beside).max(axis=0), NOISES)[0].argmax())
    ]


def past_lifts(
    series: Floats, beside: Floats, pattern: Floats, ends: Sequence[int], noise: Noise
) -> tuple[Floats, Floats, Floats]:
    """Readings of S past windows, each from the periods up to its end alone.

    Parameters
    ----------
    series, beside
        As of `lift_of`, T periods.
    pattern
        ``[L]`` how far the test is on in each period of a window.
    ends
        S numbers of periods, each window the last L of them.
    noise
        Of the series.

    Returns
    -------
    lift, error, freedom
        ``[S]`` each.
    """
    length = len(pattern)
    on = np.zeros((len(series), len(ends)))
    for place, end in enumerate(ends):
        on[end - length : end, place] = pattern
    # What is new in a period depends on none after it, so one filter serves every window.
    new = whitened(np.column_stack([series, beside / np.abs(beside).max(axis=0), on]), (noise,))[0]
    y, others, own = np.split(new[0], [1, 1 + beside.shape[1]], axis=1)
    found = np.empty((3, len(ends)))
    for place, end in enumerate(ends):
        x = np.column_stack([own[:end, place], others[:end]])
        inverse = np.linalg.inv(x.T @ x)
        coefficients = inverse @ (x.T @ y[:end, 0])
        freedom = end - x.shape[1]
        variance = np.square(y[:end, 0] - x @ coefficients).sum() / freedom
        variance = max(variance, _LEAST_VARIANCE * np.square(series).mean())
        found[:, place] = coefficients[0], np.sqrt(variance * inverse[0, 0]), freedom
    return found[0], found[1], found[2]


def whitened(values: Floats, noises: tuple[Noise, ...]) -> tuple[Floats, Floats]:
    """What each period brings that those before it did not foretell, under N noises.

    The innovations of a Kalman filter, divided by their deviation.

    Parameters
    ----------
    values
        ``[T, K]``.

    Returns
    -------
    new
        ``[N, T, K]``; of a noise of variance one they would be independent and of variance one.
    log_determinant
        ``[N]`` of the covariance of the periods.
    """
    decay = np.array([noise.decay for noise in noises])
    lasting = np.array([noise.lasting for noise in noises])
    new = np.empty((len(noises), *values.shape))
    state, variance = np.zeros((len(noises), values.shape[1])), lasting.copy()
    log_determinant = np.zeros(len(noises))
    for t, row in enumerate(values):
        total = variance + 1.0 - lasting
        surprise = row - state
        new[:, t] = surprise / np.sqrt(total)[:, None]
        log_determinant += np.log(total)
        state = decay[:, None] * (state + (variance / total)[:, None] * surprise)
        variance = decay**2 * variance * (1.0 - variance / total) + lasting * (1.0 - decay**2)
    return new, log_determinant


def _regressions(
    series: Floats, columns: Floats, noises: tuple[Noise, ...]
) -> tuple[Floats, Floats, Floats]:
    """Restricted log likelihood, first coefficient and its error, ``[N]`` each."""
    new, log_determinant = whitened(np.column_stack([series, columns]), noises)
    y, x = new[..., 0], new[..., 1:]
    gram = np.einsum("ntj,ntk->njk", x, x)
    inverse = np.linalg.inv(gram)
    coefficients = np.einsum("njk,ntk,nt->nj", inverse, x, y)
    left = y - np.einsum("ntk,nk->nt", x, coefficients)
    freedom = len(series) - columns.shape[1]
    variance = np.square(left).sum(axis=1) / freedom
    variance = np.maximum(variance, _LEAST_VARIANCE * np.square(series).mean())
    likelihood = -0.5 * (freedom * np.log(variance) + np.linalg.slogdet(gram)[1] + log_determinant)
    return likelihood, coefficients[:, 0], np.sqrt(variance * inverse[:, 0, 0])
