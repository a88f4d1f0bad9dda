"""A slow stock: what is fed into it comes back over the years, once, and fades by half-lives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmm_model.equation.brand_stock import stock, stock_matrices


def test_a_unit_comes_back_once_and_halves_in_a_half_life() -> None:
    fed = torch.zeros(1, 1, 3000, dtype=torch.float64)
    fed[..., 60] = 1.0  # after the first year, which stands for what was before
    one = torch.ones(1, dtype=torch.float64)
    left = stock(fed, 52.0 * one, 0.0 * one)[0, 0].numpy()
    assert not left[:61].any()
    assert left.sum() == pytest.approx(1.0)
    assert left[61 + 52] == pytest.approx(0.5 * left[61])


def test_chains_and_equation_have_the_same_stock() -> None:
    rng = np.random.default_rng(1)
    fed = rng.gamma(2.0, 1.0, (3, 2, 150))
    half_life, start = np.array([26.0, 52.0, 104.0]), np.array([-1.0, 0.0, 0.4])
    found = stock(*(torch.from_numpy(x) for x in (fed, half_life, start))).numpy()
    for m in range(3):
        later, before = stock_matrices(150, half_life[m])
        expected = fed[m] @ (later + (1.0 + start[m]) * before).T
        np.testing.assert_allclose(found[m], expected, rtol=1e-12)
    steady = stock(torch.ones(1, 1, 90).double(), torch.ones(1).double() * 40, torch.zeros(1))
    np.testing.assert_allclose(steady.numpy(), 1.0)
