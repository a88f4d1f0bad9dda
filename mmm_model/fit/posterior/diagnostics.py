"""How well chains have mixed."""

from __future__ import annotations

import numpy as np

from mmm_model.panel import Floats

# Draws of a chain below which the halves of one chain differ by chance alone.
_FEWEST_DRAWS = 100


def split_r_hat(series: Floats) -> Floats:
    """Split R-hat ``[...]`` of draws ``[chains, N, ...]``; NaN of too few to tell."""
    if series.shape[1] < _FEWEST_DRAWS:
        return np.full(series.shape[2:], np.nan)
    half = series.shape[1] // 2
    parts = np.concatenate([series[:, :half], series[:, half : 2 * half]])
    within = parts.var(1, ddof=1).mean(0)
    between = parts.mean(1).var(0, ddof=1)
    return np.sqrt((half - 1) / half + between / np.maximum(within, 1e-30))


def effective_draws(series: Floats) -> Floats:
    """Effective number of draws ``[Q]`` of ``[chains, N, Q]`` (Geyer's initial positive pairs)."""
    chains, count, _ = series.shape
    centred = series - series.mean(1, keepdims=True)
    power = np.abs(np.fft.rfft(centred, 2 * count, axis=1)) ** 2
    cov = np.fft.irfft(power, axis=1)[:, :count].mean(0) / count
    within = cov[0] * count / (count - 1)
    total = within * (count - 1) / count
    if chains > 1:
        total = total + series.mean(1).var(0, ddof=1)
    rho = 1.0 - (within - cov) / np.maximum(total, 1e-30)
    pairs = rho[0 : count // 2 * 2 : 2] + rho[1 : count // 2 * 2 : 2]
    pairs = np.minimum.accumulate(np.where(np.cumprod(pairs > 0, axis=0), pairs, 0.0), axis=0)
    return chains * count / np.maximum(2.0 * pairs.sum(0) - 1.0, 1e-3)
