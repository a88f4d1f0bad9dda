"""The report of one refresh: its sections in the order in which people ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import duckdb

from mmm_assets.report import theme, words
from mmm_assets.report.contract import complete
from mmm_assets.report.escape import text
from mmm_assets.report.page import arranged, page, section_html, top_bar, view_data
from mmm_assets.report.refresh import Refresh, ReportContext
from mmm_assets.report.view import Section, View
from mmm_assets.report.views import (
    budgets,
    carryover,
    channels,
    cost,
    data,
    decomposition,
    effectiveness,
    fit,
    forecast,
    graph,
    lift,
    media,
    parts,
    response,
    summary,
    track,
    training,
)


def build_report(
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    context: ReportContext | None = None,
) -> str:
    """The report of a refresh as one HTML file that needs nothing from elsewhere.

    Parameters
    ----------
    connection
        A connection to a warehouse with the ``mart`` schema; only read.
    refresh_week
        The refresh to show.
    context
        Names of project, KPI and currency; from ``mart.refreshes`` when None.

    Raises
    ------
    LookupError
        If the warehouse holds no predictions of that refresh.
    """
    complete(connection)
    refresh = Refresh(connection, refresh_week, context)
    sections = [
        replace(found, views=tuple(arranged(found.views))) for found in report_sections(refresh)
    ]
    content = "".join(section_html(section) for section in sections)
    body = (
        top_bar(sections, '<a href="../index.html">All refreshes</a>')
        + f'<main id="content">{_masthead(refresh)}{content}{_footer(refresh)}</main>'
        + "<noscript><p>The charts need JavaScript; the text above does not.</p></noscript>"
    )
    shown = {
        "palette": theme.palette(len(refresh.channels), len(refresh.controls)),
        "views": {view.id: view_data(view) for section in sections for view in section.views},
    }
    return page(f"{refresh.context.project}: {refresh_week}", body, shown)


def report_sections(refresh: Refresh) -> list[Section]:
    """Every section of the report."""
    return [
        summary.section(refresh),
        _section(
            "Fit",
            "How well the model describes the past and forecasts weeks it had not seen.",
            ("fit-skill", "fit-scatter"),
            *fit.views(refresh),
            training.view(refresh),
            *forecast.views(refresh),
            *track.views(refresh),
        ),
        _section(
            "Decomposition",
            "What comes without media, and what each channel adds through its own path.",
            ("decomposition-waterfall",),
            *decomposition.views(refresh),
            *parts.views(refresh),
        ),
        _section(
            "Channels",
            "What each channel returns, how long it works, and where it saturates.",
            ("channels-roi", "channels-shares"),
            *channels.views(refresh),
            *cost.views(refresh),
            *lift.views(refresh),
            *carryover.views(refresh),
            *response.views(refresh),
            effectiveness.view(refresh),
        ),
        _section(
            "Graph",
            "Which channels drive others, and what they earn that way.",
            ("graph-network",),
            *graph.views(refresh),
        ),
        _section(
            "Budgets",
            "How the same money, more or less of it would be best split.",
            ("budgets-gain", "budgets-channels"),
            *budgets.views(refresh),
        ),
        _section(
            "Data",
            "What went in, what was missing, and what the checks said.",
            ("data-checks",),
            *data.views(refresh),
            *media.views(refresh),
        ),
    ]


def _section(title: str, about: str, telling: Sequence[str], *views: View) -> Section:
    """A section that opens with what it is about and the reading of its most telling view.

    ``telling`` names that view, and what stands in for it where it is empty.
    """
    by_id = {view.id: view for view in views}
    known = [by_id[name] for name in telling if name in by_id]
    view = next((view for view in known if not view.is_empty), known[0])
    return Section(title.lower(), title, f"{about} {view.reading}", views)


def _masthead(refresh: Refresh) -> str:
    weeks = refresh.weeks
    covered = (
        f"{words.counted(len(refresh.regions), 'region')}, "
        f"{words.counted(len(weeks), 'week')} from {words.day(weeks[0])} to "
        f"{words.day(weeks[-1])}, "
        f"{words.counted(len(refresh.channels), 'channel')}."
    )
    return (
        f'<div class="masthead"><p class="over">{text(refresh.context.project)} · refresh of '
        f"{text(words.day(refresh.week))}</p><h1>{text(summary.headline(refresh))}</h1>"
        f"<p>{text(covered)}</p></div>"
    )


def _footer(refresh: Refresh) -> str:
    return (
        "<footer>Every number on this page comes from the mart tables of the refresh of "
        f"{refresh.week}; each chart names its query. Intervals are 90 %. Effects are "
        "counterfactuals of the model: what would be lost had a channel been zero. They are "
        "estimates from past data, and a lift test is the best way to check one.</footer>"
    )
