"""Channels that follow what a region asks for are not paid for it; those that work are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mmm_model import ModelSettings, Panel, priors
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.sampling import sample

_REGIONS, _WEEKS = 12, 90


def _panel(follows: float, works: float) -> Panel:
    """Two channels: one lasts and works, the other follows demand, works, or both."""
    rng = np.random.default_rng(3)
    demand = np.zeros((_REGIONS, _WEEKS))
    for week in range(1, _WEEKS):
        demand[:, week] = 0.7 * demand[:, week - 1] + rng.standard_normal(_REGIONS)
    lasting = rng.gamma(1.0, 1.0, (_REGIONS, _WEEKS))
    search = np.exp(follows * demand + 0.5 * rng.standard_normal((_REGIONS, _WEEKS)))
    adstocked = lasting.copy()
    for week in range(1, _WEEKS):
        adstocked[:, week] += 0.6 * adstocked[:, week - 1]
    kpi = 1.0 + 0.04 * demand + 0.05 * adstocked + works * search / (1.0 + search)
    kpi += 0.02 * rng.standard_normal(kpi.shape)
    exposure = np.stack([lasting, search], axis=-1)
    return Panel(
        regions=tuple(f"r{n}" for n in range(_REGIONS)),
        weeks=pd.date_range("2023-01-02", periods=_WEEKS, freq="7D"),
        channels=("tv", "search"),
        controls=(),
        kpi=100.0 * kpi,
        observed=np.ones(kpi.shape, bool),
        exposure=exposure,
        spend=exposure,
        control=np.zeros((*kpi.shape, 0)),
        value_per_kpi=np.ones(kpi.shape),
    )


def _sizes(panel: Panel) -> np.ndarray:
    settings = ModelSettings(chains=1, warmup=60, draws=40)
    design = Design.of(panel, settings)
    moving = Moving.none(design.weeks, design.channels, settings)
    return np.median(sample(design, settings, lambda share: None, moving).size, axis=0)


def test_a_channel_that_only_follows_brings_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were all movement taken for an effect, search would be paid for demand."""
    panel = _panel(follows=2.0, works=0.0)
    tv, search = _sizes(panel)
    monkeypatch.setattr(priors, "FOLLOWS", 1e-9)
    assert search < 0.4 * _sizes(panel)[1]
    assert tv == pytest.approx(0.05 / 0.4 / 1.125, rel=0.25)


def test_a_channel_that_works_keeps_its_effect() -> None:
    """A response that bends is no line: what follows nothing is not called demand."""
    search = 0.2 * 0.5  # the mean of x / (1 + x) around one
    found = _sizes(_panel(follows=0.0, works=0.2))[1]
    assert found == pytest.approx(search / (1.0 + 0.125 + search), rel=0.35)
