from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import nnls

from mmm_model.linear import bounded_ridge, drift_covariance, innovations


def test_bounded_ridge_agrees_with_non_negative_least_squares():
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = rng.normal(size=(50, 8)), rng.normal(size=50)
        gram, moment = torch.tensor(x.T @ x), torch.tensor(x.T @ y)
        theta = bounded_ridge(gram[None], moment[None], torch.ones(8, dtype=torch.bool))[0]
        np.testing.assert_allclose(theta.numpy(), nnls(x, y)[0], atol=1e-5)


def test_innovations_whiten_the_level_and_skip_what_was_not_observed():
    covariance = drift_covariance(6, torch.tensor(0.3, dtype=torch.double), 2.0)
    precision = torch.tensor([[1.0, 1, 0, 0.5, 1, 1]], dtype=torch.double)
    filters, log_determinant = innovations(0.3, 2.0, precision)
    on = [0, 1, 3, 4, 5]
    full = covariance + torch.diag(torch.where(precision[0] > 0, 1 / precision[0], 0.0))
    seen = full[on][:, on]
    a = filters[0][on][:, on]
    torch.testing.assert_close(a @ seen @ a.T, torch.eye(5, dtype=torch.double))
    torch.testing.assert_close(log_determinant[0], torch.logdet(seen))
    assert (filters[0][2] == 0).all() and (filters[0][:, 2] == 0).all()
