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
        mediated_upper, total, unpaid`` in KPI units; the contributions of a region-week add up to
        the model's prediction. Of media a contribution is the channel's own path; ``mediated`` is
        what it earned through channels that it drives and part of their contribution;
        ``total`` is the sum of both; ``unpaid`` is the part of its own path that leads by what it
        creates and nobody buys. NaN for what is no channel.
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
    parts, paths = effects.components, effects.mediation
    through, unpaid = paths.mediated, paths.unpaid
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
        yield name, "media", _media(parts.media[..., c], through[..., c], unpaid[..., c])


_OF_MEDIA = ("mediated", "mediated_lower", "mediated_upper", "total", "unpaid")


def _not_media(members: Floats) -> dict[str, Floats | float]:
    lower, upper = interval(members)
    unknown = dict.fromkeys(_OF_MEDIA, np.nan)
    return {**_columns(members, lower, upper), **unknown}


def _media(own: Floats, through: Floats, unpaid: Floats) -> dict[str, Floats | float]:
    """Columns of a channel from ``[M, R, W]`` of its own path, of what it earns through others, and
    of that part of its path that leads by what nobody buys.
    """
    lower, upper = effect_interval(through)
    mediated = through.mean(axis=0).ravel()
    columns = _columns(own, *effect_interval(own))
    return {
        **columns,
        "mediated": mediated,
        "mediated_lower": lower.ravel(),
        "mediated_upper": upper.ravel(),
        "total": columns["contribution"] + mediated,
        "unpaid": unpaid.mean(axis=0).ravel(),
    }


def _columns(members: Floats, lower: Floats, upper: Floats) -> dict[str, Floats | float]:
    return {
        "contribution": members.mean(axis=0).ravel(),
        "lower": lower.ravel(),
        "upper": upper.ravel(),
    }
