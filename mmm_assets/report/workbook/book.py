"""The workbook of one refresh: a sheet that explains, then the questions in the report's order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from mmm_assets.report import words
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.headline import headline
from mmm_assets.report.refresh_tables import Refresh, ReportContext
from mmm_assets.report.views import summary
from mmm_assets.report.workbook.sheet import Sheet
from mmm_assets.report.workbook.sheets import (
    believed,
    brought,
    data_quality,
    forecast,
    next_unit,
    plans,
    recommended,
    regions,
)
from mmm_assets.report.workbook.writing import workbook_bytes

_SHEETS = (brought, next_unit, recommended, regions, plans, forecast, believed, data_quality)
"""One more sheet is one file in ``sheets`` with a function ``sheet``, and its name here."""

_READ = (
    "Intervals are 90 %: nine times in ten the truth should lie between low and high.",
    "Effects are counterfactuals of the model: what would be lost had a channel been zero. They "
    "are estimates from past data; a lift test is the best way to check one.",
    "Totals, differences, shares and returns are formulas: change a number, and they follow. "
    "Intervals do not add up, so no total has one but where it was worked out.",
)


def build_workbook(
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    context: ReportContext | None = None,
    standing: Sequence[str] = (),
) -> bytes:
    """Return the XLSX file of a refresh.

    Parameters and errors as `mmm_assets.report.build.build_report`.
    """
    complete(connection)
    refresh = Refresh(connection, refresh_week, context)
    sheets = [found for each in _SHEETS if (found := each.sheet(refresh)) is not None]
    return workbook_bytes(
        f"{refresh.context.project}: {refresh_week}", [_first(refresh, standing), *sheets]
    )


def _first(refresh: Refresh, standing: Sequence[str]) -> Sheet:
    about = refresh.context
    covered = (
        f"Refresh of {words.day(refresh.week)}: {words.counted(len(refresh.regions), 'region')}, "
        f"{words.counted(len(refresh.weeks), 'week')} from {words.day(refresh.weeks[0])} to "
        f"{words.day(refresh.weeks[-1])}. KPI: {about.kpi_name}. Money: {about.currency}. "
        f"{about.of_weeks}"
    ).strip()
    lines = headline(refresh.connection, refresh.week, about.currency)
    return Sheet(
        "Read me",
        about.project,
        summary.headline(refresh),
        (),
        (covered, *standing, *lines, *_READ),
    )
