from __future__ import annotations

import numpy as np
import torch

from mmm_model.equation.equation import Equation, Inputs, carry_forward, convolve
from mmm_model.settings import ModelSettings


def _equation(members=2, regions=3, channels=2, controls=1, **settings) -> Equation:
    torch.manual_seed(0)
    equation = Equation(ModelSettings(**settings), (members, regions, channels, controls)).double()
    for parameter in equation.parameters():
        parameter.data = torch.randn_like(parameter)
    return equation


def _inputs(regions=3, weeks=30, channels=2, controls=1) -> Inputs:
    torch.manual_seed(1)
    return Inputs(
        exposure=torch.rand(regions, weeks, channels, dtype=torch.double),
        control=torch.randn(regions, weeks, controls, dtype=torch.double),
        harmonic=torch.randn(weeks, 4, dtype=torch.double),
        fitted_weeks=20,
    )


def test_adstock_is_the_convolution_along_the_weeks():
    rng = np.random.default_rng(0)
    exposure, kernel = rng.random((2, 20, 3)), rng.random((4, 3, 5))
    result = convolve(torch.tensor(exposure), torch.tensor(kernel)).numpy()
    for m, r, c in np.ndindex(4, 2, 3):
        expected = np.convolve(exposure[r, :, c], kernel[m, c])[:20]
        np.testing.assert_allclose(result[m, r, :, c], expected)


def test_kernels_are_distributions_over_the_lags():
    kernel = _equation(lag_weeks=12).kernel()
    assert kernel.shape == (2, 2, 13)
    assert (kernel >= 0).all()
    torch.testing.assert_close(kernel.sum(-1), torch.ones(2, 2, dtype=torch.double))


def test_effectiveness_has_mean_one_over_the_fitted_weeks_and_is_bounded():
    equation, inputs = _equation(gru_reach=0.3, estimator="search"), _inputs()
    effect = equation.effectiveness(inputs)
    torch.testing.assert_close(effect[:, :, :20].mean(2), torch.ones(2, 3, 2, dtype=torch.double))
    assert effect.std() > 0.001
    assert effect.max() <= np.exp(0.6) and effect.min() >= np.exp(-0.6)


def test_effectiveness_does_not_look_ahead():
    equation, inputs = _equation(estimator="search"), _inputs()
    before = equation.effectiveness(inputs)
    inputs.exposure[:, 25:] *= 3
    torch.testing.assert_close(equation.effectiveness(inputs)[:, :, :25], before[:, :, :25])


def test_without_a_readout_effectiveness_is_exactly_one():
    effect = _equation().effectiveness(_inputs())
    assert (effect == 1).all()


def test_states_of_the_calendar_move_around_one_and_stay_after_the_last_fitted_week():
    equation, inputs = _equation(), _inputs()
    equation.readout[:, :, 0] = 0.1 * torch.randn(2, 8, dtype=torch.double)
    effect = equation.effectiveness(inputs)  # [M, 1, W, C]
    assert effect[..., 0].std() > 0.01
    assert (effect[..., 1] == 1).all()
    one = torch.ones(2, 1, dtype=torch.double)
    torch.testing.assert_close(effect[:, :, :20, 0].mean(2), one)
    torch.testing.assert_close(effect[:, :, 20:, 0], effect[:, :, 19:20, 0].expand(2, 1, 10))
    step = effect[..., 0].diff(dim=-1).abs().max()
    assert step < 0.35 * (effect[..., 0].max() - effect[..., 0].min())  # paths are smooth


def test_members_do_not_mix():
    equation, inputs = _equation(estimator="search"), _inputs()
    before = equation.saturated(inputs)
    for parameter in equation.parameters():
        dimension = 1 if parameter.shape[0] == 3 and parameter.shape[1] == 2 else 0
        parameter.data.select(dimension, 1).add_(0.5)
    after = equation.saturated(inputs)
    torch.testing.assert_close(after[0], before[0])
    assert (after[1] - before[1]).abs().max() > 1e-3


def test_the_level_is_carried_forward():
    level = torch.tensor([[[1.0, 2.0]]])
    assert carry_forward(level, 4).tolist() == [[[1.0, 2.0, 2.0, 2.0]]]
    assert carry_forward(level, 1).tolist() == [[[1.0]]]
