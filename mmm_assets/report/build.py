"""The report of one refresh: its sections in the order in which people ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import duckdb

from mmm_assets.report import theme, words
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.escape import text
from mmm_assets.report.page import arranged, page, section_html, top_bar, view_data
from mmm_assets.report.refresh_tables import Refresh, ReportContext
from mmm_assets.report.sections import report_sections
from mmm_assets.report.views import summary


def build_report(
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    context: ReportContext | None = None,
    standing: Sequence[str] = (),
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
    standing
        Why the refresh is held and what to do, or who decided what; first of all on the page.

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
        + f'<main id="content">{_masthead(refresh)}{_standing(standing)}{content}'
        + f"{_footer(refresh)}</main>"
        + "<noscript><p>The charts need JavaScript; the text above does not.</p></noscript>"
    )
    shown = {
        "palette": theme.palette(len(refresh.channels), len(refresh.controls)),
        "views": {view.id: view_data(view) for section in sections for view in section.views},
    }
    return page(f"{refresh.context.project}: {refresh_week}", body, shown)


def _masthead(refresh: Refresh) -> str:
    weeks = refresh.weeks
    covered = (
        f"{words.counted(len(refresh.regions), 'region')}, "
        f"{words.counted(len(weeks), 'week')} from {words.day(weeks[0])} to "
        f"{words.day(weeks[-1])}, "
        f"{words.counted(len(refresh.channels), 'channel')}. {refresh.context.of_weeks}"
    ).strip()
    return (
        f'<div class="masthead"><p class="over">{text(refresh.context.project)} · refresh of '
        f"{text(words.day(refresh.week))}</p><h1>{text(summary.headline(refresh))}</h1>"
        f"<p>{text(covered)}</p></div>"
    )


def _standing(lines: Sequence[str]) -> str:
    told = "".join(f"<p>{text(line)}</p>" for line in lines)
    return f'<aside class="standing" aria-label="Where it stands">{told}</aside>' if told else ""


def _footer(refresh: Refresh) -> str:
    return (
        "<footer>Every number on this page comes from the mart tables of the refresh of "
        f"{refresh.week}; each chart names its query. Intervals are 90 %. Effects are "
        "counterfactuals of the model: what would be lost had a channel been zero. They are "
        "estimates from past data, and a lift test is the best way to check one.</footer>"
    )
