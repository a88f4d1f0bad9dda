"""Forecasts of an earlier model, scored once the weeks after it have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.panel import WEEK, Floats, Panel

COLUMNS = (
    "forecast_from", "region", "week", "horizon_weeks", "actual", "predicted", "lower", "upper",
    "last_value",
)  # fmt: skip


def follow_up(
    model: FittedModel, panel: Panel, last_seen: pd.Timestamp, weeks: pd.DatetimeIndex
) -> pd.DataFrame:
    """Forecast weeks after a model's own, with the media and controls that they turned out to have.

    The KPI of those weeks is not read for the forecast. A region, channel or control that the
    model does not know is left out, as it was when the model was fitted.

    Parameters
    ----------
    panel
        Newer panel, which has the model's regions, channels and controls.
    last_seen
        Last week that the model saw.
    weeks
        Weeks to forecast, all after ``last_seen`` and in the panel.

    Returns
    -------
    DataFrame
        `COLUMNS`; ``actual`` and ``last_value``, the region's last KPI up to ``last_seen``, are
        NaN where none was observed.

    Raises
    ------
    ValueError
        If the panel lacks something that the model was fitted to, or begins at another week.
    """
    known = as_known_to(model, panel)
    places = known.weeks.get_indexer(weeks)
    prediction = model.predict(known)
    kpi = np.where(known.observed, known.kpi, np.nan)
    before = kpi[:, : int(known.weeks.searchsorted(last_seen, side="right"))]
    last = pd.DataFrame(before).ffill(axis=1).iloc[:, -1].to_numpy()
    regions, count = len(known.regions), len(weeks)
    return pd.DataFrame(
        {
            "forecast_from": last_seen,
            "region": np.repeat(np.array(known.regions, dtype=object), count),
            "week": np.tile(weeks.to_numpy(), regions),
            "horizon_weeks": np.tile((weeks - last_seen) // WEEK, regions),
            "actual": kpi[:, places].ravel(),
            "predicted": prediction.mean[:, places].ravel(),
            "lower": prediction.lower[:, places].ravel(),
            "upper": prediction.upper[:, places].ravel(),
            "last_value": np.repeat(last, count),
        }
    )


def forecast_skill(track: pd.DataFrame) -> pd.DataFrame:
    """Score forecasts by how many weeks ahead they were, and all together.

    Parameters
    ----------
    track
        Rows of `follow_up`, each forecast of a region and week once.

    Returns
    -------
    DataFrame
        ``horizon_weeks`` (NaN: all), ``refreshes``, ``region_weeks``, ``rmse``,
        ``relative_rmse`` (over the mean actual), ``last_value_rmse``, ``skill`` (against the
        last value), ``coverage_90``. Only rows with an actual and a last value count.
    """
    scored = track.dropna(subset=["actual", "last_value"])
    groups = [(np.nan, scored), *scored.groupby("horizon_weeks")] if len(scored) else []
    rows = []
    for horizon, rows_of in groups:
        actual = rows_of["actual"].to_numpy(float)
        own = _rmse(rows_of["predicted"].to_numpy(float) - actual)
        naive = _rmse(rows_of["last_value"].to_numpy(float) - actual)
        inside = (rows_of["lower"] <= actual) & (actual <= rows_of["upper"])
        rows.append(
            {
                "horizon_weeks": horizon,
                "refreshes": rows_of["forecast_from"].nunique(),
                "region_weeks": len(rows_of),
                "rmse": own,
                "relative_rmse": own / actual.mean() if actual.mean() > 0 else np.nan,
                "last_value_rmse": naive,
                "skill": 1.0 - own / naive if naive > 0 else np.nan,
                "coverage_90": float(inside.mean()),
            }
        )
    names = ["horizon_weeks", "refreshes", "region_weeks", "rmse", "relative_rmse",
             "last_value_rmse", "skill", "coverage_90"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def as_known_to(model: FittedModel, panel: Panel) -> Panel:
    """Cut out the part of a panel that a model knows, in the model's order.

    Raises
    ------
    ValueError
        If the panel lacks a region, channel or control of the model.
    """
    r = _places("regions", model.regions, panel.regions)
    c = _places("channels", model.channels, panel.channels)
    k = _places("controls", model.controls, panel.controls)
    treatments = model.response.treatments
    own = panel.with_treatments(treatments).of_regions(r).of_channels(c)
    return replace(own, controls=model.controls, control=own.control[..., k])


def _places(what: str, wanted: Sequence[str], there: Sequence[str]) -> list[int]:
    place = {name: number for number, name in enumerate(there)}
    missing = [name for name in wanted if name not in place]
    if missing:
        raise ValueError(f"the panel has no longer the {what} {missing[:5]} of the model")
    return [place[name] for name in wanted]


def _rmse(error: Floats) -> float:
    return float(np.sqrt(np.mean(error**2)))
