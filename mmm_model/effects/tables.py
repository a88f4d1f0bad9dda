"""Labelled tables of what a training found, one function for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmm_model.effects import holdout
from mmm_model.effects.mediation import mediation
from mmm_model.effects.response_curves import marginal_roi
from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.lift_tests import LiftTest
from mmm_model.fit.training import Training
from mmm_model.intervals import effect_interval, interval
from mmm_model.panel import Floats, Panel


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
    return _region_weeks(panel).assign(
        split=split,
        actual=np.where(panel.observed, panel.kpi, np.nan).ravel(),
        predicted=predicted.mean.ravel(),
        lower=predicted.lower.ravel(),
        upper=predicted.upper.ravel(),
    )


def contributions(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """What made up the prediction, by region, week and component.

    Returns
    -------
    DataFrame
        ``region, week, component, kind, contribution, lower, upper, mediated, mediated_lower,
        mediated_upper, total`` in KPI units; the contributions of a region-week add up to the
        model's prediction. Of media a contribution is the channel's own path; ``mediated`` is
        what it earned through channels that it drives and part of their contribution;
        ``total`` is the sum of both. NaN for what is no channel.
    """
    parts = model.components(panel)
    mediated = mediation(model, panel).mediated
    blocks = [
        ("baseline", "baseline", parts.baseline),
        ("seasonality", "seasonality", parts.seasonality),
    ]
    blocks += [(name, "control", parts.control[..., k]) for k, name in enumerate(model.controls)]
    blocks += [(name, "media", parts.media[..., c]) for c, name in enumerate(panel.channels)]
    cells = _region_weeks(panel)
    tables = []
    for component, kind, values in blocks:
        lower, upper = effect_interval(values) if kind == "media" else interval(values)
        table = cells.assign(
            component=component,
            kind=kind,
            contribution=values.mean(axis=0).ravel(),
            lower=lower.ravel(),
            upper=upper.ravel(),
            **dict.fromkeys(("mediated", "mediated_lower", "mediated_upper", "total"), np.nan),
        )
        if kind == "media":
            through = mediated[..., panel.channels.index(component)]
            lower, upper = effect_interval(through)
            table["mediated"] = through.mean(axis=0).ravel()
            table["mediated_lower"], table["mediated_upper"] = lower.ravel(), upper.ravel()
            table["total"] = table["contribution"] + table["mediated"]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def channel_summary(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """Each channel over all weeks of the panel, with what it earns through other channels.

    Returns
    -------
    DataFrame
        ``channel, spend, exposure, contribution, direct, mediated, share, roi, roi_lower,
        roi_upper, marginal_roi, contribution_lower, contribution_upper, mediated_lower,
        mediated_upper, direct_roi, direct_roi_lower, direct_roi_upper``. ``roi`` is of the
        total, ``direct_roi`` of the channel's own path. Money is NaN for a channel without
        spend, returns are NaN without a value of the KPI.
    """
    response = model.media_response(panel)
    split = mediation(model, panel)
    direct, total = split.direct, split.total
    spend = np.where(panel.has_spend, np.nansum(panel.spend, axis=(0, 1)), np.nan)
    value = panel.value_per_kpi[None, :, :, None]
    contribution, own = total.sum(axis=(1, 2)), direct.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        roi = _finite((total * value).sum(axis=(1, 2)) / spend)
        direct_roi = _finite((direct * value).sum(axis=(1, 2)) / spend)
    lower, upper = effect_interval(contribution)
    roi_lower, roi_upper = effect_interval(roi)
    predicted = model.components(panel).prediction.mean(axis=0).sum()
    return pd.DataFrame(
        {
            "channel": panel.channels,
            "spend": spend,
            "exposure": panel.exposure.sum(axis=(0, 1)),
            "contribution": contribution.mean(axis=0),
            "direct": own.mean(axis=0),
            "mediated": (contribution - own).mean(axis=0),
            "share": own.mean(axis=0) / predicted if predicted else np.nan,
            "roi": roi.mean(axis=0),
            "roi_lower": roi_lower,
            "roi_upper": roi_upper,
            "marginal_roi": marginal_roi(response, panel).mean(axis=0),
            "contribution_lower": lower,
            "contribution_upper": upper,
            **_with_interval("mediated", contribution - own, mean=False),
            **_with_interval("direct_roi", direct_roi),
        }
    )


def adstock_curves(model: FittedModel) -> pd.DataFrame:
    """How a channel's effect spreads: ``channel, lag_weeks, weight, lower, upper``."""
    kernel = model.adstock_kernel()
    lower, upper = interval(kernel)
    lags = kernel.shape[-1]
    return pd.DataFrame(
        {
            "channel": np.repeat(np.array(model.channels, dtype=object), lags),
            "lag_weeks": np.tile(np.arange(lags), len(model.channels)),
            "weight": kernel.mean(axis=0).ravel(),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
        }
    )


