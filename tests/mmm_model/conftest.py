from __future__ import annotations

import pytest

from mmm_model.fit.training import Training, train
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

QUICK = ModelSettings(members=2, chains=2, warmup=10, draws=10, steps=4, gru_width=3)


@pytest.fixture(scope="session")
def quick() -> ModelSettings:
    return QUICK


@pytest.fixture(scope="session")
def panel() -> Panel:
    return small_panel()


@pytest.fixture(scope="session")
def training(panel: Panel) -> Training:
    return train(panel, QUICK)
