"""Contributions: the parts that the prediction is made of, by region, week and component."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.intervals import effect_interval, interval
from mmm_model.panel import Floats
from mmm_model.treatments import components_of

BRAND = "brand"
"""Name and kind of what a slow stock adds: the later part of what media brought before."""


def contributions(effects: FittedEffects) -> pd.DataFrame:
    """Split the prediction into its components.

    Returns
    -------
    DataFrame
        ``region, week, component, kind, contribution, lower, upper, mediated, mediated_lower,
        mediated_upper, total`` in KPI units; the contributions of a region-week add up to the
        model's prediction. Of media a contribution is the channel's own path; ``mediated`` is
        what it earned through channels that it drives and part of their contribution;
        ``total`` is the sum of both. NaN for what is no channel.
    """
    cells = effects.panel.region_weeks()
    return pd.concat(
        [
            cells.assign(component=component, kind=kind, **columns)
            for component, kind, columns in _parts(effects)
        ],
        ignore_index=True,
    )


def _parts(effects: FittedEffects) -> Iterator[tuple[str, str, dict[str, Floats | float]]]:
    """Each component's name, kind and columns ``[R * W]``."""
    parts, mediated = effects.components, effects.mediation.mediated
    yield "baseline", "baseline", _not_media(parts.baseline)
    yield "seasonality", "seasonality", _not_media(parts.seasonality)
    for k, name in enumerate(effects.model.controls):
        yield name, "control", _not_media(parts.control[..., k])
    kinds = components_of(effects.model.response.treatments)
    for j, (name, kind) in enumerate(kinds.items()):
        yield name, kind, _not_media(parts.treatment[..., j])
    for j in range(parts.brand.shape[-1]):
        yield BRAND, BRAND, _not_media(parts.brand[..., j])
    for c, name in enumerate(effects.panel.channels):
        yield name, "media", _media(parts.media[..., c], mediated[..., c])


def _not_media(members: Floats) -> dict[str, Floats | float]:
    lower, upper = interval(members)
    unknown = dict.fromkeys(("mediated", "mediated_lower", "mediated_upper", "total"), np.nan)
    return {**_columns(members, lower, upper), **unknown}


def _media(own: Floats, through: Floats) -> dict[str, Floats | float]:
    """Columns of a channel from its own path and what it earns through others, ``[M, R, W]``."""
    lower, upper = effect_interval(through)
    mediated = through.mean(axis=0).ravel()
    columns = _columns(own, *effect_interval(own))
    return {
        **columns,
        "mediated": mediated,
        "mediated_lower": lower.ravel(),
        "mediated_upper": upper.ravel(),
        "total": columns["contribution"] + mediated,
    }


def _columns(members: Floats, lower: Floats, upper: Floats) -> dict[str, Floats | float]:
    return {
        "contribution": members.mean(axis=0).ravel(),
        "lower": lower.ravel(),
        "upper": upper.ravel(),
    }
