"""What is spoilt or lost is named with its next step, and that step helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.killing import published


def lose(file: Path) -> None:
    file.unlink()


def spoil_start(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(b"no database" + file.read_bytes()[11:])


def spoil_blocks(file: Path) -> None:
    """Turn a bit in every block of data."""
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    for place in range(4096 * 3 + 262_144 // 2, len(data), 262_144):
        data[place] ^= 1
    file.write_bytes(data)


def drop_a_view(file: Path) -> None:
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP VIEW mart.current_predictions")


@pytest.mark.parametrize("fault", [lose, spoil_start, spoil_blocks, drop_a_view])
def test_a_published_file_is_made_again(
    project: ProjectConfig, fault: Callable[[Path], None]
) -> None:
    assert run("verify", "-c", project.path)[0] == 0
    before = published(project)
    fault(Project(project).warehouse.published_file)
    code, said = run("verify", "-c", project.path)
    assert code == EXIT["failed"]
    assert "mmm publish --all" in said
    code, said = run("publish", "--all", "-c", project.path)
    assert code == 0, said
    assert published(project) == before
    assert run("verify", "-c", project.path)[0] == 0


def test_a_spoilt_block_is_no_traceback(project: ProjectConfig) -> None:
    spoil_blocks(Project(project).warehouse.published_file)
    for command in ("status", "plan"):
        code, said = run(command, "-c", project.path)
        assert code == EXIT["failed"]
        assert "cannot be read" in said and "mmm publish --all" in said


def test_a_spoilt_working_file_and_model_are_named(project: ProjectConfig) -> None:
    warehouse = Project(project).warehouse
    spoil_start(warehouse.work_file)
    [model] = warehouse.folder.glob("models/2024-06-24/holdout.safetensors")
    lose(model)
    code, said = run("verify", "-c", project.path)
    assert code == EXIT["failed"]
    assert "work.duckdb" in said and "backup" in said
    assert "mmm refresh --week 2024-06-24" in said


def test_a_week_that_is_half_made_anew_is_left_out(project: ProjectConfig) -> None:
    warehouse = Project(project).warehouse
    with warehouse.work() as connection:
        connection.execute(
            "DELETE FROM staging.parts WHERE part = 'predictions' AND refresh_week = '2024-07-08'"
        )
    before = published(project)
    code, said = run("publish", "--all", "-c", project.path)
    assert code == EXIT["failed"] and "holds weeks that the working file lacks" in said
    assert published(project) == before
    lose(warehouse.published_file)
    code, said = run("publish", "--all", "-c", project.path)
    assert code == 0 and "2024-07-08 is left out" in said
    assert [str(week) for week in published(project)] == ["2024-06-24"]
