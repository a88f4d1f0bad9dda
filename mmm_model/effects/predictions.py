"""Actual and predicted KPI by region and week."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import Training
from mmm_model.panel import Panel


def predictions(training: Training, panel: Panel) -> pd.DataFrame:
    """Actual and predicted KPI by region and week.

    Parameters
    ----------
    panel
        Panel it was trained on.

    Returns
    -------
    DataFrame
        ``region, week, split, actual, predicted, lower, upper``: split ``train`` is the final
        fit on all weeks, ``holdout`` the held-out weeks once more, forecast by the fit that
        did not see them. ``actual`` is NaN where the KPI was not observed.
    """
    held = panel.weeks[len(panel.weeks) - training.final.settings.holdout_weeks :]
    fitted = _prediction(training.final, panel, "train")
    forecast = _prediction(training.holdout, panel, "holdout")
    return pd.concat([fitted, forecast[forecast["week"].isin(held)]], ignore_index=True)


def _prediction(model: FittedModel, panel: Panel, split: str) -> pd.DataFrame:
    predicted = model.predict(panel)
    return panel.region_weeks().assign(
        split=split,
        actual=np.where(panel.observed, panel.kpi, np.nan).ravel(),
        predicted=predicted.mean.ravel(),
        lower=predicted.lower.ravel(),
        upper=predicted.upper.ravel(),
    )
