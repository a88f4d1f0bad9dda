"""The ``mmm`` command: what a person or a scheduler types.

Imports of Dagster, torch and Great Expectations wait inside the commands: ``--help`` must
answer at once. Exit codes are for schedulers, see ``EXIT``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig
    from mmm_assets.project import Progress
    from mmm_assets.refresh import RefreshOutcome

EXIT = {"published": 0, "failed": 1, "usage": 2, "refused": 3, "held": 4}

app = typer.Typer(
    name="mmm",
    help="Weekly marketing-mix refreshes: what media brought, what to trust, what to change.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, "
    "3 the data broke a blocking rule, 4 the refresh is held by a gate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The project's configuration. Default: $MMM_CONFIG, then ./mmm.yaml.",
        show_default=False,
    ),
]
WeekOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Monday of the last week of data the refresh may see. Default: newest in the data.",
        show_default=False,
    ),
]


@app.command()
def init(
    tables: Annotated[list[Path], typer.Argument(help="CSV or Parquet tables, one or several.")],
    out: Annotated[Path, typer.Option(help="Folder in which mmm.yaml is written.")],
    week: Annotated[str | None, typer.Option(help="Column of dates or of a week index.")] = None,
    week_origin: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of week 0, where weeks are an index."),
    ] = None,
    region: Annotated[str | None, typer.Option(help="Column of regions.")] = None,
    kpi: Annotated[str | None, typer.Option(help="Column of the KPI.")] = None,
    value_per_kpi: Annotated[
        str | None, typer.Option(help="Column or number: money that one unit of KPI is worth.")
    ] = None,
    spend: Annotated[
        str | None, typer.Option(help="Spend columns: names or globs, comma-separated.")
    ] = None,
    exposure: Annotated[
        str | None, typer.Option(help="Exposure columns: names or globs, comma-separated.")
    ] = None,
    controls: Annotated[
        str | None, typer.Option(help="Control columns: names or globs, comma-separated.")
    ] = None,
    holdout_weeks: Annotated[
        int, typer.Option(min=1, help="Weeks held out to judge the forecast.")
    ] = 8,
    force: Annotated[bool, typer.Option(help="Overwrite an existing mmm.yaml.")] = False,
) -> None:
    """Look at your tables, guess what each column is, and write DIR/mmm.yaml."""
    from mmm_assets.guessing.guess import GuessError, InitOptions, guess_project, render_yaml

    file = out / "mmm.yaml"
    if file.exists() and not force:
        _stop(f"{file} exists already; --force overwrites it.", "usage")
    options = InitOptions(
        out=out,
        week=week,
        week_origin=week_origin.date() if week_origin else None,
        region=region,
        kpi=kpi,
        value_per_kpi=value_per_kpi,
        spend=spend,
        exposure=exposure,
        controls=controls,
        holdout_weeks=holdout_weeks,
    )
    try:
        guess = guess_project(tables, options)
    except GuessError as error:
        _stop(str(error), "usage")
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(render_yaml(guess), encoding="utf-8")
    for line in guess.summary:
        console.print(line, markup=False)
    console.print(
        f"\nWrote {file}. Read it through, then:  mmm refresh --config {file}", markup=False
    )


@app.command()
def check(config: ConfigOption = None, week: WeekOption = None) -> None:
    """Hold the tables against every rule, without training and without writing anything."""
    project = _load(config)
    with _clear_errors():
        from mmm_assets.inputs.dry_run import check_sources

        outcomes = check_sources(project, week.date() if week else None)
    table = Table("table", "rule", "severity", "outcome", "waived", box=None)
    for outcome in outcomes:
        table.add_row(
            outcome.rule.table,
            outcome.rule.name,
            outcome.rule.severity,
            "ok" if outcome.passed else f"{outcome.failed_rows:,} rows",
            f"until {outcome.waiver.until}" if outcome.waiver else "",
        )
    console.print(table)
    faults = [o for o in outcomes if not o.passed]
    for outcome in faults:
        said = "waived" if outcome.waiver else outcome.rule.severity
        console.print(f"\n{said}: {outcome.message}", markup=False)
    if any(outcome.blocks for outcome in faults):
        raise typer.Exit(EXIT["refused"])


@app.command()
def known(
    table: Annotated[str, typer.Argument(help="media, kpi, controls or lift_tests.")],
    on: Annotated[str, typer.Option(help="UTC time, e.g. 2026-06-30T06:00, or a day: its end.")],
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")],
    config: ConfigOption = None,
) -> None:
    """Write an input table as it was known on a past day."""
    project = _load(config)
    moment = _moment(on, "--on")
    with _clear_errors():
        from mmm_assets.inputs.known_file import write_known
        from mmm_assets.inputs.raw_tables import ROLES
        from mmm_assets.project import Project

        if table not in ROLES:
            _stop(f"there is no table '{table}'; allowed: {', '.join(ROLES)}", "usage")
        rows = write_known(Project(project), table, moment, out)
    console.print(f"{rows:,} rows of {table}, as known on {moment} UTC: {out}", markup=False)


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
    project = _load(config)
    moment = _moment(as_known_on, "--as-known-on").isoformat() if as_known_on else None
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
    project = _load(config)
    start = first.date() + timedelta(days=-first.weekday() % 7)
    weeks = [start + timedelta(weeks=n) for n in range((last.date() - start).days // 7 + 1)]
    if not weeks:
        _stop(f"there is no Monday from {first.date()} to {last.date()}", "usage")
    outcomes = _run(project, weeks, resume)
    statuses = [outcome.status for outcome in outcomes]
    there = f", {len(weeks) - len(outcomes)} were there already" if resume else ""
    console.print(f"{statuses.count('published')} of {len(weeks)} refreshes published{there}.")
    worst = max(statuses, key=("published", "held", "refused", "failed").index, default="published")
    raise typer.Exit(EXIT[worst])


@app.command()
def status(config: ConfigOption = None) -> None:
    """Show in one screen what is published, how good it is and how new the data are."""
    project = _load(config)
    from mmm_assets.status import refresh_table

    rows = refresh_table(project)
    console.print(f"{project.project}  ({project.path})", markup=False)
    if not rows:
        console.print("Nothing is published yet. Start with:  mmm refresh")
        return
    table = Table(
        "refresh week",
        "status",
        "skill vs last value",
        "error",
        "published (UTC)",
        "reason",
        box=None,
    )
    for row in rows[:15]:
        table.add_row(*row)
    console.print(table)
    if len(rows) > 15:
        console.print(f"… and {len(rows) - 15} earlier refreshes")
    _say_where(project, date.fromisoformat(rows[0][0]))


@app.command()
def plan(
    total: Annotated[
        float | None,
        typer.Option("--total", "--budget", help="Money over the horizon. Default: as recently."),
    ] = None,
    multiplier: Annotated[
        float | None, typer.Option(help="Total as a multiple of the recent one.")
    ] = None,
    roi: Annotated[
        float | None, typer.Option(help="Find the largest total that returns so much.")
    ] = None,
    marginal_roi: Annotated[
        float | None, typer.Option(help="Find the total whose next unit returns so much.")
    ] = None,
    kpi: Annotated[
        float | None, typer.Option(help="Find the least total for so much KPI from media.")
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, help="Weeks that the amounts are for.")] = 1,
    bound: Annotated[
        list[str] | None,
        typer.Option(help="tv=0.8:1.2, multiples of recent spend; several times."),
    ] = None,
    max_change: Annotated[
        float | None, typer.Option(help="Largest change of the other channels, 0 to 1.")
    ] = None,
    caution: Annotated[
        float | None, typer.Option(help="Standard deviations of itself that a move must gain.")
    ] = None,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A published refresh. Default: the newest."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the budget by region here.")] = None,
    config: ConfigOption = None,
) -> None:
    """Ask a published refresh for a budget; nothing is refitted, nothing changes."""
    project = _load(config)
    with _clear_errors():
        from mmm_assets.planning import ask, plan_budget, published_week
        from mmm_assets.planning_words import budget_table, budget_words
        from mmm_assets.project import Project

        goals = {
            "total": total,
            "multiplier": multiplier,
            "roi": roi,
            "marginal_roi": marginal_roi,
            "kpi": kpi,
        }
        bounds = [_bound(text) for text in bound or []]
        question = ask(goals, horizon, bounds, max_change=max_change, caution=caution)
        refresh_week = published_week(Project(project), week.date() if week else None)
        budget = plan_budget(Project(project), refresh_week, question)
    for line in budget_words(budget, horizon, project.kpi_name, project.currency):
        console.print(line, markup=False)
    rows = budget_table(budget, horizon)
    table = Table(*rows.columns, box=None)
    for row in rows.itertuples(index=False):
        table.add_row(*row)
    console.print(table)
    console.print(f"Answered by the refresh of {refresh_week}.", markup=False)
    if csv:
        csv.parent.mkdir(parents=True, exist_ok=True)
        budget.frame().to_csv(csv, index=False)
        console.print(f"Wrote weekly means by region to {csv}", markup=False)


@app.command()
def report(config: ConfigOption = None, week: WeekOption = None) -> None:
    """Draw the dashboard of a published refresh again, from the warehouse alone."""
    project = _load(config)
    with _clear_errors():
        from mmm_assets.planning import published_week
        from mmm_assets.project import Project
        from mmm_assets.report.files import draw_published

        refresh_week = published_week(Project(project), week.date() if week else None)
        console.print(_short(draw_published(Project(project), refresh_week)), markup=False)


@app.command()
def ui(
    config: ConfigOption = None,
    port: Annotated[int, typer.Option(help="Port of the web server.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Anyone who reaches it can start runs.")
    ] = "127.0.0.1",
) -> None:
    """Open Dagster's UI on this project, with the daemon that runs schedules and backfills."""
    project = _load(config)
    from mmm_assets.refresh import prepare_dagster_home

    prepare_dagster_home(project)
    os.environ["MMM_CONFIG"] = str(project.path)
    # Dagster would rather be started by dg, which belongs to development and not to a deployment.
    os.environ["PYTHONWARNINGS"] = "ignore:Function `dev_command` is superseded"
    command = [sys.executable, "-m", "dagster", "dev", "-m", "mmm_assets.location"]
    command += ["--host", host, "--port", str(port)]
    console.print(f"Dagster's UI: http://{host}:{port}   (stop with Ctrl-C)", markup=False)
    os.execv(sys.executable, command)


