"""Whether everything that a project keeps can still be read: tables, views, loads, models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb

from mmm_assets import mart
from mmm_assets.store.errors import UnusableModel, WarehouseError
from mmm_assets.store.file_tables import WORK
from mmm_assets.store.load_files import spoilt_loads
from mmm_assets.store.project import Project
from mmm_assets.store.published_file import PUBLISH, who_writes
from mmm_assets.store.published_weeks import Refreshed, refreshes
from mmm_assets.store.saved_fits import FITS, MODEL_FILES, published_models
from mmm_assets.store.sql_text import quote

_TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal ORDER BY ALL
"""
_VIEWS = """
    SELECT view_name FROM duckdb_views()
    WHERE database_name = current_database() AND schema_name = 'mart'
"""
_FILES = "SELECT load_id, file FROM raw.loads WHERE file IS NOT NULL"
_LOST = (
    "Put work.duckdb back from a backup (mmm restore DIR), or make it anew from the files of its "
    "loads:  mmm restore --from-loads"
)


def faults(project: Project) -> list[str]:
    """Say what cannot be read, each with the next step; nothing where all is well."""
    if project.warehouse.lake is not None:
        return list(_in_lake(project))
    return [*_working(project), *spoilt_files_of_loads(project), *_published(project)]


def _in_lake(project: Project) -> Iterator[str]:
    """Read every row of both lakes: DuckDB compares each file with its checksums."""
    warehouse = project.warehouse
    try:
        with warehouse.work() as connection:
            found = unreadable_tables(connection)
            listed = dict(connection.execute(_FILES).fetchall())
        with warehouse.published() as connection:
            found += [*unreadable_tables(connection), *_lost_views(connection)]
    except (WarehouseError, FileNotFoundError) as error:
        yield str(error)
        return
    yield from (f"{warehouse.lake}: {fault}. Put its files back" for fault in found)
    yield from spoilt_loads(warehouse.loads_folder, Path(str(warehouse.lake)), listed)
    yield from spoilt_models(project)


def _working(project: Project) -> Iterator[str]:
    warehouse = project.warehouse
    if not warehouse.work_file.exists():
        yield f"{warehouse.work_file} is missing. {_LOST}"
        return
    try:
        with warehouse.work() as connection:
            yield from unreadable_tables(connection)
    except (duckdb.Error, WarehouseError) as error:
        yield f"{_one_line(error)}. {_LOST}"


def spoilt_files_of_loads(project: Project) -> Iterator[str]:
    """Read the file of each load, and say which are spoilt or missing, with the next step."""
    warehouse = project.warehouse
    listed: dict[int, str] = {}
    with (
        suppress(duckdb.Error, WarehouseError),  # which is said of the working file
        warehouse.turn(WORK),
        duckdb.connect(str(warehouse.work_file), read_only=True) as connection,
    ):
        listed = dict(connection.execute(_FILES).fetchall())
    return spoilt_loads(warehouse.loads_folder, warehouse.work_file, listed)


def _published(project: Project) -> Iterator[str]:
    file = project.warehouse.published_file
    if not file.exists():
        yield f"{file} is missing. {PUBLISH}"
        return
    try:
        yield from who_writes(file)
        with project.warehouse.published() as connection:
            found = [*unreadable_tables(connection), *_lost_views(connection)]
        there = refreshes(project.warehouse)
    except WarehouseError as error:
        yield str(error)  # which says the next step
        return
    except duckdb.Error as error:
        yield f"{file} cannot be read: {_one_line(error)}. {PUBLISH}"
        return
    yield from (f"{file}: {fault}. {PUBLISH}" for fault in found)
    yield from spoilt_models(project, there)


def unreadable_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Read every cell: DuckDB compares each block with its checksum."""
    found = []
    for schema, table in connection.execute(_TABLES).fetchall():
        name = f"{schema}.{table}"
        try:
            connection.execute(
                f"SELECT sum(hash(row_)) FROM {quote(schema)}.{quote(table)} AS row_"
            ).fetchall()
        except duckdb.Error as error:
            found.append(f"{name} cannot be read: {_one_line(error)}")
    return found


def _lost_views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(_VIEWS)
    there = {name for (name,) in rows.fetchall()}
    wanted = (f"current_{table.name}" for table in mart.TABLES)
    return [f"the view mart.{name} is gone" for name in wanted if name not in there]


def spoilt_models(project: Project, there: dict[date, Refreshed] | None = None) -> Iterator[str]:
    """Read the models of each published week; those that retention removed are no fault.

    Parameters
    ----------
    there
        What the published file says; read from it when None.

    Yields
    ------
    str
        What is spoilt or lost, with the next step.
    """
    if there is None:
        there = refreshes(project.warehouse)
    for week, found in there.items():
        folder = project.warehouse.model_folder(week)
        if found.status != "published" or not (folder.exists() or week == max(there)):
            continue
        models = published_models(project, week, found)
        for name in [name for name in MODEL_FILES if name in FITS or name in models.hashes]:
            try:
                models.read(name)
            except UnusableModel as error:
                yield str(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
