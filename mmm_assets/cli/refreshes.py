"""Commands about refreshes: ``refresh``, ``backfill``, ``status`` and ``report``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from mmm_assets.cli.application import (
    EXIT,
    ConfigOption,
    WeekOption,
    app,
    clear_errors,
    console,
    errors,
    load,
    moment_of,
    say_where,
    short,
    stop,
    text_table,
)

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig
    from mmm_assets.orchestration.run import RefreshOutcome
    from mmm_assets.store.project import Progress


@app.command()
def refresh(
    config: ConfigOption = None,
    week: WeekOption = None,
    as_known_on: Annotated[
        str | None,
        typer.Option(
            help="UTC time: use only what was loaded by then. Default: refresh.knowledge."
        ),
    ] = None,
) -> None:
    """Run one weekly refresh: load, check, train, analyse, draw, publish."""
    project = load(config)
    moment = moment_of(as_known_on, "--as-known-on").isoformat() if as_known_on else None
    outcome = _run(project, [week.date()] if week else None, as_known_on=moment)[-1]
    if outcome.status == "published":
        _say_headline(project, outcome.refresh_week)
    raise typer.Exit(EXIT[outcome.status])


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First week.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last week.")],
    config: ConfigOption = None,
    resume: Annotated[
        bool,
        typer.Option(help="Skip weeks published from the same data, configuration and code."),
    ] = False,
) -> None:
    """Refresh several past weeks, oldest first; none of them sees later data."""
    project = load(config)
    start = first.date() + timedelta(days=-first.weekday() % 7)
    weeks = [start + timedelta(weeks=n) for n in range((last.date() - start).days // 7 + 1)]
    if not weeks:
        stop(f"there is no Monday from {first.date()} to {last.date()}", "usage")
    outcomes = _run(project, weeks, resume)
    statuses = [outcome.status for outcome in outcomes]
    there = f", {len(weeks) - len(outcomes)} were there already" if resume else ""
    console.print(f"{statuses.count('published')} of {len(weeks)} refreshes published{there}.")
    worst = max(statuses, key=("published", "held", "refused", "failed").index, default="published")
    raise typer.Exit(EXIT[worst])


@app.command()
def status(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
) -> None:
    """Show in one screen what is published, how good it is, how new the data are, what is full."""
    project = load(config)
    with clear_errors():
        from mmm_assets.orchestration.status import overview, refresh_table, status_json

        if as_json:
            print(json.dumps(status_json(project), indent=1))
            return
        rows, lines = refresh_table(project), overview(project)
    console.print(f"{project.project}  ({project.path})", markup=False)
    for name, said in lines:
        console.print(f"  {name:18}{said}", markup=False)
    if not rows:
        console.print("Nothing is published yet. Start with:  mmm refresh")
        return
    columns = (
        "refresh week",
        "status",
        "skill vs last value",
        "error",
        "published (UTC)",
        "reason",
    )
    console.print(text_table(columns, rows[:10]))
    if len(rows) > 10:
        console.print(f"… and {len(rows) - 10} earlier refreshes")
    say_where(project, date.fromisoformat(rows[0][0]))


@app.command()
def report(config: ConfigOption = None, week: WeekOption = None) -> None:
    """Draw the dashboard of a published refresh again, from the warehouse alone."""
    project = load(config)
    with clear_errors():
        from mmm_assets.report.files import draw_published
        from mmm_assets.store.project import Project
        from mmm_assets.store.published_weeks import published_week

        refresh_week = published_week(Project(project).warehouse, week.date() if week else None)
        console.print(short(draw_published(Project(project), refresh_week)), markup=False)


def _run(
    config: ProjectConfig,
    weeks: list[date] | None,
    resume: bool = False,
    as_known_on: str | None = None,
) -> list[RefreshOutcome]:
    """Run refreshes one after the other and say how each ended."""
    outcomes = []
    with clear_errors():
        from mmm_assets.inputs.finished_weeks import FinishedWeeks
        from mmm_assets.orchestration.run import dagster_instance, newest_refresh_week, told
        from mmm_assets.orchestration.run import refresh as run_refresh

        with told(config, weeks[0] if weeks else None):
            finished = FinishedWeeks(config) if resume else None
        if weeks and len(weeks) > 1 and config.engine.launcher != "local":
            todo = [week for week in weeks if finished is None or not finished.is_done(week)]
            return _run_side_by_side(config, todo)
        for week in weeks or [newest_refresh_week(config)]:
            if finished is not None and finished.is_done(week):
                console.print(f"Refresh {week} is published already", markup=False)
                continue
            console.print(f"Refresh {week} of {config.project}", markup=False)
            with (
                told(config, week),
                dagster_instance(config) as instance,
                progress_bar() as progress,
            ):
                outcome = run_refresh(config, instance, week, progress, as_known_on)
            outcomes.append(outcome)
            _say_end(outcome)
    return outcomes


def _run_side_by_side(config: ProjectConfig, weeks: list[date]) -> list[RefreshOutcome]:
    """Have Dagster's launcher refresh weeks at the same time and say how each ended."""
    from mmm_assets.orchestration.run import dagster_instance
    from mmm_assets.orchestration.side_by_side import refresh_side_by_side

    outcomes = []
    with dagster_instance(config) as instance:
        say = partial(errors.print, markup=False)
        for outcome in refresh_side_by_side(config, instance, weeks, say):
            console.print(f"Refresh {outcome.refresh_week} of {config.project}: {outcome.status}")
            _say_end(outcome)
            outcomes.append(outcome)
    return outcomes


def _say_end(outcome: RefreshOutcome) -> None:
    if outcome.status != "published":
        errors.print(f"{outcome.status}:", style="bold red")
        for message in outcome.messages:
            errors.print(message, markup=False)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Draw a bar on a terminal; elsewhere print a line at each quarter of a stage."""
    if console.is_terminal:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        with Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        ) as bar:
            task = bar.add_task("loading and checking", total=1.0)
            yield lambda stage, share: bar.update(task, description=stage, completed=share)
        return
    said = ""

    def say(stage: str, share: float) -> None:
        nonlocal said
        line = f"  {stage}: {int(share * 4) * 25} %"
        if line != said:
            said = line
            console.print(line, markup=False)

    yield say


def _say_headline(config: ProjectConfig, refresh_week: date) -> None:
    from mmm_assets.report.headline import headline
    from mmm_assets.store.project import Project

    with Project(config).warehouse.published() as connection:
        lines = headline(connection, refresh_week, config.currency)
    console.print(f"\n{config.project}, refresh {refresh_week}", style="bold", markup=False)
    for line in lines:
        console.print(f"  {line}", markup=False)
    say_where(config, refresh_week)
