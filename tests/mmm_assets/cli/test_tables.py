"""``mmm init`` and ``mmm check``: what they write, and that checking leaves all as it was."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mmm_assets.cli import EXIT
from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.config.schema import SCHEMA_FILE, schema_text
from mmm_assets.store.project import Project
from tests.mmm_assets.cli.terminal import run
from tests.mmm_assets.tiny_project import write_tables


def test_init_writes_a_configuration_and_the_schema_that_its_first_line_names(
    tmp_path: Path,
) -> None:
    write_tables(tmp_path)
    tables = [tmp_path / f"{name}.csv" for name in ("media", "kpi", "controls")]
    code, said = run("init", *tables, "--out", tmp_path / "new")
    assert code == 0, said
    first = (tmp_path / "new" / "mmm.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert (tmp_path / "new" / SCHEMA_FILE).read_text() == schema_text()
    load_config(tmp_path / "new" / "mmm.yaml")
    named = tmp_path / "other" / "acme.yaml"
    assert run("init", *tables, "--out", named)[0] == 0
    assert (
        named.is_file()
        and load_config(named).refresh == load_config(tmp_path / "new" / "mmm.yaml").refresh
    )
    code, said = run("init", *tables, "--out", named)
    assert code == EXIT["usage"] and f"{named} exists already" in said


def test_check_passes_on_clean_tables_and_writes_nothing(tmp_path: Path) -> None:
    write_tables(tmp_path)
    code, said = run("check", "--config", tmp_path / "mmm.yaml")
    assert code == 0, said
    assert not (tmp_path / "warehouse").exists()


def test_check_knows_what_earlier_refreshes_were_told(project: ProjectConfig) -> None:
    warehouse = Project(project).warehouse
    before = warehouse.work_file.read_bytes()
    file = project.folder / "media.csv"
    media = pd.read_csv(file)
    media["spend"] *= 100
    media.to_csv(file, index=False)
    code, said = run("check", "--config", project.path)
    assert code == EXIT["refused"]
    assert "rule units_as_before is broken" in said and "times 100" in said
    assert warehouse.work_file.read_bytes() == before
