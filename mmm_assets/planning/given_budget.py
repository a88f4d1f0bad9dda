"""Budgets that somebody gives, typed or in a file as the page saves it, priced by a saved model."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_assets.inputs.fits import Fits
from mmm_assets.planning.questions import Infeasible, refusals
from mmm_assets.store.project import Project

if TYPE_CHECKING:
    from mmm_model.budget.recommended_budget import RecommendedBudget
    from mmm_model.budget.weekly_budget import WeeklyBudget
    from mmm_model.panel import Panel

_COLUMNS = ("channel", "region", "spend")


@dataclass(frozen=True)
class Money:
    """An amount for a channel.

    Parameters
    ----------
    name
        The channel, or ``channel@region``: the panel knows which of the two it is.
    region
        Where the two were told apart already.
    """

    name: str
    amount: float
    region: str | None = None


def typed(texts: Iterable[str]) -> list[Money]:
    """Read ``tv=10000`` and ``tv@north=2500``.

    Raises
    ------
    Infeasible
        If a text is not of this form.
    """
    found = []
    for text in texts:
        name, _, amount = text.rpartition("=")
        try:
            found.append(Money(name, float(amount)))
        except ValueError:
            name = ""
        if not name:
            raise Infeasible(f"spend '{text}' is not of the form channel=10000")
    return found


def saved(file: Path) -> list[Money]:
    """Read a CSV file with the columns channel, region and spend; an empty region means all.

    The apostrophe that keeps a spreadsheet from running a name as a formula is left out.

    Raises
    ------
    Infeasible
        If it cannot be read, a column is missing, or an amount is none; the message names file
        and line.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            return list(_rows(csv.DictReader(opened), file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Infeasible(f"{file} cannot be read: {error}") from error


def _rows(reader: csv.DictReader[str], file: Path) -> Iterator[Money]:
    absent = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
    if absent:
        raise Infeasible(f"{file} has no column {' and no '.join(absent)}")
    for row in reader:
        channel, region, spend = (row[name] or "" for name in _COLUMNS)
        try:
            amount = float(spend)
        except ValueError:
            where = f"{file}, line {reader.line_num}"
            raise Infeasible(f"{where}: spend '{spend}' is not a number") from None
        yield Money(_plain(channel), amount, _plain(region) or None)


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "\t"} else cell


def price_budget(
    project: Project, refresh_week: date, given: Iterable[Money], horizon: int = 1
) -> RecommendedBudget:
    """Say what a budget would bring, by the saved model of a refresh; the rest stays as it is.

    Parameters
    ----------
    given
        For the whole horizon.
    horizon
        Weeks.

    Raises
    ------
    Infeasible
        If a channel or region is unknown, given twice, or has no plan to scale.
    """
    from mmm_model.budget.given_budget import GivenSpend, given_budget

    fits = Fits(project, refresh_week, published=True)
    with refusals():
        spend = [
            GivenSpend(channel, one.amount / horizon, region)
            for one in given
            for channel, region in [_place(one, fits.panel)]
        ]
        main = project.config.kpi_name
        return given_budget(fits.response, fits.panel, spend, fits.further_kpis, main)


def in_recent_weeks(
    project: Project, refresh_week: date, budget: RecommendedBudget, horizon: int
) -> WeeklyBudget:
    """Spread a priced budget over the weeks after a refresh as the recent plan spreads its money.

    Parameters
    ----------
    budget
        Of `price_budget`.
    horizon
        Weeks.
    """
    from mmm_model.budget import weekly_budget

    fits = Fits(project, refresh_week, published=True)
    return weekly_budget.in_recent_weeks(fits.final, fits.panel, horizon, budget)


def _place(one: Money, panel: Panel) -> tuple[str, str | None]:
    """Channel and region that an amount is for; a channel may have an @ in its name."""
    if one.region is None and one.name not in panel.channels:
        for region in panel.regions:
            channel = one.name.removesuffix(f"@{region}")
            if channel != one.name and channel in panel.channels:
                return channel, region
    return one.name, one.region
