"""Plans of record at the terminal: ``mmm plan --adopt`` keeps one, ``mmm plans`` lists them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mmm_assets.cli.application import (
    ConfigOption,
    app,
    clear_errors,
    console,
    errors,
    load,
    stop,
    text_table,
)
from mmm_assets.cli.deciding import ReasonOption, WhoOption

if TYPE_CHECKING:
    import pandas as pd

    from mmm_assets.config import ProjectConfig
    from mmm_assets.planning.adopted_plans import Kept
    from mmm_assets.planning.questions import Question
    from mmm_model.budget.weekly_budget import WeeklyBudget


class Adopts(NamedTuple):
    """A plan's name, why it is adopted and by whom, as typed."""

    name: str
    reason: str
    who: str


def adopt_budget(
    about: ProjectConfig,
    adopts: Adopts,
    refresh_week: date,
    weekly: WeeklyBudget,
    question: Question | None,
    horizon: int,
) -> None:
    """Keep a budget by week, and print what it promises; None: it was given, not asked for."""
    with clear_errors():
        from mmm_assets.orchestration.adoption import adopt_budget
        from mmm_assets.planning.words import asked_words
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project

        asked = asked_words(question, horizon)
        decision = Decision(adopts.reason, adopts.who)
        kept = adopt_budget(
            Project(about), adopts.name, refresh_week, weekly, asked, decision, _warn
        )
    _print_promise(kept, about)


def adopt_weeks(about: ProjectConfig, adopts: Adopts, file: Path, week: date | None) -> None:
    """Keep a plan that people agreed, and print what it promises."""
    with clear_errors():
        from mmm_assets.orchestration.adoption import adopt_file
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project
        from mmm_assets.store.published_weeks import published_week

        project = Project(about)
        refresh_week = published_week(project.warehouse, week)
        decision = Decision(adopts.reason, adopts.who)
        kept = adopt_file(project, adopts.name, refresh_week, file, decision, _warn)
    console.print(f"Answered by the refresh of {refresh_week}.", markup=False)
    _print_promise(kept, about)


@app.command()
def plans(
    name: Annotated[str | None, typer.Argument(help="One of them. Default: all.")] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Let it count no longer from the next week on.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(help="Write what it promised, by region, week and channel, here.")
    ] = None,
    reason: ReasonOption = "",
    who: WhoOption = "",
    config: ConfigOption = None,
) -> None:
    """List the plans that were adopted and how each stands; show one, or withdraw it."""
    about = load(config)
    if name is None and (withdraw or csv):
        stop("say which plan:  mmm plans NAME", "usage")
    if name is not None and withdraw:
        _withdraw(about, name, reason, who)
        return
    with clear_errors():
        from mmm_assets.report.plan_words import plan_sentences
        from mmm_assets.report.plans_on_file import lines_of, plans_on_file
        from mmm_assets.store.project import Project

        project = Project(about)
        rows = plans_on_file(project, name)
        if csv:
            from mmm_assets.planning.words import without_formulas

            csv.parent.mkdir(parents=True, exist_ok=True)
            without_formulas(lines_of(project, rows["plan"].iloc[0])).to_csv(csv, index=False)
    if rows.empty:
        console.print("No plan is adopted yet. Adopt one:  mmm plan … --adopt NAME", markup=False)
        return
    _print_plans(rows)
    for line in plan_sentences(rows, about.kpi_name, about.currency):
        console.print(line, markup=False)
    if csv:
        console.print(f"Wrote what it promised to {csv}", markup=False)


def _withdraw(about: ProjectConfig, name: str, reason: str, who: str) -> None:
    with clear_errors():
        from mmm_assets.orchestration.adoption import withdraw_plan
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project

        found = withdraw_plan(Project(about), name, Decision(reason, who), _warn)
    console.print(
        f"The plan '{found.name}' is withdrawn; what it promised stays, and its weeks up to the "
        "newest refresh are scored.",
        markup=False,
    )


def _print_promise(kept: Kept, about: ProjectConfig) -> None:
    from mmm_assets.planning.words import promise_words

    for line in promise_words(kept, about.kpi_name, about.currency):
        console.print(line, markup=False)


def _print_plans(rows: pd.DataFrame) -> None:
    from mmm_assets.mart.numbers import number, percent

    def against(value: float, of: float) -> str:
        return percent(value / of - 1, signed=True) if of == of and of else "–"

    cells = (
        [
            row["plan"],
            f"{row['first_week']:%Y-%m-%d} to {row['last_week']:%Y-%m-%d}",
            row["status"],
            row["who"],
            number(row["plan_spend"], scaled=False),
            against(row["spend"], row["planned_spend"]),
            against(row["kpi"], row["promised"]),
        ]
        for _, row in rows.iterrows()
    )
    names = ["plan", "weeks", "standing", "adopted by", "money", "spent", "KPI"]
    console.print(text_table(names, cells))


def _warn(line: str) -> None:
    errors.print(line, markup=False)
