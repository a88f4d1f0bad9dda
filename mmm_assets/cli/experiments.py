"""``mmm experiment``: which test next, its design, and what it found."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mmm_assets.cli.application import (
    ConfigOption,
    app,
    clear_errors,
    console,
    load,
    text_table,
)

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


@experiment.command(name="next")
def next_test(
    week: PublishedWeek = None,
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
        rows = idea_table(found)
        console.print(text_table(rows.columns, rows.itertuples(index=False)))
    console.print(f"Answered by the refresh of {refresh_week}.", markup=False)
    if csv:
        from mmm_assets.planning.words import without_formulas

        csv.parent.mkdir(parents=True, exist_ok=True)
        without_formulas(found).to_csv(csv, index=False)
        console.print(f"Wrote {len(found)} ideas to {csv}", markup=False)
