"""A project put back as a backup holds it.

Everything is checked, and copied beside the files that it will replace, before any of them is
touched. A note says from then on that the restore is decided: whoever meets it after a kill is
refused until the restore was begun again, which finishes it. Every file is replaced by a rename,
and what was there is kept.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import ConfigError
from mmm_assets.config.loading import load_config
from mmm_assets.store.backup import CONFIG, WAREHOUSE, copy_synced, kept_files, number_of, still
from mmm_assets.store.durable import (
    copy_durably,
    file_digest,
    make_folder,
    replace_durably,
    sync_folder,
    write_durably,
)
from mmm_assets.store.errors import NewerFile, WarehouseBusy, WarehouseError
from mmm_assets.store.file_tables import DECIDED, RESTORE
from mmm_assets.store.load_files import READ_ONLY
from mmm_assets.store.manifest import MANIFEST, Manifest, state_of
from mmm_assets.store.metadata_journal import journal_of
from mmm_assets.store.migrations import VERSION
from mmm_assets.store.project import Project
from mmm_assets.store.published_file import foreign_logs
from mmm_assets.store.warehouse import KEPT, LOADS, Warehouse

_STAGED = "staged"
_ASIDE = "replaced"


def restore(
    folder: Path, config_file: Path, say: Callable[[str], None], force: bool = False
) -> ProjectConfig:
    """Put a project back as a backup holds it.

    Parameters
    ----------
    folder
        A backup, or a folder of backups, of which the newest is taken.
    config_file
        ``mmm.yaml`` of the project. It is kept where it can be read, and says where the warehouse
        lies; else it comes from the backup.
    say
        Told what is kept, and where what was replaced lies.
    force
        Also where what is there is newer than the backup, or of another project.

    Raises
    ------
    WarehouseError
        If the backup is not whole or of a newer release, what is there is newer, or a refresh is
        going on: nothing was changed.
    ConfigError
        If neither configuration can be read.
    """
    config = _read_config(config_file)
    backup = _choose(folder.expanduser().resolve(), config)
    manifest = Manifest.read(backup)
    manifest.require_whole(backup)
    if manifest.layout > VERSION:
        raise NewerFile(backup, manifest.layout, VERSION)
    found = config or load_config(backup / CONFIG, as_file=config_file)
    if found.project != manifest.project and not force:
        raise WarehouseError(
            f"{backup} is of the project '{manifest.project}', {config_file} of '{found.project}'. "
            "If it shall take its place, say --force"
        )
    warehouse = Project(found).warehouse
    warehouse.require_files("mmm restore")
    with nobody_at_work(warehouse):
        _finish_earlier(warehouse)
        if not force:
            _require_nothing_newer(warehouse, manifest)
        _stage(backup, warehouse, manifest)
        aside = _exchange(warehouse)
    if config is None:
        _restore_config(backup, config_file, say)
    elif config_file.read_bytes() != (backup / CONFIG).read_bytes():
        say(f"{config_file} differs from the one in the backup and was kept: {backup / CONFIG}")
    if aside is not None:
        say(f"What was replaced lies in {aside}: remove it when all is well")
    return found


def _read_config(file: Path) -> ProjectConfig | None:
    try:
        return load_config(file)
    except ConfigError:
        return None


def _choose(folder: Path, config: ProjectConfig | None) -> Path:
    """The backup that a path names: itself, or the newest below it."""
    if (folder / MANIFEST).exists():
        return folder
    made = [file.parent for file in folder.glob(f"*/{MANIFEST}")]
    made = [backup for backup in made if not backup.name.startswith(".")]
    projects = {backup: Manifest.read(backup).project for backup in made}
    wanted = config.project if config else None
    if wanted is None and len(set(projects.values())) > 1:
        raise WarehouseError(
            f"{folder} holds backups of {', '.join(sorted(set(projects.values())))}: name one of "
            "them"
        )
    own = [backup for backup in made if wanted in (None, projects[backup])]
    if not own:
        what = f"of '{wanted}' " if wanted else ""
        raise WarehouseError(
            f"{folder} is no backup, as it has no {MANIFEST}, and holds none {what}that is whole"
        )
    return max(own, key=number_of)


def nobody_at_work(warehouse: Warehouse) -> ExitStack:
    """Hold the warehouse, and every refresh week, while no refresh is going on."""
    with ExitStack() as held:
        for lock in sorted((warehouse.folder / ".locks").glob("week-*.lock")):
            try:
                held.enter_context(warehouse.turn(lock.stem, seconds=0))
            except WarehouseBusy as error:
                raise WarehouseBusy(
                    f"nothing was restored: a refresh of {lock.stem[5:]} is going on. "
                    "Try again when it is done"
                ) from error
        held.enter_context(still(warehouse))
        return held.pop_all()


def _require_nothing_newer(warehouse: Warehouse, manifest: Manifest) -> None:
    there = state_of(warehouse)
    lost = there.beyond(manifest.state)
    if lost:
        raise WarehouseError(
            f"nothing was restored: {warehouse.folder} knows {', '.join(lost)}, of which the "
            f"backup of {manifest.taken_at} UTC knows nothing. If only the published file is "
            "lost:  mmm publish --all; if only the working file is:  mmm restore --from-loads. To "
            "put the backup in place all the same, say --force"
        )


def _stage(backup: Path, warehouse: Warehouse, manifest: Manifest) -> None:
    """Copy the backup into the warehouse's folder, out of the way, and decide to restore it."""
    place = warehouse.folder / RESTORE
    files = list(kept_files(backup / WAREHOUSE))
    needed = sum((backup / WAREHOUSE / file).stat().st_size for file in files)
    free = shutil.disk_usage(warehouse.folder).free
    if free < needed:
        raise WarehouseError(
            f"nothing was restored: {warehouse.folder} has {free / 1e6:,.0f} MB left, the backup "
            f"needs {needed / 1e6:,.0f}"
        )
    shutil.rmtree(place, ignore_errors=True)
    try:
        for file in files:
            copy = place / _STAGED / file
            copy_synced(backup / WAREHOUSE / file, copy)
            if file_digest(copy) != manifest.files[str(Path(WAREHOUSE) / file)]:
                raise WarehouseError(f"nothing was restored: {copy} was not written as it is")
            if file.parts[0] == LOADS:
                copy.chmod(READ_ONLY)
        for found in [place / _STAGED, *(place / _STAGED).rglob("*")]:
            if found.is_dir():
                sync_folder(found)
        note = {
            "names": sorted({file.parts[0] for file in files}),
            "aside": _next_aside(warehouse).name,
        }
        write_durably(place / DECIDED, json.dumps(note))
    except BaseException as error:
        shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, OSError):
            raise WarehouseError(f"nothing was restored: {error.strerror}") from error
        raise


