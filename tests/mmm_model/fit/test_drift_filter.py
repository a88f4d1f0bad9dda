from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mmm_model.equation.recursion import Recursion
from mmm_model.fit.drift_filter import DriftFilter

WEEKS = 75  # three blocks of a recursion


def walk(weeks: int, drift: float, start: float) -> Tensor:
    """Covariance of a random walk, ``[weeks, weeks]``."""
    t = torch.arange(1, weeks + 1, dtype=torch.double)
    return start + drift * torch.minimum(t[:, None], t[None, :])


def written_out(recursion: Recursion, weeks: int) -> Tensor:
    return recursion(torch.eye(weeks, dtype=torch.double)[None])


@pytest.fixture
def precision() -> Tensor:
    """Two regions; outliers, weeks without a KPI, one of them the last of a region."""
    rng = np.random.default_rng(1)
    known = torch.tensor(rng.choice([1.0, 1.0, 1.0, 0.2, 0.0], (2, WEEKS)))
    known[0, 0], known[1, -1] = 0.0, 0.0
    return known


@pytest.mark.parametrize("drift", [1e-5, 0.01, 0.3, 8.0])
def test_a_drifting_level_is_whitened_and_estimated(precision, drift):
    variance = torch.tensor([0.5, 2.0], dtype=torch.double)
    found = DriftFilter.of(variance, precision, drift, start=100.0)
    series = torch.tensor(np.random.default_rng(2).normal(size=(2, WEEKS, 3)).cumsum(axis=1))
    level = found.level(found.whiten(series), WEEKS + 2)
    for region, known in enumerate(precision):
        on = known > 0
        level_covariance = walk(WEEKS, drift, 100.0) * variance[region]
        seen = (level_covariance + torch.diag(variance[region] / known))[on][:, on]
        a = written_out(found.whiten, WEEKS)[region]
        assert (a[~on] == 0).all() and (a[:, ~on] == 0).all()
        a = a[on][:, on]
        torch.testing.assert_close(a @ seen @ a.T, torch.eye(len(a), dtype=torch.double))
        torch.testing.assert_close(found.log_determinant[region], torch.logdet(seen))
        cross = level_covariance[:, on]
        expected = cross @ torch.linalg.solve(seen, series[region][on])
        torch.testing.assert_close(level[region, :WEEKS], expected, rtol=1e-6, atol=1e-8)
        torch.testing.assert_close(level[region, WEEKS:], expected[[-1, -1]])
        left = level_covariance - cross @ torch.linalg.solve(seen, cross.T)
        torch.testing.assert_close(found.last_variance[region], left[-1, -1])
