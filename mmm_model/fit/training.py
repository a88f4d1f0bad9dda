"""Training a system: response, channel graph and driven channels, twice for an honest holdout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mmm_model.fit.driven_channels import DrivenChannel, delays, structural, target_panel
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.lift_tests import LiftTest, within
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.readings import Reading
from mmm_model.fit.stages import Progress, silent
from mmm_model.fit.two_stages import readings_of
from mmm_model.fit.unpaid_mediators import fit_mediators
from mmm_model.graph import ChannelGraph, GraphSettings, learn_graph
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings


@dataclass(frozen=True)
class Training:
    """Result of a training.

    Parameters
    ----------
    holdout
        Model that saw no KPI of the held-out weeks.
    final
        Model of all weeks.
    history
        Losses: ``fit``, ``step``, ``term``, ``loss``.
    """

    holdout: FittedModel
    final: FittedModel
    history: pd.DataFrame


def train(
    panel: Panel,
    settings: ModelSettings | None = None,
    graph_settings: GraphSettings | None = None,
    progress: Progress | None = None,
    warm_start: Training | None = None,
    lift_tests: Sequence[LiftTest] = (),
) -> Training:
    """Fit twice: without the KPI of the last weeks, to be scored on them, and with it.

    Parameters
    ----------
    panel
        Data; its last ``settings.holdout_weeks`` weeks are the holdout.
    settings
        Of the response model.
    graph_settings
        Of the channel graph, which is learned from media and controls, with the KPI of the
        week before taken out as a sign of demand; None learns none. Controls that it finds
        media to drive, and instruments, are left out of the response.
    progress
        Called with a stage in words and the fraction of it that is done.
    warm_start
        Training of an earlier week to start the search from, fit by fit, so that the holdout
        fit starts from one that saw no held-out week either; ignored where channels or sizes
        differ.
    lift_tests
        Experiments that the estimates should agree with; the holdout fit reads those that
        were over before the holdout.

    Raises
    ------
    ValueError
        If no KPI would be left to learn from, or a test does not fit the panel.
    """
    settings = settings or ModelSettings()
    report = progress or silent
    start = warm_start.final if warm_start else None
    final, losses = _fit_final(panel, settings, graph_settings, report, start, lift_tests)
    if not settings.holdout_weeks:
        return Training(final, final, _history({"final": losses}))
    earlier = within(lift_tests, panel, len(panel.weeks) - settings.holdout_weeks)
    hidden = panel.with_controls(final.controls).hide_tail(settings.holdout_weeks)
    about_graph = graph_settings or GraphSettings(enabled=False)
    start = warm_start.holdout if warm_start else None
    holdout, held_losses = fit(
        hidden,
        replace(settings, rounds=0),
        None,
        report,
        "holdout fit",
        start,
        earlier,
        about_graph,
        final.response.readings,
    )
    return Training(holdout, final, _history({"holdout": held_losses, "final": losses}))


def train_final(
    panel: Panel,
    settings: ModelSettings,
    graph_settings: GraphSettings | None = None,
    progress: Progress | None = None,
    lift_tests: Sequence[LiftTest] = (),
) -> FittedModel:
    """Fit once, to all weeks: the final fit of `train`, with the same parameters and errors."""
    return _fit_final(panel, settings, graph_settings, progress or silent, None, lift_tests)[0]


def _fit_final(
    panel: Panel,
    settings: ModelSettings,
    graph_settings: GraphSettings | None,
    report: Progress,
    start: FittedModel | None,
    lift_tests: Sequence[LiftTest],
) -> tuple[FittedModel, list[dict[str, float]]]:
    graph, adjusted = None, panel.controls
    readings: tuple[Reading, ...] = ()
    driven: tuple[DrivenChannel, ...] = ()
    # Media announce promotions: what these do to media must not be taken for what media do.
    whole = panel.for_graph()
    if graph_settings is not None and settings.learns_graph:
        left_out = graph_settings.instruments
        adjusted = tuple(name for name in panel.controls if name not in left_out)
    elif graph_settings is not None:
        # Both fits take their controls from it, and one of them must not know the last weeks.
        graph = learn_graph(whole.hide_tail(settings.holdout_weeks), graph_settings, report)
        adjusted = response_controls(panel.controls, graph, graph_settings)
        driven = fit_driven(whole, graph, settings, report)
        if settings.estimator == "posterior":
            readings = readings_of(whole, graph, driven, graph_settings, settings.seed)
    known = panel.with_controls(adjusted)
    about_graph = graph_settings or GraphSettings(enabled=False)
    final, losses = fit(
        known, settings, graph, report, "final fit", start, lift_tests, about_graph, readings
    )
    if graph is None and final.graph is not None:
        driven = fit_driven(whole, final.graph, settings, report)
    driven = tuple(one.repeated(final.members) for one in driven)
    if final.graph is not None:
        whole = whole.with_controls(undriven(whole.controls, final.graph))
    mediators = fit_mediators(known, whole, settings, final.members, report)
    return replace(final, driven=driven, mediators=mediators), losses


def response_controls(
    controls: tuple[str, ...], graph: ChannelGraph, settings: GraphSettings
) -> tuple[str, ...]:
    """Return the controls that the response is adjusted for, in their order.

    Neither those that media drive, unless the settings keep them, nor instruments.
    """
    left_out = set(settings.instruments)
    if not settings.keep_driven_controls:
        left_out.update(graph.driven_controls())
    return tuple(name for name in controls if name not in left_out)


def undriven(controls: tuple[str, ...], graph: ChannelGraph) -> tuple[str, ...]:
    """Return the controls that no channel drives, in their order."""
    by_media = graph.driven_controls()
    return tuple(name for name in controls if name not in by_media)


def fit_driven(
    panel: Panel, graph: ChannelGraph, settings: ModelSettings, progress: Progress | None = None
) -> tuple[DrivenChannel, ...]:
    """Fit the structural equation of every channel that others drive, drivers first.

    By the estimator of the response, so that its members are draws, too: the interval of a
    mediated effect holds the doubt about both equations.
    """
    settings = structural(settings)
    controls = undriven(panel.controls, graph)
    found = []
    for target, first in delays(graph).items():
        sources, delay = tuple(first), tuple(first.values())
        own = target_panel(panel, target, sources, delay, controls)
        stage = f"what drives {target}"
        found.append(
            DrivenChannel(
                target=target,
                delay=delay,
                response=fit_response(own, settings, progress, stage, forecasts=False).response,
            )
        )
    return tuple(found)


def fit(
    panel: Panel,
    settings: ModelSettings,
    graph: ChannelGraph | None = None,
    progress: Progress | None = None,
    stage: str = "fit",
    warm_start: FittedModel | None = None,
    lift_tests: Sequence[LiftTest] = (),
    graph_settings: GraphSettings | None = None,
    readings: Sequence[Reading] = (),
    carryover: Carryover | None = None,
) -> tuple[FittedModel, list[dict[str, float]]]:
    """Fit the response once, on all weeks of a panel with a KPI; no driven channel.

    Parameters
    ----------
    panel, settings, lift_tests
        As in `train`.
    graph
        That the model keeps; None keeps the one that was learned with the response, if any.
    progress, stage
        Called with the stage, and the fraction of it that is done.
    warm_start
        An earlier fit to start the search from.
    graph_settings
        Of a graph that is learned with the response.
    readings
        Of channels whose exposure is read with errors.
    carryover
        That another KPI was found to have.

    Returns
    -------
    model, history
        The fitted ensemble, and the terms of the loss at each step, averaged over members.

    Raises
    ------
    ValueError
        If fewer than two weeks have a KPI, or a lift test does not fit the panel.
    """
    start = None if warm_start is None else warm_start.response
    found = fit_response(
        panel,
        settings,
        progress,
        stage,
        start,
        lift_tests,
        graph_settings=graph_settings,
        readings=readings,
        carryover=carryover,
    )
    return FittedModel(found.response, graph or found.graph, lift=found.lift), found.history


def _history(fits: dict[str, list[dict[str, float]]]) -> pd.DataFrame:
    """Long table of the losses, with the total."""
    rows = [
        (name, step, term, loss)
        for name, steps in fits.items()
        for step, terms in enumerate(steps)
        for term, loss in {"total": sum(terms.values()), **terms}.items()
    ]
    return pd.DataFrame(rows, columns=["fit", "step", "term", "loss"])
