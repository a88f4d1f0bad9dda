"""A brand whose next weeks are planned: its panel, its fit and its plan as it is."""

from __future__ import annotations

import pytest

from mmm_model.budget.future_plan import FuturePlan, future_plan
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

WEEKS = 6


@pytest.fixture(scope="session")
def panel() -> Panel:
    return small_panel(regions=3, weeks=60)


@pytest.fixture(scope="session")
def model(panel: Panel) -> FittedModel:
    return fit(panel, ModelSettings(holdout_weeks=0, members=3, steps=4, lag_weeks=4))[0]


@pytest.fixture(scope="session")
def plan(panel: Panel, model: FittedModel) -> FuturePlan:
    return future_plan(model, panel, WEEKS)
