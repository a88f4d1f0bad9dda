"""A backup brings a project back, whatever became of it; a bad one is refused untouched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.store.backup import back_up
from mmm_assets.store.load_files import load_files
from mmm_assets.store.manifest import Manifest
from mmm_assets.store.migrations import VERSION
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_weeks
from mmm_assets.store.restore import restore
from mmm_assets.store.warehouse import KEPT, Warehouse
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.killing import digests, published

OLDER, NEWER = date(2024, 6, 24), date(2024, 7, 8)
NOT_KEPT = {"dagster", ".locks", ".spill", "arrival.json", ".work.duckdb.metadata"}
"""What else may lie in a warehouse's folder, and is not missed."""


@pytest.fixture
def backup(project: ProjectConfig, tmp_path: Path) -> Path:
    return back_up(Project(project), tmp_path / "safe", print)


def everything(config: ProjectConfig) -> dict[str, object]:
    """What must come back: published tables, working tables, loads, saved fits and panels."""
    warehouse = Project(config).warehouse
    with warehouse.work() as connection:
        work = digests(connection)
        raw = connection.execute("SELECT * FROM raw.loads ORDER BY ALL").fetchall()
    models = {
        str(file.relative_to(warehouse.folder)): file.read_bytes()
        for file in sorted(warehouse.folder.glob("models/*/*"))
    }
    loads = [
        (file.name, file.path.read_bytes(), file.path.stat().st_mode)
        for file in load_files(warehouse.loads_folder)
    ]
    assert len(loads) == len(raw)
    return {
        "published": published(config), "work": work, "raw": raw, "loads": loads, "models": models,
    }  # fmt: skip


def lose_warehouse(config: ProjectConfig) -> None:
    shutil.rmtree(config.warehouse_folder)


def lose_project(config: ProjectConfig) -> None:
    shutil.rmtree(config.folder)


def spoil_databases(config: ProjectConfig) -> None:
    warehouse = Project(config).warehouse
    for file in (warehouse.work_file, warehouse.published_file):
        file.chmod(0o644)
        file.write_bytes(b"no database" + file.read_bytes()[11:])


def lose_work_file(config: ProjectConfig) -> None:
    Project(config).warehouse.work_file.unlink()


def spoil_models(config: ProjectConfig) -> None:
    for file in config.warehouse_folder.glob("models/*/final.safetensors"):
        file.write_bytes(b"")


def spoil_configuration(config: ProjectConfig) -> None:
    config.path.write_text("tables: [")


@pytest.mark.parametrize(
    "harm",
    [lose_warehouse, lose_project, spoil_databases, lose_work_file, spoil_models,
     spoil_configuration],
)  # fmt: skip
def test_a_lost_or_spoilt_project_comes_back(
    project: ProjectConfig, backup: Path, harm: Callable[[ProjectConfig], None]
) -> None:
    before, text = everything(project), project.path.read_text()
    harm(project)
    code, said = run("restore", backup, "-c", project.path)
    assert code == 0, said
    assert everything(load_config(project.path)) == before
    assert project.path.read_text() == text
    assert run("verify", "-c", project.path)[0] == 0
    assert "</html>" in (project.reports_folder / str(NEWER) / "index.html").read_text()
    assert not (project.warehouse_folder / ".restore").exists()


def test_what_is_replaced_is_kept(project: ProjectConfig, backup: Path) -> None:
    warehouse = Project(project).warehouse
    spoil_databases(project)
    spoilt = warehouse.work_file.read_bytes()
    said: list[str] = []
    restore(backup, project.path, said.append)
    assert str(warehouse.folder / "replaced-1") in said[-1]
    assert (warehouse.folder / "replaced-1" / "work.duckdb").read_bytes() == spoilt
    assert len(list((warehouse.folder / "replaced-1" / "models").iterdir())) == 2
    restore(backup, project.path, print)
    assert (warehouse.folder / "replaced-2").exists()


