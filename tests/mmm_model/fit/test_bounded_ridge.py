from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import nnls

from mmm_model.fit.bounded_ridge import bounded_ridge


def test_bounded_ridge_agrees_with_non_negative_least_squares():
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, y = rng.normal(size=(50, 8)), rng.normal(size=50)
        gram, moment = torch.tensor(x.T @ x), torch.tensor(x.T @ y)
        theta = bounded_ridge(gram[None], moment[None], torch.ones(8, dtype=torch.bool))[0]
        np.testing.assert_allclose(theta.numpy(), nnls(x, y)[0], atol=1e-5)
