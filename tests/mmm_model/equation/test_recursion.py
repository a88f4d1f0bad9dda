"""Filters in blocks of weeks are the matrices that they stand for."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mmm_model.equation.recursion import Recursion

WEEKS = 75  # three blocks


def by_hand(gain: Tensor, scale: Tensor) -> Tensor:
    """The fading filter as a matrix ``[R, W, W]``, week by week."""
    regions, weeks = gain.shape
    memory, rows = torch.zeros(regions, weeks, dtype=torch.double), []
    for week in range(weeks):
        beyond = torch.eye(weeks, dtype=torch.double)[week] - memory
        rows.append(scale[:, [week]] * beyond)
        memory = memory + gain[:, [week]] * beyond
    return torch.stack(rows, dim=1)


def test_a_recursion_in_blocks_is_the_matrix_that_it_stands_for():
    rng = np.random.default_rng(3)
    gain, scale = torch.tensor(rng.uniform(0, 0.9, (2, 2, WEEKS)))
    whiten = Recursion.fading(gain, scale)
    a = whiten(torch.eye(WEEKS, dtype=torch.double)[None])
    torch.testing.assert_close(a, by_hand(gain, scale))
    rows = torch.tensor(rng.normal(size=(2, WEEKS, 4)))
    torch.testing.assert_close(whiten(rows), a @ rows)
    torch.testing.assert_close(whiten.back(rows), a.transpose(1, 2) @ rows)
    torch.testing.assert_close(whiten.part(slice(1, 2))(rows[1:]), a[1:] @ rows[1:])
    members = torch.tensor(rng.normal(size=(3, 2, WEEKS, 4)))
    expected = torch.einsum("rts,mrtp->msp", a, members)
    torch.testing.assert_close(whiten.total_back(members), expected)
    weight = torch.tensor(rng.uniform(size=(3, WEEKS)))
    expected = torch.einsum("rts,mt,rtu->msu", a, weight, a)
    torch.testing.assert_close(whiten.gram(weight), expected)


def test_a_slow_mean_weighs_past_weeks_less():
    series = torch.tensor(np.random.default_rng(4).normal(size=(2, WEEKS, 3)))
    found = Recursion.slow_mean(WEEKS, 8.0, series)(series)
    for week in (0, 1, 30, WEEKS - 1):
        weight = torch.exp(-torch.arange(week, -1, -1, dtype=torch.double) / 8.0)
        expected = (weight[:, None] * series[:, : week + 1]).sum(1) / weight.sum()
        torch.testing.assert_close(found[:, week], expected)
