"""Commands about tables and their configuration: ``init``, ``check``, ``known``, ``schema``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mmm_assets.cli.application import (
    EXIT,
    ConfigOption,
    WeekOption,
    app,
    clear_errors,
    console,
    load,
    moment_of,
    stop,
)


@app.command()
def init(
    out: Annotated[
        Path, typer.Option(help="Folder in which mmm.yaml is written, or the file: NAME.yaml.")
    ],
    tables: Annotated[
        list[Path] | None,
        typer.Argument(help="CSV or Parquet tables, folders of them, or DuckDB databases."),
    ] = None,
    attach: Annotated[
        list[str] | None,
        typer.Option(
            help="A PostgreSQL server whose tables are looked at: "
            "'postgresql://USER:${PASSWORD}@HOST:5432/DATABASE', the password a variable of the "
            "environment."
        ),
    ] = None,
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
    currency: Annotated[str | None, typer.Option(help="Currency of all money, e.g. USD.")] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(help="Zone whose days count, for orders with times, e.g. Europe/Berlin."),
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite an existing mmm.yaml.")] = False,
) -> None:
    """Look at your tables, guess what each column is, and write DIR/mmm.yaml with its schema."""
    from mmm_assets.config.schema import SCHEMA_FILE, schema_text
    from mmm_assets.guessing.guess import GuessError, InitOptions, guess_project, render_yaml

    file = out if out.suffix in (".yaml", ".yml") and not out.is_dir() else out / "mmm.yaml"
    if file.exists() and not force:
        stop(f"{file} exists already; --force overwrites it.", "usage")
    if not (tables or attach):
        stop("name tables, or a server with --attach", "usage")
    options = InitOptions(
        out=file.parent,
        week=week,
        week_origin=week_origin.date() if week_origin else None,
        region=region,
        kpi=kpi,
        value_per_kpi=value_per_kpi,
        spend=spend,
        exposure=exposure,
        controls=controls,
        holdout_weeks=holdout_weeks,
        currency=currency,
        time_zone=time_zone,
        servers=tuple(attach or ()),
    )
    try:
        guess = guess_project(tables or (), options)
    except GuessError as error:
        stop(str(error), "usage")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render_yaml(guess), encoding="utf-8")
    (file.parent / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
    for line in guess.summary:
        console.print(line, markup=False)
    console.print(
        f"\nWrote {file}. Read it through, then:  mmm refresh --config {file}", markup=False
    )


@app.command()
def check(config: ConfigOption = None, week: WeekOption = None) -> None:
    """Hold the tables against every rule, without training and without writing anything."""
    project = load(config)
    with clear_errors():
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
    table: Annotated[
        str, typer.Argument(help="A table of mmm.yaml: media, kpi, controls, lift_tests, events.")
    ],
    on: Annotated[str, typer.Option(help="UTC time, e.g. 2026-06-30T06:00, or a day: its end.")],
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")],
    config: ConfigOption = None,
) -> None:
    """Write an input table as it was known on a past day."""
    project = load(config)
    moment = moment_of(on, "--on")
    with clear_errors():
        from mmm_assets.inputs.known_file import write_known
        from mmm_assets.inputs.roles import ROLES
        from mmm_assets.store.project import Project

        if table not in ROLES:
            stop(f"there is no table '{table}'; allowed: {', '.join(ROLES)}", "usage")
        rows = write_known(Project(project), table, moment, out)
    console.print(f"{rows:,} rows of {table}, as known on {moment} UTC: {out}", markup=False)


@app.command()
def schema(
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write. Default: print it.", show_default=False)
    ] = None,
) -> None:
    """Print the JSON schema of mmm.yaml: every key, what it means, what is allowed, its default."""
    from mmm_assets.config.schema import schema_text

    if out is None:
        print(schema_text(), end="")
        return
    out.write_text(schema_text(), encoding="utf-8")
    console.print(f"Wrote {out}", markup=False)