def test_a_newer_state_is_replaced_on_demand_alone(project: ProjectConfig, backup: Path) -> None:
    warehouse = Project(project).warehouse
    with warehouse.work() as connection:
        connection.execute("UPDATE raw.loads SET load_id = load_id + 1")
        connection.execute("UPDATE mart.refreshes SET run_id = 'x' WHERE refresh_week = ?", [NEWER])
    newer = warehouse.work_file.read_bytes()
    code, said = run("restore", backup, "-c", project.path)
    assert code == EXIT["failed"]
    assert "the refresh of 2024-07-08" in said and "loads 5 to 5" in said and "--force" in said
    assert warehouse.work_file.read_bytes() == newer
    assert not list(warehouse.folder.glob("replaced*"))
    code, said = run("restore", backup, "-c", project.path, "--force")
    assert code == 0, said
    assert (warehouse.folder / "replaced-1" / "work.duckdb").read_bytes() == newer


def test_loads_that_the_backup_does_not_know_are_not_lost_with_the_working_file(
    project: ProjectConfig, backup: Path
) -> None:
    newer = project.warehouse_folder / "loads" / "kpi" / "000005-0123456789abcdef.parquet"
    newer.write_bytes(b"of a load after the backup")
    lose_work_file(project)
    code, said = run("restore", backup, "-c", project.path)
    assert code == EXIT["failed"]
    assert "loads 5 to 5" in said and "mmm restore --from-loads" in said.replace("\n", " ")
    assert newer.exists() and not Project(project).warehouse.work_file.exists()


