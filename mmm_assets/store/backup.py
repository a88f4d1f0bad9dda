"""Backups: what a project needs to go on, copied while nobody writes, read back, and listed.

A backup is a folder of its own, with the files and a manifest of their hashes. It is written under
another name and renamed when it is whole, so a backup that has its name is one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.store.durable import file_digest, make_folder, sync_folder, write_durably
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.manifest import MANIFEST, Manifest, state_of
from mmm_assets.store.migrations import FIRST, file_version
from mmm_assets.store.project import Project
from mmm_assets.store.verification import (
    spoilt_files_of_loads,
    spoilt_models,
    unreadable_tables,
)
from mmm_assets.store.warehouse import KEPT, Warehouse

CONFIG, WAREHOUSE = "mmm.yaml", "warehouse"
"""Names inside a backup of the configuration and of what the warehouse's folder keeps."""


def back_up(project: Project, folder: Path | None, say: Callable[[str], None]) -> Path:
    """Make a backup of a project: configuration, tables, loads, saved fits and panels.

    Refreshes wait while the files are copied. Dashboards are left out, as they can be drawn again;
    so are Dagster's records of its runs, and the sources, whose rows the working file holds.

    Parameters
    ----------
    folder
        Gets the backup, under the project's name and a number. None: ``backups`` beside
        ``mmm.yaml``.
    say
        Told of saved fits and files of loads that are spoilt already.

    Returns
    -------
    Path
        Folder of the backup.

    Raises
    ------
    WarehouseError
        If there is nothing to back up, a table cannot be read, or the folder cannot be written to.
    """
    warehouse = project.warehouse
    warehouse.require_files("mmm backup")
    into = (folder or project.config.folder / "backups").resolve()
    if any(into.is_relative_to(warehouse.folder / name) for name in KEPT):
        raise WarehouseError(f"{into} belongs to the warehouse itself: name another folder")
    if not warehouse.work_file.exists():
        raise WarehouseError(f"{warehouse.work_file} is missing: there is nothing to back up")
    for fault in (*spoilt_models(project), *spoilt_files_of_loads(project)):
        say(fault)
    draft = into / f".{_slug(project.config)}.draft"
    try:
        with warehouse.turn("backup"):
            shutil.rmtree(draft, ignore_errors=True)  # left by one that was killed
            try:
                make_folder(into)
                draft.mkdir(mode=0o700)
                _copy_all(project, draft)
                _finish(project.config, draft)
                made = into / f"{_slug(project.config)}-{_next_number(project.config, into):04}"
                draft.rename(made)
                sync_folder(into)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
    except OSError as error:
        raise WarehouseError(f"no backup was made in {into}: {error.strerror}") from error
    return made


def still(warehouse: Warehouse) -> ExitStack:
    """Hold every lock under which files of the warehouse are replaced, but those of the weeks."""
    with ExitStack() as held:
        for name in ("publish", "work", "reports"):  # in the order in which others take them
            held.enter_context(warehouse.turn(name))
        return held.pop_all()


def kept_files(folder: Path) -> Iterator[Path]:
    """Files of what a warehouse's folder keeps, as paths inside it."""
    for name in KEPT:
        if (folder / name).is_file():
            yield Path(name)
        for place, _, names in os.walk(folder / name, followlinks=True):
            yield from (
                (Path(place) / found).relative_to(folder)
                for found in sorted(names)
                if not found.endswith(".draft")  # of somebody who is writing it
            )


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file to disk, its times, permissions and group; its owner may write to the copy."""
    make_folder(target.parent)
    shutil.copyfile(source, target)
    shutil.copystat(source, target)
    with suppress(OSError):
        os.chown(target, -1, source.stat().st_gid)
    target.chmod(target.stat().st_mode | 0o200)
    with target.open("rb+") as stream:
        os.fsync(stream.fileno())


def _copy_all(project: Project, draft: Path) -> None:
    copy_synced(project.config.path, draft / CONFIG)
    with still(project.warehouse):
        for file in kept_files(project.warehouse.folder):
            copy_synced(project.warehouse.folder / file, draft / WAREHOUSE / file)


def _finish(config: ProjectConfig, draft: Path) -> None:
    """Read the copies back, and list them."""
    copied = Warehouse(draft / WAREHOUSE)
    layout = FIRST
    for file in (copied.work_file, copied.published_file):
        if not file.exists():
            continue
        try:
            with duckdb.connect(str(file), read_only=True) as connection:
                faults = unreadable_tables(connection)
                if file == copied.work_file:
                    layout = file_version(connection) or FIRST
        except duckdb.Error as error:
            faults = [" ".join(str(error).split())]
        if faults:
            raise WarehouseError(
                f"no backup was made: {file.name} is spoilt ({faults[0]}). Look with  mmm verify"
            )
    files = sorted(file for file in draft.rglob("*") if file.is_file())
    manifest = Manifest(
        project=config.project,
        taken_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        code_version=version("mmm-platform"),
        duckdb_version=duckdb.__version__,
        layout=layout,
        state=state_of(copied),
        files={str(file.relative_to(draft)): file_digest(file) for file in files},
    )
    for place in {file.parent for file in files}:
        sync_folder(place)
    write_durably(draft / MANIFEST, manifest.to_json())


def _slug(config: ProjectConfig) -> str:
    return re.sub(r"[^\w.+-]+", "-", config.project)


def _next_number(config: ProjectConfig, into: Path) -> int:
    """Backups are counted: a clock that was wrong makes none of them look new."""
    return max((number_of(made) for made in into.glob(f"{_slug(config)}-*")), default=0) + 1


def number_of(backup: Path) -> int:
    """Number in the name of a backup; 0 where it has none."""
    found = re.search(r"-(\d+)$", backup.name)
    return int(found[1]) if found else 0
