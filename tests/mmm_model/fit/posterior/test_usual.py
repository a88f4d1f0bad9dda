"""What channels have in common is learned from them, and tells what to expect of the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model import priors
from mmm_model.equation.adstock import adstock_of
from mmm_model.equation.saturation import saturation_of
from mmm_model.fit.posterior.shapes import ShapeBank
from mmm_model.fit.posterior.usual import Usual
from mmm_model.settings import ModelSettings


@pytest.fixture(scope="module", params=["geometric", "weibull"])
def bank(request: pytest.FixtureRequest) -> ShapeBank:
    settings = ModelSettings(adstock=request.param)
    return ShapeBank.of(adstock_of(settings), saturation_of(settings), 27)


def learned(bank: ShapeBank, kernel: int, curve: int) -> tuple[float, float]:
    """Mean usual memory and elasticity of a panel whose channels all have one shape."""
    rng, usual = np.random.default_rng(0), Usual.first(bank)
    shape = np.full(8, kernel * bank.curves + curve)
    drawn = [usual.drawn(rng, bank, shape) for _ in range(200)]
    memory, elasticity = ([getattr(u, name) for u in drawn] for name in ("memory", "elasticity"))
    return float(np.mean(memory)), float(np.mean(elasticity))


def test_the_usual_follows_what_the_channels_have(bank: ShapeBank) -> None:
    lag, bend = np.argsort(bank.mean_lag), np.argsort(bank.log_elasticity)
    low, high = (learned(bank, lag[end], bend[end]) for end in (0, -1))
    expected = np.log([priors.USUAL_MEMORY[0], priors.USUAL_ELASTICITY[0]])
    assert (low < expected).all() and (expected < high).all()


def test_shapes_near_the_usual_are_likelier(bank: ShapeBank) -> None:
    usual = Usual.first(bank)

    def gain(**changed: float) -> np.ndarray:
        after = replace(usual, **changed).log_prior(bank) - usual.log_prior(bank)
        return after.reshape(-1, bank.curves)

    longer = gain(memory=usual.memory + 1.0)[:, 0]
    lag, bend = np.argsort(bank.mean_lag), np.argsort(bank.log_elasticity)
    assert longer[lag[-1]] > longer[lag[0]]
    steeper = gain(elasticity=float(bank.log_elasticity[bend[-1]]))[0]
    assert steeper[bend[0]] < 0 < steeper[bend[-1]]


def test_mean_lag_is_how_much_later_an_effect_comes(bank: ShapeBank) -> None:
    spike = np.zeros((1, 60))
    spike[0, 20] = 1e-6  # on the straight foot of every curve of slope one
    (one,) = np.flatnonzero(bank.curve_values["slope"] == 1.0)[:1]
    response = bank.responses(spike)[0].reshape(60, -1, bank.curves)[..., one]
    later = ((np.arange(60) - 20)[:, None] * response).sum(0) / response.sum(0)
    np.testing.assert_allclose(later, bank.mean_lag, rtol=1e-3, atol=1e-3)
