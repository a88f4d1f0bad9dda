"""Plans of record adopted and withdrawn, and the dashboard that says so: in one step for people."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mmm_assets.inputs.fits import Fits
from mmm_assets.planning.adopted_plans import Adopted, Kept, adopt, withdraw
from mmm_assets.planning.plan_files import read_plan
from mmm_assets.report.files import draw_published
from mmm_assets.store.decided_rows import Decision
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import DetailsGone, published_week

if TYPE_CHECKING:
    from mmm_model.budget.weekly_budget import WeeklyBudget

Warn = Callable[[str], None]


def adopt_budget(
    project: Project,
    name: str,
    refresh_week: date,
    budget: WeeklyBudget,
    asked: str,
    decision: Decision,
    warn: Warn,
) -> Kept:
    """Keep a budget by week; parameters and errors as `adopt`."""
    from mmm_model.budget.planned_media import of_weekly_budget

    spend = of_weekly_budget(budget, Fits(project, refresh_week, published=True).panel)
    kept = adopt(project, name, refresh_week, spend, asked, decision, warn)
    _draw(project, refresh_week)
    return kept


def adopt_file(
    project: Project, name: str, refresh_week: date, file: Path, decision: Decision, warn: Warn
) -> Kept:
    """Keep a plan that people agreed; parameters and errors as `adopt` and `read_plan`."""
    from mmm_model.budget.planned_media import recent_media

    fits = Fits(project, refresh_week, published=True)
    recent = recent_media(fits.final, fits.panel, 1)
    spend = read_plan(file, fits.panel, recent, project.config.days_early)
    kept = adopt(project, name, refresh_week, spend, f"file {file.name}", decision, warn)
    _draw(project, refresh_week)
    return kept


def withdraw_plan(project: Project, name: str, decision: Decision, warn: Warn) -> Adopted:
    """Let a plan count no longer; parameters and errors as `withdraw`."""
    found = withdraw(project, name, decision, warn)
    _draw(project, published_week(project.warehouse, None))
    return found


def _draw(project: Project, refresh_week: date) -> None:
    with suppress(DetailsGone):
        draw_published(project, refresh_week)
