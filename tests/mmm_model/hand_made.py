"""Panels and responses made by hand, so that curves and budgets are tested without a fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.equation.media_response import MediaResponse
from mmm_model.equation.saturation import hill
from mmm_model.equation.saturation.curve import SaturationCurve
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings


def hill_curve(slope: np.ndarray, half_saturation: np.ndarray) -> SaturationCurve:
    """Hill curves of the parameters ``[M, R, C]``."""
    values = {"slope": slope, "half_saturation": half_saturation}
    return SaturationCurve(hill.Family(ModelSettings()), values)


def panel_of(spend: np.ndarray, value: float = np.nan) -> Panel:
    """A panel whose exposure is its spend ``[R, W, C]``, every KPI observed."""
    regions, weeks, channels = spend.shape
    return Panel(
        regions=tuple(f"region {r}" for r in range(regions)),
        weeks=pd.date_range("2023-01-02", periods=weeks, freq="W-MON"),
        channels=tuple(f"channel {c}" for c in range(channels)),
        controls=(),
        kpi=np.ones((regions, weeks)),
        observed=np.ones((regions, weeks), dtype=bool),
        exposure=spend,
        spend=spend,
        control=np.zeros((regions, weeks, 0)),
        value_per_kpi=np.full((regions, weeks), value),
    )


def drawn(
    seed: int,
    members: int = 4,
    regions: int = 3,
    weeks: int = 30,
    channels: int = 3,
    slopes: tuple[float, float] = (0.7, 3.5),
    doubt: float = 0.2,
) -> tuple[MediaResponse, Panel]:
    """A random response of some members, which agree up to ``doubt``, and its panel."""
    random = np.random.default_rng(seed)
    size = random.lognormal(0, 1, (regions, 1, 1))
    spend = 100 * size * random.gamma(6, 1 / 6, (regions, weeks, channels))
    spend = spend * random.lognormal(0, 0.7, channels)
    exposure = spend / spend.mean(axis=1, keepdims=True)
    shape = (members, regions, weeks, channels)
    effect = random.lognormal(0, 1, channels) * size
    effect = effect * np.exp(doubt * random.normal(size=(members, 1, 1, channels)))
    common = (members, 1, channels)
    slope = random.uniform(*slopes, channels) * np.exp(0.5 * doubt * random.normal(size=common))
    half = random.uniform(0.4, 2.0, channels) * np.exp(0.5 * doubt * random.normal(size=common))
    response = MediaResponse(
        adstocked=np.broadcast_to(exposure, shape).copy(),
        weight=np.broadcast_to(effect, shape).copy(),
        curve=hill_curve(slope, half),
    )
    return response, panel_of(spend)


def constant(
    spend: list[float], ceiling: list[float], slope: list[float], half: list[float]
) -> tuple[MediaResponse, Panel]:
    """One member, one region, the same spend every week: the national curve is a Hill curve.

    ``half`` is a multiple of the spend.
    """
    weeks, channels = 8, len(spend)
    shape = (1, 1, weeks, channels)
    response = MediaResponse(
        adstocked=np.ones(shape),
        weight=np.broadcast_to(np.array(ceiling, dtype=float), shape).copy(),
        curve=hill_curve(*(np.array(p, dtype=float).reshape(1, 1, -1) for p in (slope, half))),
    )
    return response, panel_of(np.broadcast_to(np.array(spend, dtype=float), shape[1:]).copy())


def permuted(
    response: MediaResponse, panel: Panel, order: list[int]
) -> tuple[MediaResponse, Panel]:
    """The same with its channels in another order."""
    return (
        MediaResponse(
            adstocked=response.adstocked[..., order],
            weight=response.weight[..., order],
            curve=hill_curve(*(v[..., order] for v in response.curve.values.values())),
        ),
        replace(
            panel,
            channels=tuple(panel.channels[c] for c in order),
            exposure=panel.exposure[..., order],
            spend=panel.spend[..., order],
        ),
    )


def valued(panel: Panel, value: float = 2.0) -> Panel:
    """The panel with a value of a KPI unit, the same everywhere."""
    return replace(panel, value_per_kpi=np.full(panel.kpi.shape, value))


def two_channels(effects: list[list[float]]) -> tuple[MediaResponse, Panel]:
    """Two equal channels; a row a member, its effect of each channel."""
    one, panel = constant([10.0, 10.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    weight = np.array(effects)[:, None, None, :] * np.ones((1, 1, 8, 1))
    return replace(one, adstocked=np.ones(weight.shape), weight=weight), panel
