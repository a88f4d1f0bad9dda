"""``mmm compare``: two refreshes, or two configurations on one week."""

from __future__ import annotations

from dataclasses import replace
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
    short,
    stop,
    text_table,
)
from mmm_assets.cli.refreshes import progress_bar

if TYPE_CHECKING:
    from mmm_assets.comparison.sides import Side
    from mmm_assets.config import ProjectConfig

FirstWeek = Annotated[
    datetime | None,
    typer.Argument(
        formats=["%Y-%m-%d"], help="A refresh. Default: the newest.", show_default=False
    ),
]
SecondWeek = Annotated[
    datetime | None,
    typer.Argument(formats=["%Y-%m-%d"], help="The refresh beside it.", show_default=False),
]


@app.command()
def compare(
    a: FirstWeek = None,
    b: SecondWeek = None,
    other: Annotated[
        Path | None,
        typer.Option("--with", help="Another mmm.yaml, fitted to what refresh A knew."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE in place of what mmm.yaml says; several times."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write it as a page, too.")] = None,
    config: ConfigOption = None,
) -> None:
    """Set two refreshes side by side, or another configuration beside one; publishes nothing.

    Without weeks: the newest two published. With --with or --set: the newest one.
    """
    project = load(config)
    if b is not None and (other or changes):
        stop("--with and --set take one refresh:  mmm compare WEEK --set KEY=VALUE", "usage")
    if other and changes:
        stop("give --with or --set, not both: put the change into that file", "usage")
    with clear_errors():
        if other or changes:
            sides = _with_other(project, a, other, changes or [])
        else:
            sides = _two_weeks(project, a, b)
        from mmm_assets.comparison.listings import largest_move, listings

        for found in listings(*sides):
            if len(found.rows):
                console.print(f"\n{found.title}", style="bold", markup=False)
                rows = found.rows.itertuples(index=False)
                console.print(text_table(found.rows.columns, rows))
        console.print(f"\n{largest_move(*sides)}", markup=False)
        if html is not None:
            _write(project, sides, html)


def _two_weeks(config: ProjectConfig, a: datetime | None, b: datetime | None) -> tuple[Side, Side]:
    from mmm_assets.comparison.sides import side_of_refresh
    from mmm_assets.store.project import Project
    from mmm_assets.store.published_weeks import published_weeks

    project = Project(config)
    asked = [week.date() for week in (a, b) if week is not None]
    newest = [week for week in published_weeks(project.warehouse) if week not in asked]
    weeks = [*newest[len(newest) - 2 + len(asked) :], *asked] if len(asked) < 2 else asked
    weeks = weeks if len(asked) == 2 else sorted(weeks)
    if len(weeks) < 2 or weeks[0] == weeks[1]:
        stop(
            "there are no two refreshes to compare. Name two, or another configuration:  "
            "mmm compare --set KEY=VALUE",
            "usage",
        )
    return side_of_refresh(project, weeks[0]), side_of_refresh(project, weeks[1])


def _with_other(
    config: ProjectConfig, week: datetime | None, file: Path | None, changes: list[str]
) -> tuple[Side, Side]:
    from mmm_assets.comparison.sides import side_of_configuration, side_of_refresh
    from mmm_assets.config.errors import ConfigError
    from mmm_assets.config.loading import load_config
    from mmm_assets.store.project import Project
    from mmm_assets.store.published_weeks import published_week

    try:
        changed = load_config(file or config.path, as_file=config.path, changes=changes)
    except ConfigError as error:
        stop(str(error), "usage")
    project = Project(config)
    asked = week.date() if week else published_week(project.warehouse, None)
    side = side_of_refresh(project, asked)
    with progress_bar() as progress:
        project = replace(project, progress=progress)
        name = file.name if file else ", ".join(changes)
        return side, side_of_configuration(project, asked, changed, name)


def _write(config: ProjectConfig, sides: tuple[Side, Side], file: Path) -> None:
    from mmm_assets.comparison.page import comparison_page

    page = comparison_page(config.project, config.kpi_name, config.currency, *sides)
    file.write_text(page, encoding="utf-8")
    console.print(f"\nPage  {short(file.resolve())}", markup=False)
