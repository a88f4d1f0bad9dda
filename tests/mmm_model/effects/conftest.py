"""A funnel: TV drives searches and an index; its panel and its training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.training import Training, train
from mmm_model.graph import GraphSettings
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

QUICK = ModelSettings(holdout_weeks=8, members=2, chains=2, warmup=30, draws=30, gru_width=0)
GRAPH = GraphSettings(bootstraps=20)


@pytest.fixture(scope="session")
def funnel_panel() -> Panel:
    """TV creates searches and lifts an index, a price moves the KPI alone, a budget search."""
    plain = small_panel(regions=8, weeks=100, controls=3)
    rng = np.random.default_rng(4)
    shape = plain.kpi.shape
    tv = plain.exposure[..., 0] / plain.exposure[..., 0].mean(axis=1, keepdims=True)
    before = np.concatenate([np.zeros((len(tv), 1)), tv[:, :-1]], axis=1)
    budget = rng.gamma(4.0, 0.25, shape)
    search = 0.5 + 0.4 * tv + 0.3 * before + 0.6 * budget + 0.1 * rng.gamma(4.0, 0.25, shape)
    index = 0.5 * tv + 0.5 * before + 0.15 * rng.gamma(3.0, 1.0, shape)
    exposure = plain.exposure.copy()
    exposure[..., 1] = search * exposure[..., 1].mean(axis=1, keepdims=True)
    control = np.stack([index, rng.normal(0, 1, shape), budget], axis=-1)
    return replace(
        plain,
        channels=("tv", "search", "display"),
        controls=("index", "price", "budget"),
        exposure=exposure,
        spend=2.0 * exposure,
        control=control,
    )


@pytest.fixture(scope="session")
def funnel(funnel_panel: Panel) -> Training:
    return train(funnel_panel, QUICK, GRAPH)