def effectiveness(response: MediaResponse, panel: Panel) -> pd.DataFrame:
    """What a unit was worth in each week: ``channel, week, effectiveness, lower, upper``.

    Regions count by what they could earn of the channel; one is the channel's mean over weeks.
    """
    worth = response.weight.sum(axis=1)
    mean = worth.mean(axis=1, keepdims=True)
    index = np.divide(worth, mean, out=np.ones_like(worth), where=mean > 0)
    lower, upper = interval(index)
    weeks = panel.weeks.to_numpy()
    return pd.DataFrame(
        {
            "channel": np.repeat(np.array(panel.channels, dtype=object), len(weeks)),
            "week": np.tile(weeks, len(panel.channels)),
            "effectiveness": index.mean(axis=0).T.ravel(),
            "lower": lower.T.ravel(),
            "upper": upper.T.ravel(),
        }
    )


def lift_tests(model: FittedModel, tests: Sequence[LiftTest]) -> pd.DataFrame:
    """Each lift test beside what the model said without any and says with them.

    Parameters
    ----------
    tests
        Those that the model was fitted with, in their order.

    Returns
    -------
    DataFrame
        ``channel, region, start_week, end_week, change, measured, standard_error, used_error,
        conflicts`` and ``before`` and ``after`` with their intervals, KPI units a week.
    """
    found = model.lift or {name: np.zeros(0) for name in ("error", "conflicts")}
    frame = pd.DataFrame(
        {
            "channel": [test.channel for test in tests],
            "region": [test.region for test in tests],
            "start_week": [test.start for test in tests],
            "end_week": [test.end for test in tests],
            "change": [test.change for test in tests],
            "measured": [test.lift for test in tests],
            "standard_error": [test.standard_error for test in tests],
            "used_error": found["error"],
            "conflicts": found["conflicts"] > 0,
        }
    )
    for when in ("before", "after"):
        members = found.get(when, np.zeros((1, 0)))
        lower, upper = effect_interval(members)
        frame = frame.assign(
            **{when: members.mean(axis=0), f"{when}_lower": lower, f"{when}_upper": upper}
        )
    return frame


def holdout_metrics(training: Training, panel: Panel) -> pd.DataFrame:
    """Scores on the held-out weeks: ``scope, model, metric, value``; no rows without holdout."""
    weeks = training.holdout.settings.holdout_weeks
    if not weeks:
        return pd.DataFrame(columns=["scope", "model", "metric", "value"])
    return holdout.holdout_metrics(panel, training.holdout.predict(panel), weeks)


def training_history(training: Training) -> pd.DataFrame:
    """Losses of both fits: ``fit, step, term, loss``."""
    return training.history.copy()


def _region_weeks(panel: Panel) -> pd.DataFrame:
    """``region, week`` in the order of a raveled ``[R, W]`` array."""
    regions = np.array(panel.regions, dtype=object)
    return pd.DataFrame(
        {
            "region": np.repeat(regions, len(panel.weeks)),
            "week": np.tile(panel.weeks.to_numpy(), len(regions)),
        }
    )


def _with_interval(name: str, members: Floats, mean: bool = True) -> dict[str, Floats]:
    """Mean of ``[M, C]`` and its 90 % interval as columns."""
    lower, upper = effect_interval(members)
    columns = {name: members.mean(axis=0)} if mean else {}
    return {**columns, f"{name}_lower": lower, f"{name}_upper": upper}


def _finite(value: Floats) -> Floats:
    return np.where(np.isfinite(value), value, np.nan)
