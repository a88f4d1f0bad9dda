"""How ways in which levels move are judged by their forecasts."""

from __future__ import annotations

import pytest
import torch

from mmm_model.fit.level_forecasts import Window, origins

ACTUAL = torch.tensor([[1.0, 2.0], [3.0, 5.0]])


def window(errors: list[float], ordinary: torch.Tensor | None = None) -> Window:
    """One way of carrying forward; ways are off by these errors everywhere."""
    forecast = torch.stack([ACTUAL + error for error in errors])[:, None]
    every = torch.ones(2, 2, dtype=torch.bool)
    return Window(forecast, ACTUAL, every if ordinary is None else ordinary, 2 * torch.ones(2, 2))


def test_errors_count_as_they_add_up_in_the_kpi() -> None:
    size = torch.tensor([1.0, 10.0])
    found = window([0.5, 0.0]).relative_square(size)
    kpi = (ACTUAL * size[:, None]).square().mean()
    expected = (0.5**2 * size.square()).mean() / kpi
    torch.testing.assert_close(found[:, 0], torch.stack([expected, torch.zeros(())]))


def test_weeks_that_are_not_ordinary_do_not_count() -> None:
    ordinary = torch.tensor([[True, False], [False, False]])
    own = window([1.0], ordinary)
    one = torch.ones(1, 1)
    assert own.surprises(one).tolist() == [0.5]
    nothing = window([1.0], torch.zeros(2, 2, dtype=torch.bool))
    assert nothing.relative_square(torch.ones(2)).tolist() == [[0.0]]


def test_surprises_are_those_of_the_mean_forecast() -> None:
    own = window([1.0, -1.0])
    assert own.surprises(torch.tensor([[0.5], [0.5]])).max() == pytest.approx(0.0, abs=1e-6)


def test_origins_are_far_apart_where_there_are_weeks() -> None:
    many = origins(260, 8)
    assert many[0] == 252 and many[-1] == 86 and len(many) <= 8
    assert origins(30, 8) == [22, 17, 12]  # half a horizon apart at least
    assert origins(19, 8) == []  # nothing to learn from before the first
