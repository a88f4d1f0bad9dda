"""The bank of shapes, and what is learned of it over channels."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.equation.adstock import adstock_of
from mmm_model.equation.saturation import saturation_of
from mmm_model.fit.posterior.shapes import ShapeBank
from mmm_model.settings import ModelSettings


@pytest.fixture(scope="module", params=["hill", "logistic"])
def bank(request: pytest.FixtureRequest) -> ShapeBank:
    settings = ModelSettings(saturation=request.param)
    return ShapeBank.of(adstock_of(settings), saturation_of(settings), 14)


def test_elasticity_is_the_growth_of_the_response_at_the_mean_exposure(bank: ShapeBank) -> None:
    exposure = np.array([[1.0, 1.001]])
    curves = bank.responses(exposure)[0, :, : bank.curves]  # the first kernel has one lag
    growth = np.diff(np.log(curves), axis=0)[0] / np.log(1.001)
    np.testing.assert_allclose(np.exp(bank.log_elasticity), growth, rtol=2e-3)


@pytest.mark.parametrize(("low", "high"), [(2.0, 3.0), (2.0, 5.0), (0.5, 1.0)])
def test_no_curve_is_outside_of_the_bounds(low: float, high: float) -> None:
    settings = ModelSettings(min_slope=low, max_slope=high)
    bank = ShapeBank.of(adstock_of(settings), saturation_of(settings), 14)
    slope = bank.curve_values["slope"]
    assert low <= slope.min() and slope.max() <= high
    assert len(set(slope)) >= 3
