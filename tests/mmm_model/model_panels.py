"""Small panels whose truth is known, for the tests of the model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.panel import Panel


def small_panel(
    regions: int = 4,
    weeks: int = 70,
    channels: int = 3,
    controls: int = 1,
    seed: int = 0,
    noise: float = 0.02,
) -> Panel:
    """Regions of different size, gamma exposure, concave response, a drifting level."""
    rng = np.random.default_rng(seed)
    size = 1000.0 * np.exp(rng.normal(0, 0.7, regions))
    exposure = rng.gamma(2.0, 0.5, (regions, weeks, channels)) * size[:, None, None]
    control = rng.normal(0, 1, (regions, weeks, controls))
    response = np.sqrt(exposure / size[:, None, None])
    level = 1.0 + rng.normal(0, 0.005, (regions, weeks)).cumsum(axis=1)
    effect = np.linspace(0.05, 0.2, channels) if channels else np.zeros(0)
    kpi = level + response @ effect + 0.03 * control.sum(axis=2)
    kpi = size[:, None] * (kpi + rng.normal(0, noise, (regions, weeks)))
    return Panel(
        regions=tuple(f"region {r}" for r in range(regions)),
        weeks=pd.date_range("2023-01-02", periods=weeks, freq="7D"),
        channels=tuple(f"channel {c}" for c in range(channels)),
        controls=tuple(f"control {k}" for k in range(controls)),
        kpi=kpi,
        observed=np.ones((regions, weeks), dtype=bool),
        exposure=exposure,
        spend=exposure * 2.0,
        control=control,
        value_per_kpi=np.full((regions, weeks), 3.0),
    )
