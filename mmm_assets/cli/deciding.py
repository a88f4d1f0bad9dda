"""Commands that decide what is published: ``publish`` and ``rollback``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mmm_assets.cli.application import (
    ConfigOption,
    app,
    clear_errors,
    console,
    errors,
    load,
    stop,
)

if TYPE_CHECKING:
    from mmm_assets.config import ProjectConfig

ReasonOption = Annotated[
    str, typer.Option(help="Why, in your words; it is kept in mart.decisions.", show_default=False)
]
WhoOption = Annotated[
    str, typer.Option(help="Who decides. Default: your account.", show_default=False)
]


@app.command()
def publish(
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The held refresh.", show_default=False),
    ] = None,
    reason: ReasonOption = "",
    who: WhoOption = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Make the published file again, of all whole weeks.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Publish a refresh that a gate stopped; or, with --all, make a lost or spoilt file again."""
    project = load(config)
    if everything == (week is not None):
        stop(
            "say which held refresh, and why:  mmm publish --week WEEK --reason TEXT  or --all, to "
            "make the published file again",
            "usage",
        )
    if everything:
        _publish_all(project)
        return
    assert week is not None
    with clear_errors():
        from mmm_assets.orchestration.decisions import publish_anyway
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project

        publish_anyway(Project(project), week.date(), Decision(reason, who), _warn)
    console.print(f"The refresh of {week.date()} is published.", markup=False)


@app.command()
def rollback(reason: ReasonOption = "", who: WhoOption = "", config: ConfigOption = None) -> None:
    """Take the newest published refresh back: the one before it is what everybody reads again."""
    project = load(config)
    with clear_errors():
        from mmm_assets.orchestration.decisions import roll_back
        from mmm_assets.store.decided_rows import Decision
        from mmm_assets.store.project import Project

        taken_back, published = roll_back(Project(project), Decision(reason, who), _warn)
    console.print(
        f"The refresh of {taken_back} is taken back; that of {published} is published again.\n"
        f"To undo it:  mmm publish --week {taken_back} --reason TEXT",
        markup=False,
    )


def _publish_all(config: ProjectConfig) -> None:
    with clear_errors():
        from mmm_assets.orchestration.republication import publish_all
        from mmm_assets.store.project import Project

        weeks = publish_all(Project(config), _warn)
    console.print(f"Published {len(weeks)} weeks, {weeks[0]} to {weeks[-1]}.", markup=False)


def _warn(line: str) -> None:
    errors.print(line, markup=False)