def _run(
    config: ProjectConfig,
    weeks: list[date] | None,
    resume: bool = False,
    as_known_on: str | None = None,
) -> list[RefreshOutcome]:
    """Run refreshes one after the other and say how each ended."""
    outcomes = []
    with _clear_errors():
        from mmm_assets.backfill import Finished
        from mmm_assets.refresh import dagster_instance, newest_refresh_week
        from mmm_assets.refresh import refresh as run_refresh

        finished = Finished(config) if resume else None
        for week in weeks or [newest_refresh_week(config)]:
            if finished is not None and finished.is_done(week):
                console.print(f"Refresh {week} is published already", markup=False)
                continue
            console.print(f"Refresh {week} of {config.project}", markup=False)
            with dagster_instance(config) as instance, _progress() as progress:
                outcome = run_refresh(config, instance, week, progress, as_known_on)
            outcomes.append(outcome)
            if outcome.status != "published":
                errors.print(f"{outcome.status}:", style="bold red")
                for message in outcome.messages:
                    errors.print(message, markup=False)
    return outcomes


@contextmanager
def _progress() -> Iterator[Progress]:
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
    from mmm_assets.headline import headline
    from mmm_assets.project import Project

    with Project(config).warehouse.published() as connection:
        lines = headline(connection, refresh_week, config.currency)
    console.print(f"\n{config.project}, refresh {refresh_week}", style="bold")
    for line in lines:
        console.print(f"  {line}", markup=False)
    _say_where(config, refresh_week)


