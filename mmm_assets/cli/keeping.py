"""Commands for bad days: ``verify`` and ``publish``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmm_assets.cli.application import (
    EXIT,
    ConfigOption,
    app,
    clear_errors,
    console,
    errors,
    load,
    stop,
)


@app.command()
def verify(config: ConfigOption = None) -> None:
    """Read all that is kept, tables, views and saved models, and say what is spoilt or lost."""
    project = load(config)
    with clear_errors():
        from mmm_assets.store.project import Project
        from mmm_assets.store.verification import faults

        found = faults(Project(project))
    for fault in found:
        errors.print(fault, markup=False)
    if found:
        raise typer.Exit(EXIT["failed"])
    console.print("All tables, views and models can be read, as they were saved.")


@app.command()
def publish(
    everything: Annotated[
        bool, typer.Option("--all", help="Make the published file again, of all whole weeks.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Make the file that analysts read again from the working one, after it was lost or spoilt."""
    project = load(config)
    if not everything:
        stop("say --all: a single week is published by  mmm refresh --week", "usage")
    with clear_errors():
        from mmm_assets.orchestration.republication import publish_all
        from mmm_assets.store.project import Project

        weeks = publish_all(Project(project), lambda line: errors.print(line, markup=False))
    console.print(f"Published {len(weeks)} weeks, {weeks[0]} to {weeks[-1]}.", markup=False)