def replace_work_file(warehouse: Warehouse, made: Path) -> Path | None:
    """Put a working file that was made anew in place of the one that is there.

    Its log and the journal of its metadata go first: DuckDB would lay them on the new file.

    Returns
    -------
    Path or None
        Folder of what was there; None where there was nothing.
    """
    there = [file for file in warehouse.folder.glob("work.duckdb*") if file.is_file()]
    aside = _next_aside(warehouse) if there else None
    if aside is not None:
        make_folder(aside)
        for file in there:
            _keep(file, aside / file.name)
    warehouse.work_file.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    journal_of(warehouse.work_file).unlink(missing_ok=True)
    _put(made, warehouse.work_file, read_only=False)
    return aside


def _next_aside(warehouse: Warehouse) -> Path:
    earlier = [number_of(kept) for kept in warehouse.folder.glob(f"{_ASIDE}-*")]
    return warehouse.folder / f"{_ASIDE}-{max(earlier, default=0) + 1}"


def _finish_earlier(warehouse: Warehouse) -> None:
    """Finish a restore that a killed process had decided on."""
    if (warehouse.folder / RESTORE / DECIDED).exists():
        _exchange(warehouse)


def _exchange(warehouse: Warehouse) -> Path | None:
    """Put what is staged in place of what is there; may be repeated after a kill.

    Returns
    -------
    Path or None
        Folder of what was there; None where there was nothing.
    """
    place = warehouse.folder / RESTORE
    note = json.loads((place / DECIDED).read_bytes())
    aside = warehouse.folder / note["aside"]
    make_folder(aside)
    for log in foreign_logs(warehouse.published_file):  # DuckDB would lay it on what comes
        shutil.move(log, aside / log.name)
    for name in KEPT:
        there, staged, kept = warehouse.folder / name, place / _STAGED / name, aside / name
        if name not in note["names"]:
            if there.exists():
                there.rename(kept)
        elif staged.is_file():
            # Permissions that somebody gave the published file are kept with it.
            lost = not there.exists()
            if not (lost or kept.exists()):
                _keep(there, kept)
            _put(staged, there, read_only=lost and there == warehouse.published_file)
        elif staged.is_dir():
            if there.exists():
                there.rename(kept)
            staged.rename(there)
    sync_folder(aside)  # what was there first, or a power cut would leave it nowhere
    sync_folder(warehouse.folder)
    shutil.rmtree(place)
    if not any(aside.iterdir()):
        aside.rmdir()
        return None
    return aside


def _keep(file: Path, kept: Path) -> None:
    """Give a file a second name, or a copy where that cannot be."""
    try:
        os.link(file.resolve(), kept)
    except OSError:
        shutil.copy2(file, kept)
    sync_folder(kept.parent)


def _put(staged: Path, target: Path, read_only: bool) -> None:
    """Rename a file over another; where a link leads to another disk, by a copy there."""
    try:
        replace_durably(staged, target, read_only)
    except OSError:
        copy_durably(staged, target)
        staged.unlink()


def _restore_config(backup: Path, file: Path, say: Callable[[str], None]) -> None:
    if file.exists():
        kept = file.with_name(f"{file.name}.replaced")
        file.replace(kept)
        say(f"{file} could not be read and came from the backup; it is kept as {kept}")
    else:
        say(f"{file} came from the backup")
    copy_durably(backup / CONFIG, file)
