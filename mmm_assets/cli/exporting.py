"""``mmm export``: a published refresh for the meeting, as a workbook or two pages of paper."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mmm_assets.cli.application import ConfigOption, app, clear_errors, console, load, stop


@app.command()
def export(
    xlsx: Annotated[
        Path | None, typer.Option(help="Workbook to write: one sheet a question, with formulas.")
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Two pages of the headline to write, readable in grey.")
    ] = None,
    font: Annotated[
        Path | None,
        typer.Option(
            help="TrueType font for names in other scripts than Latin, Greek and Cyrillic."
        ),
    ] = None,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A published refresh. Default: the newest."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Write a published refresh as files for a meeting; nothing is refitted, nothing changes."""
    about = load(config)
    if xlsx is None and pdf is None:
        stop("say what to write:  mmm export --xlsx FILE --pdf FILE", "usage")
    with clear_errors():
        from mmm_assets.report.export import export_handout, export_workbook
        from mmm_assets.store.project import Project
        from mmm_assets.store.published_weeks import published_week

        project = Project(about)
        refresh_week = published_week(project.warehouse, week.date() if week else None)
        lacking: set[str] = set()
        if xlsx is not None:
            export_workbook(project, refresh_week, xlsx)
        if pdf is not None:
            lacking = export_handout(project, refresh_week, pdf, font)
    wrote = " and ".join(str(file) for file in (xlsx, pdf) if file is not None)
    console.print(f"Wrote the refresh of {refresh_week} to {wrote}", markup=False)
    if lacking:
        signs = " ".join(sorted(lacking)[:12])
        console.print(f"No font has these signs, a box stands for them: {signs}", markup=False)
        console.print("Name a font that has them:  --font FILE.ttf", markup=False)
