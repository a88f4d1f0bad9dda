"""``mmm experiment``: which test next, its design, and what it found."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmm_assets.cli.application import (
    ConfigOption,
    app,
    clear_errors,
    console,
    load,
    stop,
    text_table,
)

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig
    from mmm_model.experiment.reading import Reading

experiment = typer.Typer(
    name="experiment",
    help="Tests: which next, how it is designed, what it found.",
    no_args_is_help=True,
)
app.add_typer(experiment)

PublishedWeek = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="A published refresh. Default: the newest."),
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
WhoOption = Annotated[str, typer.Option(help="Who decides. Default: your account.")]


@experiment.command(name="next")
def next_test(
    week: PublishedWeek = None,
    every: Annotated[
        bool, typer.Option("--all", help="Each kind of each channel, not the best one alone.")
    ] = False,
    csv: Annotated[Path | None, typer.Option(help="Write all ideas here.")] = None,
    config: ConfigOption = None,
) -> None:
    """Rank tests by what knowing is worth to the budget, less what the test costs."""
    about = load(config)
    with clear_errors():
        from mmm_assets.planning.experiment_words import idea_table, idea_words
        from mmm_assets.planning.experiments import published_ideas
        from mmm_assets.store.project import Project

        refresh_week, found = published_ideas(Project(about), week.date() if week else None)
    for line in idea_words(found, about.currency, about.kpi_name):
        console.print(line, markup=False)
    if len(found):
        rows = idea_table(found if every else found.drop_duplicates("channel"))
        console.print(text_table(rows.columns, rows.itertuples(index=False)))
    console.print(f"Answered by the refresh of {refresh_week}.", markup=False)
    if csv:
        from mmm_assets.planning.words import without_formulas

        csv.parent.mkdir(parents=True, exist_ok=True)
        without_formulas(found).to_csv(csv, index=False)
        console.print(f"Wrote {len(found)} ideas to {csv}", markup=False)


@experiment.command()
def design(
    channel: Annotated[str, typer.Argument(help="What is changed.")],
    kind: Annotated[
        str | None, typer.Option(help="holdback, go_dark, heavy_up or switchback.")
    ] = None,
    weeks: Annotated[
        list[int] | None, typer.Option(min=2, max=52, help="Length; several times.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="Region of the test; several times. Default: matched on history."),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="First day of its first week. Default: after the refresh."
        ),
    ] = None,
    keep: Annotated[
        str | None, typer.Option(help="Keep the design under this name; refreshes follow it.")
    ] = None,
    choose: Annotated[
        int | None, typer.Option(min=1, help="Number of the design to keep. Default: the *.")
    ] = None,
    who: WhoOption = "",
    week: PublishedWeek = None,
    config: ConfigOption = None,
) -> None:
    """Design tests of a channel: where, how long, what they cost, what they can see."""
    about = load(config)
    with clear_errors():
        from mmm_assets.planning.experiment_words import design_table, design_words
        from mmm_assets.planning.experiments import NoDesign, Wish, designs
        from mmm_assets.planning.kept_experiments import keep_design
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project

        project = Project(about)
        wish = Wish(
            channel,
            kind,
            tuple(weeks or ()),
            tuple(region or ()),
            start.date() if start else None,
        )
        made = designs(project, wish, week.date() if week else None)
        if choose and choose > len(made.found):
            raise NoDesign(f"there are {len(made.found)} designs, and none numbered {choose}")
        number = choose - 1 if choose else made.best
        chosen, worth = made.found[number], float(made.worth[number])
        rows = design_table(made)
        console.print(text_table(rows.columns, rows.itertuples(index=False)))
        for line in design_words(chosen, worth, about):
            console.print(line, markup=False)
        console.print(f"Answered by the refresh of {made.refresh_week}.", markup=False)
        if keep is not None:
            keep_design(project, keep, made.refresh_week, chosen, Decision(who=who), _warn)
            console.print(
                f"Kept as '{keep}'. When it is over:  mmm experiment read \"{keep}\"", markup=False
            )


@experiment.command()
def read(
    name: Annotated[str | None, typer.Argument(help="A test that was kept.")] = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            help="Or a CSV or Parquet file: day or week, region, KPI. Neither: the project's own "
            "tables, by day where the KPI comes so."
        ),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Of no kept test: what was changed.")] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Of no kept test: its region; several times.")
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of no kept test: first day.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of no kept test: last day.")
    ] = None,
    switchback: Annotated[
        bool,
        typer.Option("--switchback", help="Of no kept test: on and off by fortnights, on first."),
    ] = False,
    beside_not: Annotated[
        list[str] | None,
        typer.Option(help="Of no kept test: region of another one, not to be held against."),
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of the file's money.")] = None,
    day: Annotated[str | None, typer.Option(help="Column of days.")] = None,
    region_column: Annotated[str | None, typer.Option(help="Column of regions.")] = None,
    kpi: Annotated[str | None, typer.Option(help="Column of the KPI.")] = None,
    spend: Annotated[str | None, typer.Option(help="Column of the channel's spend.")] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Add the row to the project's lift tests.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Read a test that is over: its lift with interval, and its row of the lift tests."""
    about = load(config)
    with clear_errors():
        from mmm_assets.planning.experiment_words import reading_words
        from mmm_assets.planning.experiments import read as read_rows
        from mmm_assets.planning.experiments import read_kept, read_own
        from mmm_assets.planning.lift_rows import add_rows, file_rows
        from mmm_assets.store.project import Project

        if name is not None and (rows or channel):
            stop("name a test that was kept, or give --channel, --start and --end", "usage")
        refresh_week = None
        if name is not None:
            refresh_week, found = read_kept(Project(about), name)
        else:
            _require_currency(currency, about)
            if not (channel and start and end):
                stop(
                    "name a test that was kept, or give --channel, --start and --end of one in "
                    "the project's tables, or in a file (--rows)",
                    "usage",
                )
            import pandas as pd

            from mmm_model.experiment.reading import Trial

            trial = Trial(
                channel,
                tuple(region or ()),
                pd.Timestamp(start),
                pd.Timestamp(end),
                switchback,
                tuple(beside_not or ()),
                about.days_early,
            )
            if rows:
                columns = {"day": day, "region": region_column, "kpi": kpi, "spend": spend}
                found = read_rows(file_rows(rows, columns), trial)
            else:
                refresh_week, found = read_own(Project(about), trial)
        if refresh_week:
            console.print(f"Read from the refresh of {refresh_week}.", markup=False)
        for line in reading_words(found, about.kpi_name, about.currency):
            console.print(line, markup=False)
        _print_row(found)
        if append:
            file, lines = add_rows(about, found.rows())
            console.print(f"Added to {file}; the next refresh learns from it.", markup=False)
            for line in (f"Add to {about.path.name}:", *lines) if lines else ():
                console.print(line, markup=False)


@experiment.command()
def withdraw(
    name: Annotated[str, typer.Argument(help="A test that was kept.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    who: WhoOption = "",
    config: ConfigOption = None,
) -> None:
    """Let a kept test count no longer: its regions are free again, what it promised stays."""
    about = load(config)
    with clear_errors():
        from mmm_assets.planning.kept_experiments import withdraw as withdraw_kept
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project

        gone = withdraw_kept(Project(about), name, Decision(reason, who), _warn)
    console.print(f"Withdrawn: '{gone.name}'.", markup=False)


def _require_currency(currency: str | None, about: ProjectConfig) -> None:
    """A lift that was bought in another currency cannot be held against this project's spend."""
    if not currency:
        return
    from mmm_assets.config.money import currency_code

    try:
        code = currency_code(currency)
    except ValueError as error:
        stop(f"--currency: {error}", "usage")
    if code != about.currency:
        stop(
            f"the file is in {code} and the project in {about.currency}: convert its money to "
            f"{about.currency} first, at the rate of its weeks; nothing was read",
            "usage",
        )


def _print_row(found: Reading) -> None:
    console.print(found.rows().drop(columns="method").to_csv(index=False).strip(), markup=False)


def _warn(message: str) -> None:
    console.print(message, markup=False)
