"""Scores of the forecast of held-out weeks, beside forecasts that need no model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_response import Prediction
from mmm_model.fit.training import Training
from mmm_model.panel import Bools, Floats, Panel

SCOPES = ("pooled", "national", "within_region")
METRICS = ("rmse", "relative_rmse", "wape", "r2", "skill", "coverage_90")
HOLDOUT_COLUMNS = ("scope", "model", "metric", "value")
_YEAR = 52
"""Weeks between a week and the same one a year before."""


def references(panel: Panel, weeks: int) -> dict[str, Floats]:
    """Forecasts of the last weeks from the region's own past, ``[R, weeks]`` each.

    Parameters
    ----------
    panel
        Panel whose last weeks are held out; only earlier observed weeks are read.
    weeks
        Number of held-out weeks.

    Returns
    -------
    dict
        ``last_value``, ``last_4_mean`` (of observed weeks), ``seasonal_naive`` (52 weeks
        before; the last value where that week is unknown) and ``train_mean``; NaN for a
        region that was never observed.
    """
    cut = len(panel.weeks) - weeks
    seen = panel.observed[:, :cut]
    known = np.where(seen, panel.kpi[:, :cut], np.nan)
    rank = seen[:, ::-1].cumsum(axis=1)[:, ::-1]
    last = _mean(np.where(rank <= 1, known, np.nan))
    year_ago = np.arange(cut, cut + weeks) - _YEAR
    seasonal = np.full((len(known), weeks), np.nan)
    usable = (year_ago >= 0) & (year_ago < cut)
    seasonal[:, usable] = known[:, year_ago[usable]]
    flat = {
        "last_value": last,
        "last_4_mean": _mean(np.where(rank <= 4, known, np.nan)),
        "train_mean": _mean(known),
    }
    wide = {name: np.repeat(value[:, None], weeks, axis=1) for name, value in flat.items()}
    wide["seasonal_naive"] = np.where(np.isnan(seasonal), last[:, None], seasonal)
    return {n: wide[n] for n in ("last_value", "last_4_mean", "seasonal_naive", "train_mean")}


def holdout_metrics(training: Training, panel: Panel) -> pd.DataFrame:
    """Scores on the held-out weeks of a training, see `score`; no rows without a holdout."""
    weeks = training.holdout.settings.holdout_weeks
    if not weeks:
        return pd.DataFrame(columns=list(HOLDOUT_COLUMNS))
    return score(panel, training.holdout.predict(panel), weeks)


def score(panel: Panel, prediction: Prediction, weeks: int) -> pd.DataFrame:
    """Score the model and the references on the held-out weeks.

    Parameters
    ----------
    panel
        Panel with the KPI of the held-out weeks.
    prediction
        Forecast of a model that did not see that KPI, over all weeks of the panel.
    weeks
        Number of held-out weeks, at the end of the panel.

    Returns
    -------
    DataFrame
        ``scope``, ``model``, ``metric``, ``value``. ``national`` scores the sum over the
        regions, ``within_region`` what is left after each region's mean over the held-out
        weeks is taken out, of actual and forecast alike. ``coverage_90`` is of the model's
        region-weeks, so in scope ``pooled`` only. ``skill`` is
        ``1 − RMSE(mmm) / RMSE(model)``, of ``mmm`` itself against ``last_value``. Rows that a
        reference cannot forecast are left out of every score. NaN: cannot be computed.
    """
    tail = slice(len(panel.weeks) - weeks, None)
    actual, seen = panel.kpi[:, tail], panel.observed[:, tail]
    inside = (prediction.lower[:, tail] <= actual) & (actual <= prediction.upper[:, tail])
    forecasts = {"mmm": prediction.mean[:, tail], **references(panel, weeks)}
    for mean in forecasts.values():
        seen = seen & np.isfinite(mean)
    rows = []
    for scope in SCOPES:
        scores = {name: _scores(actual, mean, seen, scope) for name, mean in forecasts.items()}
        for name, score in scores.items():
            rival = "last_value" if name == "mmm" else name
            score["skill"] = _ratio(scores["mmm"]["rmse"], scores[rival]["rmse"])
            own = scope == "pooled" and name == "mmm" and seen.any()
            score["coverage_90"] = float(inside[seen].mean()) if own else np.nan
            rows += [(scope, name, metric, score[metric]) for metric in METRICS]
    return pd.DataFrame(rows, columns=list(HOLDOUT_COLUMNS))


def _scores(actual: Floats, mean: Floats, seen: Bools, scope: str) -> dict[str, float]:
    """Scores of one forecast in one scope."""
    size = float(actual[seen].mean()) if seen.any() else np.nan
    if scope == "national":
        on = seen.any(axis=0)
        truth, guess = ((np.where(seen, v, 0.0).sum(axis=0))[on] for v in (actual, mean))
        size = float(truth.mean()) if on.any() else np.nan
    elif scope == "within_region":
        truth, guess = (_centred(v, seen)[seen] for v in (actual, mean))
    else:
        truth, guess = actual[seen], mean[seen]
    if not truth.size:
        return dict.fromkeys(METRICS, np.nan)
    error = guess - truth
    rmse = float(np.sqrt(np.mean(error**2)))
    total, spread = float(np.abs(truth).sum()), float(np.sum((truth - truth.mean()) ** 2))
    return {
        "rmse": rmse,
        "relative_rmse": rmse / size if size > 0 else np.nan,
        "wape": float(np.abs(error).sum()) / total if total > 0 else np.nan,
        "r2": 1.0 - float(np.sum(error**2)) / spread if spread > 0 else np.nan,
    }


def _centred(value: Floats, seen: Bools) -> Floats:
    return value - _mean(np.where(seen, value, np.nan))[:, None]


def _mean(value: Floats) -> Floats:
    """Mean along the weeks that are known, NaN where there is none."""
    known = np.isfinite(value)
    count = known.sum(axis=1)
    total = np.where(known, value, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _ratio(own: float, rival: float) -> float:
    return 1.0 - own / rival if rival > 0 else np.nan
