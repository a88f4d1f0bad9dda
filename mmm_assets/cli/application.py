"""The application that all commands belong to, its options, its way to end on a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig

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


def load(config: Path | None) -> ProjectConfig:
    """Read the configuration; end with the code of wrong usage if it is not valid."""
    from mmm_assets.config import find_config, load_config
    from mmm_assets.config.errors import ConfigError

    try:
        loaded = load_config(config or find_config())
        if loaded.checks.waivers:  # only those who waive pay for the import
            from mmm_assets.inputs.rules import require_known_waivers

            require_known_waivers(loaded)
    except ConfigError as error:
        stop(str(error), "usage")
    return loaded


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the errors that a user can mend into a message and an exit code."""
    from mmm_assets.config.errors import UsageError
    from mmm_assets.inputs.source_files import SourceError
    from mmm_assets.store.errors import WarehouseError

    try:
        yield
    except SourceError as error:
        stop(str(error), "refused")
    except WarehouseError as error:
        stop(str(error), "failed")
    except UsageError as error:
        stop(str(error), "usage")


def moment_of(text: str, option: str) -> datetime:
    """Read a time of an option; end with the code of wrong usage if it is none."""
    from mmm_assets.inputs.knowledge import parse_moment

    try:
        return parse_moment(text)
    except ValueError as error:
        stop(f"{option}: {error}", "usage")


def say_where(config: ProjectConfig, refresh_week: date) -> None:
    """Print where the dashboard, the tables and the lineage of a refresh are."""
    from mmm_assets.store.project import Project

    warehouse = Project(config).warehouse
    database = short(warehouse.published_file) if config.lake is None else warehouse.published_place
    dashboard = short(config.reports_folder / refresh_week.isoformat() / "index.html")
    console.print(
        f"\nDashboard  {dashboard}\n"
        f"Tables     {database}, for example\n"
        "             SELECT channel, roi, roi_lower, roi_upper FROM mart.current_channel_summary\n"
        "             SELECT week, sum(actual), sum(predicted) FROM mart.current_predictions\n"
        "               WHERE split = 'holdout' GROUP BY week ORDER BY week\n"
        f"Lineage    mmm ui --config {short(config.path)}   (the bundled sample: make ui)",
        markup=False,
    )


def text_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """A table whose cells are text whatever they hold: a name from data may look like markup."""
    # Folded, never cut: half a number is a wrong number.
    names = (Column(Text(str(name)), overflow="fold") for name in columns)
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def short(path: Path) -> str:
    """Write a path relative to the working folder where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def stop(message: str, why: str) -> NoReturn:
    """Print a message and end with the exit code of ``why``, a key of ``EXIT``."""
    errors.print(message, markup=False)
    raise typer.Exit(EXIT[why])
