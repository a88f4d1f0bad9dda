"""True adstock kernels and response curves of simulated channels."""

from __future__ import annotations

import numpy as np

from mmm_model.panel import Floats
from mmm_model.simulator.spec import ChannelSpec

KERNEL_WEEKS = 13


def adstock_kernel(channel: ChannelSpec) -> Floats:
    """Weights ``[KERNEL_WEEKS]`` of the lags 0, 1, …; they add up to 1."""
    lag = np.arange(KERNEL_WEEKS)
    weight = channel.decay ** ((lag - channel.delay) ** 2 if channel.delay else lag)
    return weight / weight.sum()


def lagged_sum(series: Floats, kernel: Floats) -> Floats:
    """``Σ_lag kernel[lag] · series[:, week − lag]`` of ``[R, W]``; nothing before week 0."""
    weeks = series.shape[1]
    total = np.zeros_like(series)
    for lag, weight in enumerate(kernel[:weeks]):
        total[:, lag:] += weight * series[:, : weeks - lag]
    return total


def worked(
    channel: ChannelSpec, exposure: Floats, frequency: Floats, usual_frequency: float
) -> Floats:
    """What exposure ``[R, W]`` does over the weeks: of reach, weighed by its frequency."""
    if channel.frequency:
        exposure = exposure * response(channel, frequency / usual_frequency)
    return lagged_sum(exposure, adstock_kernel(channel))


def response(channel: ChannelSpec, x: Floats) -> Floats:
    """Response, 0 at ``x`` = 0 and towards 1 for large ``x``."""
    g, a = channel.half_saturation, channel.slope
    if channel.family == "hill":
        return x**a / (x**a + g**a)
    if channel.family == "tanh":
        return np.tanh(np.arctanh(0.5) * x / g)
    if channel.family == "threshold":
        return 1.0 - 0.5 ** (np.maximum(x - 0.4 * g, 0.0) / (0.6 * g))
    # Logistic, shifted so that no exposure has no effect.
    start = 1.0 / (1.0 + np.exp(2.0 * a))
    return (1.0 / (1.0 + np.exp(-2.0 * a * (x / g - 1.0))) - start) / (1.0 - start)
