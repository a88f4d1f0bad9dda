"""Movements that some regions share, each in its own strength (interactive effects; Bai, 2009).

Regions are no independent samples where groups of them rise and fall together, and what moves all
of them moves some more than others. Taken for independent, sixty regions of a few such movements
count sixty times, and media that resemble one of them would explain more than the whole KPI. So V
gets the principal components of what regions do beside their mean, with a loading of each region:
as many as rise above those of the same series' changes shifted against each other in time (parallel
analysis; Horn, 1965). Regions that do move independently get none.
"""

from __future__ import annotations

import warnings

import numpy as np

from mmm_model.panel import Bools, Floats

_MOST, _FEWEST_REGIONS, _REGIONS_EACH = 8, 8, 4
_TRIALS, _LEVEL = 40, 0.95


def shared_movements(kpi: Floats, observed: Bools) -> Floats:
    """``[R, W, K]`` movements, each times the standard deviation of a region's loading.

    Parameters
    ----------
    kpi
        ``[R, W]`` over the region's size.
    observed
        ``[R, W]``.
    """
    regions, weeks = kpi.shape
    if regions < _FEWEST_REGIONS:
        return np.zeros((regions, weeks, 0))
    last = np.flatnonzero(observed.any(axis=0))[-1] + 1
    own = _beside_the_mean(kpi[:, :last], observed[:, :last])
    size = own.std(axis=1)
    own = own / np.maximum(size, 1e-9)[:, None]
    rng, paths = np.random.default_rng(0), np.zeros((0, weeks))
    for _ in range(min(_MOST, regions // _REGIONS_EACH)):
        left, value, right = np.linalg.svd(own, full_matrices=False)
        by_chance = np.quantile([_first_share(_shifted(rng, own)) for _ in range(_TRIALS)], _LEVEL)
        if value[0] ** 2 / max((value**2).sum(), 1e-12) <= by_chance:
            break
        own = own - value[0] * np.outer(left[:, 0], right[0])
        path = np.pad(value[0] / np.sqrt(regions) * right[0], (0, weeks - last))
        paths = np.vstack([paths, path])
    return size[:, None, None] * paths.T


def _beside_the_mean(kpi: Floats, observed: Bools) -> Floats:
    """``[R, W]`` less the region's mean and then the week's; zero where not observed."""
    seen = np.where(observed, kpi, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a region or week without any
        seen = seen - np.nanmean(seen, axis=1, keepdims=True)
        return np.nan_to_num(seen - np.nanmean(seen, axis=0))


def _shifted(rng: np.random.Generator, own: Floats) -> Floats:
    """Every region's weekly changes moved in time by chance, turned over or not, and added up.

    Changes, for levels that wander by themselves all look alike at the ends of time (spurious
    components of random walks), which a shift of the levels would undo.
    """
    change = np.diff(own, axis=1)
    shift, sign = rng.integers(change.shape[1], size=len(own)), rng.choice([-1.0, 1.0], len(own))
    moved = np.stack([np.roll(series, by) for series, by in zip(change, shift, strict=True)])
    moved = np.pad(sign[:, None] * moved, ((0, 0), (1, 0))).cumsum(axis=1)
    moved -= moved.mean(axis=1, keepdims=True)
    moved *= (own.std(axis=1) / np.maximum(moved.std(axis=1), 1e-9))[:, None]
    return np.asarray(moved - moved.mean(axis=0))


def _first_share(own: Floats) -> float:
    """Share of the variance that the largest component has."""
    value = np.linalg.svd(own, compute_uv=False) ** 2
    return float(value[0] / max(value.sum(), 1e-12))
