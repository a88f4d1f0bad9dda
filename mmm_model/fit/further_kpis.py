"""Further KPIs of the same media: each is fitted after the main one, and borrows from it.

What media are to each other is the same whatever they are to a KPI: the channel graph, what
others create of a channel, how well exposure is read. It is taken from the main KPI's fits, and so
is what these say of the adstock, see `mmm_model.fit.posterior.carryover`. Nothing runs the other
way: the main KPI has the numbers that it has alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.stages import Progress
from mmm_model.fit.training import Training, fit
from mmm_model.graph import GraphSettings
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings


@dataclass(frozen=True)
class FurtherKpi:
    """A KPI beside the main one.

    Parameters
    ----------
    name
        Of the KPI.
    panel
        The main KPI's panel with this one's KPI, mask and value.
    training
        Its fits.
    """

    name: str
    panel: Panel
    training: Training

    @cached_property
    def response(self) -> MediaResponse:
        """The media part of its final fit."""
        return self.training.final.media_response(self.panel)

    def valued_on(self, panel: Panel) -> Panel:
        """The main KPI's panel with this one's value: what is planned is the same for both."""
        return replace(panel, value_per_kpi=self.panel.value_per_kpi)


def train_further(
    name: str,
    panel: Panel,
    main: Training,
    settings: ModelSettings,
    graph_settings: GraphSettings | None = None,
    progress: Progress | None = None,
) -> FurtherKpi:
    """Fit a further KPI twice, as `mmm_model.fit.training.train` does the main one.

    Parameters
    ----------
    panel
        As in `FurtherKpi`.
    main
        Fits of the main KPI to the same media, with the same settings. Its holdout fit lends to
        the holdout fit, so that the last weeks of neither KPI are known there.
    settings, graph_settings, progress
        As in `mmm_model.fit.training.train`.

    Raises
    ------
    ValueError
        If no KPI would be left to learn from.
    """

    def fitted(known: Panel, own: ModelSettings, lender: FittedModel, stage: str) -> FittedModel:
        found, _ = fit(
            known,
            own,
            lender.graph,
            progress,
            f"{name}, {stage}",
            graph_settings=graph_settings or GraphSettings(enabled=False),
            readings=lender.response.readings,
            carryover=Carryover(lender.channels, lender.adstock_kernel()),
        )
        return replace(found, driven=lender.driven)

    known = panel.with_controls(main.final.controls)
    final = fitted(known, settings, main.final, "final fit")
    if not settings.holdout_weeks:
        return FurtherKpi(name, panel, Training(final, final, pd.DataFrame()))
    hidden = known.hide_tail(settings.holdout_weeks)
    holdout = fitted(hidden, replace(settings, rounds=0), main.holdout, "holdout fit")
    return FurtherKpi(name, panel, Training(holdout, final, pd.DataFrame()))
