"""The working file made anew where it is lost or spoilt and no backup is as new.

``raw`` comes from the files of the loads, the results of refreshes from the published file. What
is staged of a refresh that is not published is gone; the next refresh makes its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

import duckdb

from mmm_assets import mart
from mmm_assets.inputs.kept_loads import take_in
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project
from mmm_assets.store.restore import nobody_at_work, replace_work_file
from mmm_assets.store.sql_text import quote_text
from mmm_assets.store.verification import unreadable_tables
from mmm_assets.store.warehouse import Warehouse

_PLACE = ".rebuilt"
"""Folder of a working file that is being made."""


def rebuild(project: Project, say: Callable[[str], None], force: bool = False) -> int:
    """Make the working file anew from the files of its loads and the published file.

    Parameters
    ----------
    say
        Told where what was replaced lies, and what could not be had.
    force
        Also where the working file can be read.

    Returns
    -------
    int
        Number of loads.

    Raises
    ------
    WarehouseError
        If a load has no file or a spoilt one, the working file can be read, or a refresh is going
        on: nothing was changed.
    """
    warehouse = project.warehouse
    warehouse.require_files("mmm restore")
    place = warehouse.folder / _PLACE
    with nobody_at_work(warehouse):
        warehouse.files.require_no_cut_restore()
        if not force:
            _require_lost(warehouse)
        shutil.rmtree(place, ignore_errors=True)  # of one that was killed
        try:
            made = Warehouse(place, warehouse.memory_limit)
            with made.work() as connection:
                loads = take_in(connection, warehouse.loads_folder)
                if not loads:
                    raise WarehouseError(
                        f"{warehouse.loads_folder} holds no loads. Put the working file back from "
                        "a backup:  mmm restore DIR"
                    )
                _take_results(connection, warehouse, made, say)
            aside = replace_work_file(warehouse, made.work_file)
        except OSError as error:
            raise WarehouseError(f"nothing was restored: {error.strerror}") from error
        finally:
            shutil.rmtree(place, ignore_errors=True)
    if aside is not None:
        say(f"What was replaced lies in {aside}: remove it when all is well")
    return loads


def _require_lost(warehouse: Warehouse) -> None:
    if not warehouse.work_file.exists():
        return
    try:
        with duckdb.connect(str(warehouse.work_file), read_only=True) as connection:
            lost = bool(unreadable_tables(connection))
    except duckdb.Error:
        lost = True
    if not lost:
        raise WarehouseError(
            f"{warehouse.work_file} can be read: nothing was done. To make it anew all the same, "
            "say --force"
        )


def _take_results(
    connection: duckdb.DuckDBPyConnection,
    warehouse: Warehouse,
    made: Warehouse,
    say: Callable[[str], None],
) -> None:
    """Copy the rows of all refreshes in the published file; nothing where it cannot be read."""
    if not warehouse.published_file.exists():
        say("It holds loads alone: nothing is published")
        return
    shutil.copyfile(warehouse.published_file, made.published_file)
    try:
        with made.published() as published:
            faults = unreadable_tables(published)
            there = {row[0] for row in published.execute(_TABLES).fetchall()}
    except (WarehouseError, duckdb.Error) as error:
        faults = [" ".join(str(error).split())]
    if faults:
        say(f"It holds loads alone: {warehouse.published_file} is spoilt. {faults[0]}")
        return
    connection.execute(f"ATTACH {quote_text(str(made.published_file))} AS p (READ_ONLY)")
    for table in mart.TABLES:
        if table.name in there:
            connection.execute(f"INSERT INTO mart.{table.name} BY NAME FROM p.mart.{table.name}")


_TABLES = """
    SELECT table_name FROM duckdb_tables()
    WHERE database_name = current_database() AND schema_name = 'mart'
"""