@pytest.mark.parametrize("name", ["warehouse/work.duckdb", "manifest.json", "mmm.yaml"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_spoilt_backup_touches_nothing(
    project: ProjectConfig, backup: Path, name: str, lost: bool
) -> None:
    before = everything(project)
    data = bytearray((backup / name).read_bytes())
    data[len(data) // 2] ^= 1
    (backup / name).write_bytes(data)
    if lost:
        (backup / name).unlink()
    code, said = run("restore", backup, "-c", project.path)
    assert code == EXIT["failed"]
    assert name.split("/")[-1] in said and "Traceback" not in said
    assert everything(project) == before
    assert not list(project.warehouse_folder.glob("replaced*"))


def test_a_backup_of_a_newer_release_is_refused(project: ProjectConfig, backup: Path) -> None:
    made = Manifest.read(backup)
    newer = {**made.__dict__, "layout": VERSION + 1}
    (backup / "manifest.json").write_text(Manifest(**newer).to_json())
    code, said = run("restore", backup, "-c", project.path)
    assert code == EXIT["failed"] and f"version {VERSION + 1}" in said


def test_a_backup_of_the_last_release_comes_back_and_is_brought_up_to_date(tmp_path: Path) -> None:
    from tests.mmm_assets.store.test_last_release import OF_THEN, WEEK
    from tests.mmm_assets.tiny_project import write_tiniest

    write_tiniest(tmp_path)
    config = load_config(tmp_path / "mmm.yaml")
    warehouse = Project(config).warehouse
    shutil.copytree(OF_THEN, warehouse.model_folder(WEEK))
    for file, parts in ((warehouse.work_file, ("work.sql", "mart.sql")),
                        (warehouse.published_file, ("mart.sql",))):  # fmt: skip
        with duckdb.connect(str(file)) as connection:
            for part in parts:
                connection.execute((OF_THEN / part).read_text())
    backup = back_up(Project(config), None, print)
    assert Manifest.read(backup).layout == 1
    lose_warehouse(config)
    restore(tmp_path / "backups", config.path, print)
    with warehouse.work() as connection:
        assert connection.execute("SELECT count(*) FROM raw.loads").fetchone() == (3,)
    assert published_weeks(warehouse) == [WEEK]


def test_the_newest_backup_of_the_project_is_taken(project: ProjectConfig, tmp_path: Path) -> None:
    folder = tmp_path / "safe"
    first = back_up(Project(project), folder, print)
    with Project(project).warehouse.work() as connection:
        connection.execute("DELETE FROM mart.adstock_curves")
    before = everything(project)
    second = back_up(Project(project), folder, print)
    assert [first.name, second.name] == ["tiny-0001", "tiny-0002"]
    shutil.copytree(first, folder / "other-0009")
    other = Manifest(**{**Manifest.read(first).__dict__, "project": "other"})
    (folder / "other-0009" / "manifest.json").write_text(other.to_json())
    lose_warehouse(project)
    restore(folder, project.path, print)
    assert everything(project) == before
    code, said = run("restore", folder / "other-0009", "-c", project.path)
    assert code == EXIT["failed"] and "of the project 'other'" in said
    lose_project(project)
    code, said = run("restore", folder, "-c", project.path)
    assert code == EXIT["failed"] and "holds backups of other, tiny" in said


def test_a_project_under_a_link_and_a_published_file_elsewhere(
    project: ProjectConfig, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "shared"
    elsewhere.mkdir()
    file = Project(project).warehouse.published_file
    (elsewhere / "mmm.duckdb").write_bytes(file.read_bytes())
    (elsewhere / "mmm.duckdb").chmod(0o640)
    file.unlink()
    file.symlink_to(elsewhere / "mmm.duckdb")
    (tmp_path / "link").symlink_to(project.folder)
    linked = tmp_path / "link" / "mmm.yaml"
    before = everything(project)
    assert run("backup", "-c", linked)[0] == 0
    spoil_databases(project)
    (elsewhere / "mmm.duckdb").chmod(0o640)
    code, said = run("restore", tmp_path / "link" / "backups", "-c", linked)
    assert code == 0, said
    assert everything(project) == before
    assert file.is_symlink() and (elsewhere / "mmm.duckdb").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link").is_symlink()


def test_a_refresh_that_is_going_on_is_not_disturbed(project: ProjectConfig, backup: Path) -> None:
    holder = """
import sys
from datetime import date
from pathlib import Path
from mmm_assets.store.warehouse import Warehouse
with Warehouse(Path(sys.argv[1])).week_turn(date(2024, 7, 8)):
    print("held", flush=True)
    sys.stdin.readline()
"""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", holder, str(project.warehouse_folder)]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    code, said = run("restore", backup, "-c", project.path)
    assert code == EXIT["failed"] and "a refresh of 2024-07-08 is going on" in said
    assert run("backup", "-c", project.path)[0] == 0  # which waits for nothing but the files
    process.communicate("let go")
    assert run("restore", backup, "-c", project.path)[0] == 0


def test_a_log_that_a_killed_process_left_is_part_of_the_state(
    project: ProjectConfig, tmp_path: Path
) -> None:
    warehouse = Project(project).warehouse
    killed = """
import os, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("SET checkpoint_threshold = '1GB'")
connection.execute(sys.argv[2])
os._exit(9)
"""
    ours = "CREATE TABLE staging.committed AS SELECT 1 AS a"
    subprocess.run([sys.executable, "-c", killed, str(warehouse.work_file), ours], check=False)
    assert (warehouse.folder / "work.duckdb.wal").exists()
    backup = back_up(Project(project), tmp_path / "safe", print)
    with warehouse.work() as connection:
        connection.execute("DROP TABLE staging.committed")
    theirs = "CREATE TABLE mart.foreign_table AS SELECT 1 AS a"
    warehouse.published_file.chmod(0o644)
    subprocess.run(
        [sys.executable, "-c", killed, str(warehouse.published_file), theirs], check=False
    )
    restore(backup, project.path, print)
    with warehouse.work() as connection:
        assert connection.execute("FROM staging.committed").fetchall() == [(1,)]
    with duckdb.connect(str(warehouse.published_file), read_only=True) as connection:
        names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("foreign_table",) not in names


STOP = """
import os, sys
from pathlib import Path
from mmm_assets.store import durable, restore
left = int(sys.argv[3])
def count(event, arguments):
    global left
    if event in ("os.rename", "os.link") and sys.argv[4] in str(arguments):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(count)
restore.restore(Path(sys.argv[1]), Path(sys.argv[2]), print)
"""


def test_a_restore_that_is_killed_is_finished_by_the_next(
    project: ProjectConfig, backup: Path
) -> None:
    """Killed before each rename in turn."""
    before = everything(project)
    refused = 0
    for renames in range(20):
        spoil_databases(project)
        arguments = map(str, (backup, project.path, renames, project.warehouse_folder))
        ended = subprocess.run([sys.executable, "-c", STOP, *arguments], check=False).returncode
        if ended == 0:
            break
        assert ended == 9
        if (project.warehouse_folder / ".restore" / "decided").exists():
            code, said = run("verify", "-c", project.path)
            assert code == EXIT["failed"] and "a restore of" in said and "was cut short" in said
            refused += 1
        restore(backup, project.path, print)
        assert everything(project) == before
        assert not (project.warehouse_folder / ".restore").exists()
    assert ended == 0 and refused > 3


def test_a_backup_that_fails_leaves_nothing(project: ProjectConfig, tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    limited = """
import resource, sys
from pathlib import Path
from mmm_assets.config import load_config
from mmm_assets.store.backup import back_up
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    back_up(Project(load_config(sys.argv[1])), Path(sys.argv[2]), print)
except WarehouseError as error:
    print(error)
"""
    command = [sys.executable, "-c", limited, str(project.path), str(tmp_path / "safe")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "no backup was made" in said.stdout, said
    assert not list((tmp_path / "safe").iterdir())
    spoil_databases(project)
    code, told = run("backup", tmp_path / "safe", "-c", project.path)
    assert code == EXIT["failed"] and "mmm" in told and "Traceback" not in told
    assert not list((tmp_path / "safe").iterdir())


def test_no_room_for_a_restore_changes_nothing(project: ProjectConfig, backup: Path) -> None:
    before = everything(project)
    limited = """
import resource, sys
from pathlib import Path
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.published_weeks import published_weeks
from mmm_assets.store.restore import restore
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    restore(Path(sys.argv[1]), Path(sys.argv[2]), print)
except WarehouseError as error:
    print(error)
"""
    command = [sys.executable, "-c", limited, str(backup), str(project.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "nothing was restored" in said.stdout, said
    assert everything(project) == before
    assert not (project.warehouse_folder / ".restore").exists()


def test_a_backup_is_for_its_owner_and_holds_no_secret(
    project: ProjectConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMM_HOOK", "https://example.com/geheim")
    project.path.write_text(project.path.read_text() + 'notify: {url: "${MMM_HOOK}"}\n')
    backup = back_up(Project(load_config(project.path)), tmp_path / "safe", print)
    assert backup.stat().st_mode & 0o077 == 0
    for file in backup.rglob("*"):
        assert not file.is_file() or b"geheim" not in file.read_bytes()
    listed = json.loads((backup / "manifest.json").read_text())["files"]
    there = {str(f.relative_to(backup)) for f in backup.rglob("*") if f.is_file()}
    assert set(listed) == there - {"manifest.json"}


def test_all_that_lies_in_a_warehouse_is_kept_or_known_to_be_dispensable(
    project: ProjectConfig,
) -> None:
    names = {entry.name for entry in os.scandir(project.warehouse_folder)}
    assert names <= {*KEPT, *NOT_KEPT}


def test_a_folder_of_the_warehouse_is_no_place_for_backups(project: ProjectConfig) -> None:
    code, said = run("backup", project.warehouse_folder / "models", "-c", project.path)
    assert code == EXIT["failed"] and "name another folder" in said
    empty = Warehouse(project.folder / "nothing")
    assert not empty.folder.exists()
