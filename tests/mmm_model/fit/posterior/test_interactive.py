"""Movements that groups of regions share are found; regions on their own have none."""

from __future__ import annotations

import numpy as np

from mmm_model.fit.posterior.interactive import shared_movements

_REGIONS, _WEEKS = 24, 104


def _alone(seed: int) -> np.ndarray:
    """``[R, W]`` regions whose levels move slowly, each by itself, beside one path of all."""
    rng = np.random.default_rng(seed)
    level = 0.03 * rng.standard_normal((_REGIONS, _WEEKS)).cumsum(axis=1)
    everywhere = 0.05 * rng.standard_normal(_WEEKS).cumsum()
    noise = 0.05 * rng.standard_normal((_REGIONS, _WEEKS))
    return np.asarray(1.0 + level + everywhere + noise)


def test_movements_of_groups_of_regions_are_found() -> None:
    """Two movements with loadings of either sign are found; what they span is what was planted."""
    rng = np.random.default_rng(1)
    planted = 0.1 * rng.standard_normal((2, _WEEKS)).cumsum(axis=1)
    kpi = _alone(1) + rng.standard_normal((_REGIONS, 2)) @ planted
    seen = np.ones(kpi.shape, bool)
    seen[3, :20] = seen[:, -8:] = False
    found = shared_movements(np.where(seen, kpi, 0.0), seen)
    assert found.shape[2] >= 2
    assert not found[:, -8:].any()
    path = found[0, :-8] / np.linalg.norm(found[0, :-8], axis=0)
    centred = planted[:, :-8] - planted[:, :-8].mean(axis=1, keepdims=True)
    left = centred - centred @ path @ np.linalg.pinv(path)
    assert (left**2).sum() < 0.05 * (centred**2).sum()


def test_regions_that_move_alone_have_none() -> None:
    """Of ten such panels at most two are taken for more, though every level wanders."""
    seen = np.ones((_REGIONS, _WEEKS), bool)
    assert sum(shared_movements(_alone(seed), seen).shape[2] > 0 for seed in range(10, 20)) <= 2


def test_few_regions_have_none() -> None:
    """With seven regions a component is one region's own."""
    kpi = _alone(2)[:7]
    assert shared_movements(kpi, np.ones(kpi.shape, bool)).shape == (7, _WEEKS, 0)
