"""Every load is a file, too, and the files alone give back what was known at any time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.inputs.kept_loads import keep_loads, loading
from mmm_assets.inputs.knowledge import choose
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import panel_fingerprint, read_panel
from mmm_assets.inputs.rebuilding import rebuild
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.sources import load_raw
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.load_files import load_files
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.conftest import SmallProject
from tests.mmm_assets.killing import published

WEEK = date(2023, 10, 2)
FIRST = datetime(2023, 10, 10, 6, tzinfo=UTC)


def deliver(project: SmallProject, when: datetime, warn: Callable[[str], None] = print) -> Project:
    """Load the tables as they are, as a refresh does."""
    found = Project(project.write())
    with loading(found.warehouse, warn) as connection:
        for role in ROLES:
            load_raw(connection, found.config, role, when)
    return found


@pytest.fixture
def restated(small_project: SmallProject, built_once: Callable[..., Path]) -> Project:
    """Three deliveries: the second by a clock that is ahead, the third in another order."""
    small_project.content["refresh"] = {"knowledge": "then", "days_to_deliver": 7}

    def build(folder: Path) -> None:
        project = replace(small_project, folder=folder)
        deliver(project, FIRST)
        project.kpi.loc[5, "sales"] = 1.0
        project.media = project.media.drop(index=7)
        deliver(project, FIRST + timedelta(days=4000))
        project.kpi.loc[6, "sales"] = 2.0
        project.kpi = project.kpi.iloc[::-1]  # stored whole
        deliver(project, FIRST + timedelta(days=7))

    shutil.copytree(built_once("restated", build), small_project.folder, dirs_exist_ok=True)
    for name in ("kpi", "media"):
        setattr(small_project, name, pd.read_csv(small_project.folder / f"{name}.csv"))
    return Project(small_project.write())


def raw_of(project: Project) -> dict[str, list[tuple]]:
    """All rows of the ``raw`` schema, views and tables."""
    with project.warehouse.work() as connection:
        names = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw' "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE schema_name = 'raw'"
        ).fetchall()
        return {
            name: connection.execute(f"SELECT * FROM raw.{name} ORDER BY ALL").fetchall()
            for (name,) in names
        }


def panels_of(project: Project) -> tuple[str, ...]:
    """Fingerprints of a week's panel by what was known then, and by all that is known."""
    with project.warehouse.work() as connection:
        then = choose(connection, project.config, WEEK).known_on
        found = []
        for known_on in (then, None):
            build_panel_tables(connection, project.config, WEEK, known_on)
            found.append(panel_fingerprint(read_panel(connection, project.config, WEEK)))
    assert found[0] != found[1]
    return tuple(found)


def spoil(file: Path) -> None:
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_a_lost_working_file_is_made_anew_from_its_loads(restated: Project) -> None:
    raw, panels = raw_of(restated), panels_of(restated)
    assert len(raw["loads"]) == 6
    restated.warehouse.work_file.unlink()
    said: list[str] = []
    assert rebuild(restated, said.append) == 6
    assert "nothing is published" in said[0]
    assert raw_of(restated) == raw
    assert panels_of(restated) == panels
    with pytest.raises(WarehouseError, match="can be read: nothing was done"):
        rebuild(restated, print)


def test_a_file_holds_what_is_new_in_its_load_and_nobody_may_write_to_it(
    restated: Project,
) -> None:
    files = load_files(restated.warehouse.loads_folder)
    assert [(file.number, file.role) for file in files] == [
        *((1, "media"), (2, "kpi"), (3, "controls"), (4, "media"), (5, "kpi"), (6, "kpi")),
    ]
    assert {file.path.stat().st_mode & 0o777 for file in files} == {0o444}
    with duckdb.connect() as connection:
        rows = [
            connection.sql(f"""SELECT count("row") FROM '{file.path}'""").fetchall()[0][0]
            for file in files
        ]
    assert rows == [240, 120, 120, 0, 1, 120]


def test_a_refresh_finds_the_loads_of_a_lost_working_file(
    restated: Project, small_project: SmallProject
) -> None:
    raw = raw_of(restated)
    restated.warehouse.work_file.unlink()
    said: list[str] = []
    deliver(small_project, FIRST + timedelta(days=14), said.append)  # the same as the last one
    assert raw_of(restated) == raw
    assert len(said) == 1 and said[0].startswith("6 loads that ") and "--from-loads" in said[0]


def test_a_spoilt_or_lost_file_is_named_and_written_again(
    restated: Project, small_project: SmallProject
) -> None:
    raw = raw_of(restated)
    spoilt, lost = (load_files(restated.warehouse.loads_folder)[n].path for n in (1, 4))
    spoil(spoilt)
    lost.unlink()
    code, said = run("verify", "-c", restated.config.path)
    said = said.replace("\n", "")
    assert code == EXIT["failed"]
    assert f"{spoilt} is spoilt. Remove it" in said
    assert f"{lost} is missing. The next refresh writes it again" in said
    spoilt.unlink()
    deliver(small_project, FIRST + timedelta(days=14))
    assert all(file.is_whole() for file in load_files(restated.warehouse.loads_folder))
    restated.warehouse.work_file.unlink()
    assert rebuild(restated, print) == 6
    again = raw_of(restated)
    assert {name: again[name] for name in ROLES} == {name: raw[name] for name in ROLES}


