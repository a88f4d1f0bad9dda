"""Published edges between channels, tested by removing them one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.mediation import joint_total
from mmm_model.fit.driven_channels import DrivenChannel, target_panel
from mmm_model.fit.training import fit
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats, Panel

EDGE_TESTS = (
    "source", "target", "lag_weeks", "probability", "mediated", "mediated_lower",
    "mediated_upper", "mediated_share", "target_error", "target_error_without",
    "forecast_gain", "kpi_forecast_change",
)  # fmt: skip
_TEST_WEEKS = 8
"""Last weeks that are forecast where the model has no holdout."""


def edge_tests(effects: FittedEffects) -> pd.DataFrame:
    """Measure what changes when a published edge between channels is removed.

    Returns
    -------
    DataFrame
        One row per driven pair. ``mediated``: what the source earns through the edge, KPI
        units, and would lose with it; ``mediated_share`` of its total. ``target_error``,
        ``target_error_without``: RMSE over the mean of the target's exposure in the last
        weeks, forecast by its equation fitted to the weeks before, with and without the
        source; ``forecast_gain`` is 1 − with / without. ``kpi_forecast_change``: root mean
        squared change of the predicted KPI of these weeks, over its mean, when the target's
        exposure is not given but forecast with and without the source.
    """
    model, panel = effects.model, effects.panel
    graph, weeks = model.graph, model.settings.holdout_weeks or _TEST_WEEKS
    if graph is None:
        return pd.DataFrame(columns=list(EDGE_TESTS))
    place = {name: position for position, name in enumerate(graph.nodes)}
    rows = []
    for equation in model.driven:
        forecast = _target_forecast(equation, panel, weeks)
        for source, delay in zip(equation.sources, equation.delay, strict=True):
            blind = _target_forecast(equation, panel, weeks, without=source)
            rows.append(
                {
                    "source": source,
                    "target": equation.target,
                    "lag_weeks": delay,
                    "probability": graph.probability[delay, place[source], place[equation.target]],
                    **_mediated(effects, equation, source),
                    **_forecasts(panel, equation.target, forecast, blind),
                    "kpi_forecast_change": _kpi_change(effects, equation.target, forecast, blind),
                }
            )
    return pd.DataFrame(rows, columns=list(EDGE_TESTS))


def _mediated(effects: FittedEffects, equation: DrivenChannel, source: str) -> dict[str, float]:
    """KPI that the source earns through the edge, and its share of the source's total."""
    model, panel = effects.model, effects.panel
    cut = tuple(
        replace(other, cut=source) if other is equation else other for other in model.driven
    )
    without = joint_total(
        replace(model, driven=cut), panel, {source}, direct=effects.mediation.direct
    )
    total = effects.mediation.total[..., panel.channels.index(source)].sum(axis=(1, 2))  # [M]
    through = total - without.sum(axis=(1, 2))
    lower, upper = effect_interval(through)
    return {
        "mediated": through.mean(),
        "mediated_lower": float(lower),
        "mediated_upper": float(upper),
        "mediated_share": through.mean() / total.mean() if total.mean() else np.nan,
    }


def _target_forecast(
    equation: DrivenChannel, panel: Panel, weeks: int, without: str | None = None
) -> Floats:
    """Exposure ``[R, weeks]`` of the target in the last weeks, from an equation fitted before."""
    own = target_panel(
        panel, equation.target, equation.sources, equation.delay, equation.response.controls
    )
    silent = [source == without for source in equation.sources]
    own = replace(own, exposure=np.where(silent, 0.0, own.exposure))
    # One member and the data as they are: a test needs no interval.
    settings = replace(equation.response.settings, members=1)
    model, _ = fit(own.hide_tail(weeks), settings)
    return np.maximum(model.predict(own).mean[:, -weeks:], 0.0)


def _forecasts(panel: Panel, target: str, forecast: Floats, blind: Floats) -> dict[str, float]:
    """Errors of the target's forecast with the source and, blind, without it."""
    error, blind_error = (_error(guess, panel, target) for guess in (forecast, blind))
    return {
        "target_error": error,
        "target_error_without": blind_error,
        "forecast_gain": 1.0 - error / blind_error if blind_error > 0 else np.nan,
    }


def _error(forecast: Floats, panel: Panel, target: str) -> float:
    """RMSE of a forecast ``[R, weeks]`` of the last weeks, over the mean."""
    actual = panel.exposure[:, -forecast.shape[1] :, panel.channels.index(target)]
    mean = actual.mean()
    return float(np.sqrt(((forecast - actual) ** 2).mean()) / mean) if mean > 0 else np.nan


def _kpi_change(effects: FittedEffects, target: str, forecast: Floats, blind: Floats) -> float:
    """Root mean squared difference of the KPI under two forecasts, over the mean KPI."""
    first, second = (_media_with(effects, target, guess) for guess in (forecast, blind))
    level = np.abs(effects.components.prediction.mean(axis=0)[:, -forecast.shape[1] :]).mean()
    change = np.sqrt(((first - second) ** 2).mean())
    return float(change / level) if level > 0 else np.nan


def _media_with(effects: FittedEffects, target: str, forecast: Floats) -> Floats:
    """KPI from media ``[R, weeks]`` when the target's last weeks are as forecast."""
    panel, weeks = effects.panel, forecast.shape[1]
    exposure = panel.exposure.copy()
    exposure[:, -weeks:, panel.channels.index(target)] = forecast
    media = effects.model.media_response(panel, exposure).tail(weeks).contribution()
    return np.asarray(media.sum(axis=-1).mean(axis=0))
