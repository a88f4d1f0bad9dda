"""Commands for bad days, and before them: ``verify``, ``backup``, ``restore``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmm_assets.cli.application import (
    EXIT,
    ConfigOption,
    app,
    clear_errors,
    console,
    errors,
    load,
    short,
    stop,
)

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig


@app.command()
def verify(config: ConfigOption = None) -> None:
    """Read tables, views, loads and saved models, and say what is spoilt or lost."""
    project = load(config)
    with clear_errors():
        from mmm_assets.store.project import Project
        from mmm_assets.store.verification import faults

        found = faults(Project(project))
    for fault in found:
        errors.print(fault, markup=False)
    if found:
        raise typer.Exit(EXIT["failed"])
    console.print("All tables, views, loads and models can be read, as they were saved.")


@app.command()
def backup(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Folder that gets the backup. Default: backups, beside mmm.yaml.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Copy what the project needs to go on: tables, saved fits and panels, mmm.yaml."""
    project = load(config)
    with clear_errors():
        from mmm_assets.store.backup import back_up
        from mmm_assets.store.project import Project

        made = back_up(Project(project), folder, lambda line: errors.print(line, markup=False))
    console.print(short(made), markup=False)


@app.command()
def restore(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="A backup, or a folder of them: then the newest.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="The project's configuration, also where it is lost. "
            "Default: $MMM_CONFIG, then ./mmm.yaml.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also over what is newer, readable, or of another project."),
    ] = False,
    from_loads: Annotated[
        bool,
        typer.Option(
            "--from-loads", help="Without a backup: the working file alone, from its loads."
        ),
    ] = False,
) -> None:
    """Put the project back as a backup holds it; what is replaced is kept aside."""
    from mmm_assets.config.errors import ConfigError

    if (folder is None) != from_loads:
        stop("Name a backup, or say --from-loads", "usage")
    if folder is None:
        _make_work_file(load(config), force)
        return
    file = config or Path(os.environ.get("MMM_CONFIG") or "mmm.yaml")
    with clear_errors():
        from mmm_assets.store.restore import restore as put_back

        try:
            project = put_back(
                folder, file, lambda line: errors.print(line, markup=False), force=force
            )
        except ConfigError as error:
            stop(str(error), "usage")
        _draw_newest(project)
    console.print(f"{project.project} is as it was backed up.", markup=False)


def _make_work_file(config: ProjectConfig, force: bool) -> None:
    with clear_errors():
        from mmm_assets.inputs.rebuilding import rebuild
        from mmm_assets.store.project import Project

        loads = rebuild(Project(config), lambda line: errors.print(line, markup=False), force)
    console.print(f"The working file was made anew from {loads} loads.", markup=False)


def _draw_newest(config: ProjectConfig) -> None:
    """Draw the newest dashboard again: a backup holds none."""
    from mmm_assets.report.files import draw_published
    from mmm_assets.store.project import Project
    from mmm_assets.store.published_weeks import published_weeks

    weeks = published_weeks(Project(config).warehouse)
    if weeks:
        page = draw_published(Project(config), weeks[-1])
        console.print(f"Dashboard  {short(page)}; of earlier weeks:  mmm report --week")
