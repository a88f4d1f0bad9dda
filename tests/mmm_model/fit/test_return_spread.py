"""How much returns differ is learned from panels in which it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from mmm_model.equation.scaling import Scaling
from mmm_model.fit.equation_inputs import inputs_of
from mmm_model.fit.estimate import saturated_media
from mmm_model.fit.noise import ordinary_weeks
from mmm_model.fit.observations import Observations
from mmm_model.fit.return_spread import learn_return_spread
from mmm_model.fit.search import initial_equation
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

REGIONS, WEEKS = 8, 90


def panel_with(returns: list[float], known: bool = True) -> Panel:
    """Channels of equal spend, the first hills of the search, no adstock."""
    rng = np.random.default_rng(0)
    shape = (REGIONS, WEEKS, len(returns))
    exposure = rng.gamma(2.0, 0.5, shape)
    media = exposure / (exposure + 2.0)
    kpi = 100.0 + 30.0 * media @ np.array(returns) + rng.standard_normal(shape[:2])
    return Panel(
        regions=tuple(f"r{i}" for i in range(REGIONS)),
        weeks=pd.date_range("2024-01-01", periods=WEEKS, freq="7D"),
        channels=tuple(f"c{i}" for i in range(len(returns))),
        controls=(),
        kpi=kpi,
        observed=np.ones(shape[:2], dtype=bool),
        exposure=exposure,
        spend=exposure if known else np.full(shape, np.nan),
        control=np.zeros((*shape[:2], 0)),
        value_per_kpi=np.ones(shape[:2]),
    )


def spread(panel: Panel) -> float:
    settings = ModelSettings(estimator="search", members=1, harmonics=0)
    scaling = Scaling.of(panel)
    inputs = inputs_of(panel, scaling, WEEKS, 0, "cpu")
    data = Observations.of(panel, scaling, inputs, settings)
    with torch.no_grad():
        saturated = saturated_media(initial_equation(settings, data, None), data)
        noise = ordinary_weeks(data.target, data.observed)
        return learn_return_spread(data, noise, saturated).return_spread


def test_returns_that_lie_together_are_drawn_together() -> None:
    equal = spread(panel_with([1.0, 1.0, 1.0, 1.0, 1.0, 1.0]))
    apart = spread(panel_with([0.1, 0.2, 0.5, 1.0, 1.9, 2.8]))
    assert equal < 0.5 < apart


def test_without_spend_nothing_is_said_of_returns() -> None:
    assert spread(panel_with([0.1, 1.0, 2.0], known=False)) == 1.0