def _say_where(config: ProjectConfig, refresh_week: date) -> None:
    from mmm_assets.project import Project

    database = _short(Project(config).warehouse.published_file)
    dashboard = _short(config.reports_folder / refresh_week.isoformat() / "index.html")
    console.print(
        f"\nDashboard  {dashboard}\n"
        f"Tables     {database}, for example\n"
        "             SELECT channel, roi, roi_lower, roi_upper FROM mart.current_channel_summary\n"
        "             SELECT week, sum(actual), sum(predicted) FROM mart.current_predictions\n"
        "               WHERE split = 'holdout' GROUP BY week ORDER BY week\n"
        f"Lineage    mmm ui --config {_short(config.path)}   (the bundled sample: make ui)",
        markup=False,
    )


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _load(config: Path | None) -> ProjectConfig:
    from mmm_assets.config import find_config, load_config
    from mmm_assets.config_errors import ConfigError

    try:
        return load_config(config or find_config())
    except ConfigError as error:
        _stop(str(error), "usage")


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn the errors that a user can mend into a message and an exit code."""
    from mmm_assets.automation import UnknownWeek
    from mmm_assets.inputs.sources import SourceError
    from mmm_assets.planning import Infeasible, UnknownRefresh
    from mmm_assets.warehouse import WarehouseError

    try:
        yield
    except SourceError as error:
        _stop(str(error), "refused")
    except WarehouseError as error:
        _stop(str(error), "failed")
    except (Infeasible, UnknownRefresh, UnknownWeek) as error:
        _stop(str(error), "usage")


def _moment(text: str, option: str) -> datetime:
    from mmm_assets.inputs.knowledge import parse_moment

    try:
        return parse_moment(text)
    except ValueError as error:
        _stop(f"{option}: {error}", "usage")


def _bound(text: str) -> tuple[str, tuple[float, float]]:
    """``tv=0.8:1.2`` as a channel and its bounds."""
    channel, _, ends = text.rpartition("=")
    try:
        least, most = map(float, ends.split(":"))
    except ValueError:
        _stop(f"bound '{text}' is not of the form channel=least:most", "usage")
    if not channel:
        _stop(f"bound '{text}' names no channel", "usage")
    return channel, (least, most)


def _stop(message: str, why: str) -> NoReturn:
    errors.print(message, markup=False)
    raise typer.Exit(EXIT[why])
