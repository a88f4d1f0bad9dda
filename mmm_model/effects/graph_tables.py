"""Labelled tables of the channel graph: what its edges are worth, what it says of controls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.effects.mediation import joint_total
from mmm_model.fit.driven_channels import DrivenChannel, target_panel
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit
from mmm_model.graph.sortability import r2_sortability, varsortability
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats, Panel

EDGE_TESTS = (
    "source", "target", "lag_weeks", "probability", "mediated", "mediated_lower",
    "mediated_upper", "mediated_share", "target_error", "target_error_without",
    "forecast_gain", "kpi_forecast_change",
)  # fmt: skip
_TEST_WEEKS = 8


def graph_metrics(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """``metric, value`` of the whole graph; NaN: cannot be computed."""
    graph = model.graph
    if graph is None:
        return pd.DataFrame(columns=["metric", "value"])
    edges = graph.edges()
    sure = set(map(tuple, edges.loc[edges["published"], ["source", "target"]].to_numpy()))
    found = set(map(tuple, edges[["source", "target"]].to_numpy()))
    metrics = {
        "varsortability": varsortability(panel, graph),
        "r2_sortability": r2_sortability(panel, graph),
        "published_pairs": len(sure),
        "undetermined_pairs": len(found - sure),
        "driven_controls": len(graph.driven_controls()),
    }
    return pd.DataFrame(list(metrics.items()), columns=["metric", "value"])


def graph_controls(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """What the graph says of each control.

    Returns
    -------
    DataFrame
        ``control, role, in_response, driver, lag_weeks, probability, drives``: ``role`` is
        ``driven`` where media drive it, ``instrument`` where it is left to the channels that it
        drives, else ``exogenous``; ``driver`` its surest driver among
        the published edges, or the likeliest channel that may be one; ``drives`` the channels
        that the control drives, separated by commas.
    """
    graph, rows = model.graph, []
    driven = graph.driven_controls() if graph is not None else ()
    for control in panel.controls:
        row: dict[str, object] = {
            "control": control,
            "role": "driven"
            if control in driven
            else "exogenous"
            if control in model.controls
            else "instrument",
            "in_response": control in model.controls,
        }
        if graph is not None:
            edges = graph.edges()
            above = edges[edges["target"] == control]
            above = above[above["published"] | (above["source_kind"] == "channel")]
            above = above.sort_values(["published", "probability"], ascending=False, kind="stable")
            if len(above):
                first = above.iloc[0]
                row |= {"driver": first["source"], "lag_weeks": first["lag_weeks"]}
                row["probability"] = first["probability"]
            below = edges[(edges["source"] == control) & edges["published"]]
            below = below[below["target_kind"] == "channel"]
            row["drives"] = ", ".join(dict.fromkeys(below["target"]))
        rows.append(row)
    columns = ["control", "role", "in_response", "driver", "lag_weeks", "probability", "drives"]
    return pd.DataFrame(rows, columns=columns)


def edge_tests(model: FittedModel, panel: Panel) -> pd.DataFrame:
    """What changes when a published edge between channels is removed.

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
    graph = model.graph
    if graph is None or not model.driven:
        return pd.DataFrame(columns=list(EDGE_TESTS))
    weeks = model.settings.holdout_weeks or _TEST_WEEKS
    total = {
        name: joint_total(model, panel, {name}).sum(axis=(1, 2))
        for name in {source for equation in model.driven for source in equation.sources}
    }
    rows = []
    for equation in model.driven:
        forecast = _target_forecast(equation, panel, weeks)
        error = _error(forecast, panel, equation.target, weeks)
        for source, delay in zip(equation.sources, equation.delay, strict=True):
            through = total[source] - _total_without(model, panel, equation, source)
            lower, upper = effect_interval(through)
            blind = _target_forecast(equation, panel, weeks, without=source)
            blind_error = _error(blind, panel, equation.target, weeks)
            position = [graph.nodes.index(source), graph.nodes.index(equation.target)]
            mean = total[source].mean()
            rows.append(
                {
                    "source": source,
                    "target": equation.target,
                    "lag_weeks": delay,
                    "probability": graph.probability[delay, position[0], position[1]],
                    "mediated": through.mean(),
                    "mediated_lower": lower,
                    "mediated_upper": upper,
                    "mediated_share": through.mean() / mean if mean else np.nan,
                    "target_error": error,
                    "target_error_without": blind_error,
                    "forecast_gain": 1.0 - error / blind_error if blind_error > 0 else np.nan,
                    "kpi_forecast_change": _kpi_change(
                        model, panel, equation.target, (forecast, blind), weeks
                    ),
                }
            )
    return pd.DataFrame(rows, columns=list(EDGE_TESTS))


def _total_without(
    model: FittedModel, panel: Panel, equation: DrivenChannel, source: str
) -> Floats:
    """Total contribution ``[M]`` of a source once the edge to a target is removed."""
    cut = tuple(
        replace(other, cut=source) if other is equation else other for other in model.driven
    )
    return np.asarray(joint_total(replace(model, driven=cut), panel, {source}).sum(axis=(1, 2)))


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


def _error(forecast: Floats, panel: Panel, target: str, weeks: int) -> float:
    """RMSE over the mean."""
    actual = panel.exposure[:, -weeks:, panel.channels.index(target)]
    mean = actual.mean()
    return float(np.sqrt(((forecast - actual) ** 2).mean()) / mean) if mean > 0 else np.nan


def _kpi_change(
    model: FittedModel, panel: Panel, target: str, forecasts: tuple[Floats, Floats], weeks: int
) -> float:
    """Root mean squared difference of two KPI forecasts over the mean KPI."""
    paths = []
    for forecast in forecasts:
        exposure = panel.exposure.copy()
        exposure[:, -weeks:, panel.channels.index(target)] = forecast
        media = model.media_response(panel, exposure).tail(weeks).contribution()
        paths.append(media.sum(axis=-1).mean(axis=0))
    level = np.abs(model.predict(panel).mean[:, -weeks:]).mean()
    change = np.sqrt(((paths[0] - paths[1]) ** 2).mean())
    return float(change / level) if level > 0 else np.nan