@pytest.mark.parametrize("harm", [spoil, Path.unlink])
def test_nothing_is_made_from_files_that_are_not_whole(restated: Project, harm) -> None:
    restated.warehouse.work_file.write_bytes(b"spoilt")
    file = load_files(restated.warehouse.loads_folder)[2].path
    harm(file)
    code, said = run("restore", "--from-loads", "-c", restated.config.path)
    said = said.replace("\n", "")
    assert code == EXIT["failed"]
    assert str(file) in said or "lacks the file of load 3" in said
    assert restated.warehouse.work_file.read_bytes() == b"spoilt"


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from mmm_assets.config import load_config
from mmm_assets.inputs.kept_loads import keep_loads, loading
from mmm_assets.inputs.sources import load_raw
from mmm_assets.store.project import Project
left = int(sys.argv[2])
def count(event, arguments):
    global left
    if event == "os.rename" and "/loads/" in str(arguments):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(count)
project = Project(load_config(Path(sys.argv[1])))
with loading(project.warehouse) as connection:
    for role in ("kpi", "media"):
        load_raw(connection, project.config, role, datetime.now(UTC))
    keep_loads(connection, project.warehouse.loads_folder)
    os._exit(9)
"""


@pytest.mark.parametrize("renames", [1, 2])
def test_a_kill_between_file_and_commit_heals(
    restated: Project, small_project: SmallProject, renames: int
) -> None:
    """The last is killed when all files are there and before the transaction is."""
    small_project.kpi.loc[9, "sales"] = 2.0
    small_project.media.loc[9, "spend"] = 2.0
    small_project.write()
    command = [sys.executable, "-c", KILLED, str(restated.config.path), str(renames)]
    assert subprocess.run(command, check=False).returncode == 9
    assert len(raw_of(restated)["loads"]) == 6
    deliver(small_project, FIRST + timedelta(days=21))
    raw = raw_of(restated)
    assert len(raw["loads"]) == 8
    assert {row[-1] for row in raw["loads"]} == {
        file.name for file in load_files(restated.warehouse.loads_folder)
    }
    assert not list(restated.warehouse.folder.glob("loads/*/.*"))
    os.truncate(restated.warehouse.work_file, 0)
    rebuild(restated, print, force=True)
    assert raw_of(restated) == raw


def test_a_transaction_that_fails_leaves_no_file(
    restated: Project, small_project: SmallProject
) -> None:
    small_project.kpi.loc[9, "sales"] = 2.0
    config = small_project.write()
    before = load_files(restated.warehouse.loads_folder)
    with (
        pytest.raises(duckdb.Error),
        restated.warehouse.work() as connection,
    ):
        load_raw(connection, config, "kpi", FIRST)
        connection.execute("INSERT INTO raw.loads (load_id, role) VALUES (9, 'nothing')")
        keep_loads(connection, restated.warehouse.loads_folder)
    assert load_files(restated.warehouse.loads_folder) == before


def test_loads_of_an_earlier_release_get_their_files(
    restated: Project, small_project: SmallProject
) -> None:
    raw = raw_of(restated)
    for file in load_files(restated.warehouse.loads_folder):
        file.path.unlink()
    with restated.warehouse.work() as connection:
        connection.execute("ALTER TABLE raw.loads DROP COLUMN file")
    said = run("verify", "-c", restated.config.path)[1].replace("\n", "")
    assert str(restated.warehouse.loads_folder) not in said
    deliver(small_project, FIRST + timedelta(days=14))
    assert len(load_files(restated.warehouse.loads_folder)) == 6
    restated.warehouse.work_file.unlink()
    assert rebuild(restated, print) == 6
    assert [row[:-1] for row in raw_of(restated)["loads"]] == [row[:-1] for row in raw["loads"]]


def test_results_of_refreshes_come_from_the_published_file(project: ProjectConfig) -> None:
    before = published(project)
    warehouse = Project(project).warehouse
    raw = raw_of(Project(project))
    warehouse.work_file.write_bytes(b"no database")
    code, said = run("verify", "-c", project.path)
    assert code == EXIT["failed"] and "mmm restore --from-loads" in said.replace("\n", " ")
    code, said = run("restore", "--from-loads", "-c", project.path)
    assert code == 0, said
    assert "made anew from 4 loads" in said and "replaced-1" in said
    assert raw_of(Project(project)) == raw
    assert (warehouse.folder / "replaced-1" / "work.duckdb").read_bytes() == b"no database"
    warehouse.published_file.unlink()
    assert run("publish", "--all", "-c", project.path)[0] == 0
    assert published(project) == before
    assert run("verify", "-c", project.path)[0] == 0


def test_one_way_of_restoring_is_named(project: ProjectConfig) -> None:
    assert run("restore", "-c", project.path)[0] == EXIT["usage"]
    assert run("restore", "x", "--from-loads", "-c", project.path)[0] == EXIT["usage"]
    assert load_config(project.path).project == "tiny"
