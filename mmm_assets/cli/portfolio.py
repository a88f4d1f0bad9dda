"""``mmm portfolio``: all brands at a glance, as a table, a page, and SQL that unions them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmm_assets.cli.application import app, clear_errors, console, text_table


@app.command()
def portfolio(
    places: Annotated[
        list[Path],
        typer.Argument(
            metavar="PLACE...",
            help="mmm.yaml files, folders that hold them, or a workspace.yaml beside them.",
        ),
    ],
    html: Annotated[Path | None, typer.Option(help="Page to write.", show_default=False)] = None,
    sql: Annotated[
        Path | None,
        typer.Option(
            help="SQL script to write: views all_<table> of all brands, for DuckDB.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show all brands at a glance: newest refresh, status, skill, trust, stability."""
    from mmm_assets.mart.numbers import percent
    from mmm_assets.report.portfolio import find_projects, portfolio_page, read_portfolio

    with clear_errors():
        files = find_projects(places)
        brands = read_portfolio(files)
    rows = [
        (
            brand.name,
            str(brand.week or ""),
            brand.status,
            percent(brand.skill, signed=True),
            percent(brand.change),
            brand.trust if brand.week else "",
            brand.problem or brand.headline,
        )
        for brand in brands
    ]
    heads = ("brand", "newest", "status", "skill", "moves by", "trust", "")
    console.print(text_table(heads, rows))
    if html is not None:
        html.write_text(portfolio_page(brands), encoding="utf-8")
        console.print(f"Page  {html}", markup=False)
    if sql is not None:
        with clear_errors():
            sql.write_text(_script(files), encoding="utf-8")
        console.print(f"SQL   {sql}:  duckdb -init {sql}", markup=False)


def _script(files: list[Path]) -> str:
    from mmm_assets.config import load_config
    from mmm_assets.config.errors import ConfigError
    from mmm_assets.config.key_prefix import prefix_of
    from mmm_assets.store.project import Project
    from mmm_assets.store.union_script import union_script

    found: dict[str, tuple[str, Path]] = {}
    left_out = []
    for file in files:
        try:
            config = load_config(file)
            warehouse = Project(config).warehouse
            if warehouse.lake is not None:
                left_out.append(f"{config.project}: its tables are in {warehouse.lake}")
                continue
            with warehouse.published():  # one that cannot be read would stop the whole script
                pass
        except (ConfigError, OSError, RuntimeError) as error:
            left_out.append(f"{file}: {error}")
            continue
        alias = config.key_prefix or prefix_of(config.project)
        while alias in found:
            alias += "_"
        found[alias] = (config.project, warehouse.published_file)
    return union_script(found, left_out)
