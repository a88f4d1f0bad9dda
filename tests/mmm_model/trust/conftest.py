"""One channel that works, one that does nothing, and a fit of them that knows neither."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

SETTINGS = ModelSettings(members=40, chains=2, warmup=20, draws=20, gru_width=0, lag_weeks=3)


@pytest.fixture(scope="session")
def tested_panel() -> Panel:
    rng = np.random.default_rng(4)
    regions, weeks = 1, 110
    spend = rng.gamma(2.0, 20.0, (regions, weeks, 2)) * (rng.random((regions, weeks, 2)) < 0.6)
    price = rng.normal(0, 1, (regions, weeks, 1))
    kpi = 200 + 60 * spend[..., 0] / (spend[..., 0] + 40) - 10 * price[..., 0]
    return Panel(
        regions=("national",),
        weeks=pd.date_range("2023-01-02", periods=weeks, freq="7D"),
        channels=("works", "idle"),
        controls=("price",),
        kpi=kpi + rng.normal(0, 4, kpi.shape),
        observed=rng.random(kpi.shape) < 0.97,
        exposure=spend,
        spend=spend,
        control=price,
        value_per_kpi=np.full(kpi.shape, 2.0),
    )


@pytest.fixture(scope="session")
def tested_model(tested_panel: Panel) -> FittedResponse:
    return fit_response(tested_panel, SETTINGS, forecasts=False).response
