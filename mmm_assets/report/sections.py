"""The questions that the report answers, in the order in which people ask, and who answers them.

One more view is one file in ``views`` with a function ``views``, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Section, View
from mmm_assets.report.views import (
    baseline,
    believe,
    budget_frontier,
    budget_moves,
    budget_planner,
    budget_regions,
    budget_returns,
    budget_weeks,
    campaigns,
    carryover,
    channels,
    cost,
    data_checks,
    data_coverage,
    decomposition,
    effectiveness,
    experiments,
    first_stages,
    fit,
    forecast,
    frequency,
    graph_edges,
    graph_evidence,
    graph_mediation,
    kpi_trade,
    kpis,
    lift,
    long_term,
    media,
    media_contributions,
    mediators,
    next_unit,
    plan_causes,
    plan_delivery,
    plans,
    response,
    restated,
    summary,
    track,
    training,
    treatments,
)


@dataclass(frozen=True)
class Question:
    """A section and the views that answer it.

    Parameters
    ----------
    title, about
        Its heading, and one sentence on what it is about.
    telling
        The view whose reading opens the section, and what stands in for it where it is empty.
    views
        Make the views, in the order of the page.
    """

    title: str
    about: str
    telling: tuple[str, ...]
    views: tuple[Callable[[Refresh], tuple[View, ...]], ...]

    def section(self, refresh: Refresh) -> Section | None:
        """Ask a refresh; None where there is nothing to see."""
        found = tuple(view for views in self.views for view in views(refresh))
        if not found:
            return None
        by_id = {view.id: view for view in found}
        known = [by_id[name] for name in self.telling if name in by_id]
        telling = next((view for view in known if not view.is_empty), known[0])
        lead = f"{self.about} {telling.reading}"
        return Section(self.title.lower(), self.title, lead, found)


QUESTIONS = (
    Question(
        "Fit",
        "How well the model describes the past and forecasts weeks it had not seen.",
        ("fit-skill", "fit-scatter"),
        (fit.views, training.views, forecast.views, track.views),
    ),
    Question(
        "Decomposition",
        "What comes without media, and what each channel adds through its own path.",
        ("decomposition-waterfall",),
        (decomposition.views, media_contributions.views, treatments.views, baseline.views),
    ),
    Question(
        "Channels",
        "What each channel returns, how long it works, and where it saturates.",
        ("channels-roi", "channels-shares"),
        (
            channels.views,
            campaigns.views,
            cost.views,
            lift.views,
            carryover.views,
            long_term.views,
            response.views,
            frequency.views,
            effectiveness.views,
        ),
    ),
    Question(
        "KPIs",
        "What media bring of each KPI, and what one costs the other.",
        ("kpis-shares",),
        (kpis.views, kpi_trade.views),
    ),
    Question(
        "Graph",
        "Which channels drive others, and what they earn that way.",
        ("graph-network",),
        (
            graph_edges.views,
            graph_mediation.views,
            mediators.views,
            first_stages.views,
            graph_evidence.views,
        ),
    ),
    Question(
        "Budgets",
        "How the same money, more or less of it would be best split.",
        ("budgets-gain", "budgets-channels"),
        (
            budget_moves.views,
            budget_returns.views,
            budget_planner.views,
            next_unit.views,
            budget_weeks.views,
            budget_frontier.views,
            budget_regions.views,
        ),
    ),
    Question(
        "Plans",
        "Plans that were adopted, against what was spent and what came.",
        ("plans-track",),
        (plans.views, plan_causes.views, plan_delivery.views, plans.scorecard),
    ),
    Question(
        "Tests",
        "Which test next, and how the model stood against those that were made.",
        ("tests-next",),
        (experiments.views,),
    ),
    Question(
        "Trust",
        "How far each number can be believed, tested on this very data.",
        ("trust-channels",),
        (believe.views,),
    ),
    Question(
        "Data",
        "What went in, what was missing, and what the checks said.",
        ("data-checks",),
        (data_checks.views, restated.views, data_coverage.views, media.views),
    ),
)


def report_sections(refresh: Refresh) -> list[Section]:
    """Every section of the report that has something to show, the summary first."""
    asked = (question.section(refresh) for question in QUESTIONS)
    return [summary.section(refresh), *(section for section in asked if section is not None)]
