"""Names are data, secrets stay in the environment, and nothing is unpickled."""

from __future__ import annotations

import ast
import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mmm_assets import mart
from mmm_assets.config import load_config
from mmm_assets.store.warehouse import Warehouse
from tests.mmm_assets.tiny_project import CHANNELS, run_week, write_tiniest

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = {
    "north": "o'x\"; DROP TABLE mart.refreshes; --",
    "tv": "../../../etc/passwd",
    "radio": "<img src=x onerror=alert(1)>${SECRET_FOLDER}",
}
WEEK = date(2023, 10, 30)


def test_hostile_names_and_secrets_go_no_further_than_they_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    secret = tmp_path / "s3cr3t-folder"
    project.mkdir()
    secret.mkdir()
    write_tiniest(project)
    for name in ("media", "kpi", "controls"):
        table = pd.read_csv(project / f"{name}.csv").replace(HOSTILE)
        table.to_csv(project / f"{name}.csv", index=False)
    (project / "kpi.csv").rename(secret / "kpi.csv")
    monkeypatch.setenv("SECRET_FOLDER", str(secret))
    file = project / "mmm.yaml"
    query = "\"SELECT * FROM read_csv('${SECRET_FOLDER}/kpi.csv')\""
    text = file.read_text().replace("kpi: {source: kpi.csv,", f"kpi: {{sql: {query},")
    file.write_text(text + "queries: {folders: ['${SECRET_FOLDER}']}\n")
    before = set(tmp_path.rglob("*"))

    config = load_config(file)
    outcome = run_week(config, WEEK)
    assert outcome.status == "published", outcome.messages

    # Whatever was written lies in the project's folders, and none of it tells the secret.
    written = [path for path in tmp_path.rglob("*") if path not in before and path.is_file()]
    folders = (config.warehouse_folder, config.reports_folder)
    assert [path for path in written if not any(map(path.is_relative_to, folders))] == []
    assert [path for path in written if b"s3cr3t" in path.read_bytes()] == []

    # An analyst's file holds the contract, its version and nothing else, names as delivered.
    with duckdb.connect(str(config.warehouse_folder / "mmm.duckdb"), read_only=True) as analyst:
        tables = analyst.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        regions = analyst.execute("SELECT DISTINCT region FROM mart.predictions").fetchall()
        channels = analyst.execute("SELECT channel FROM mart.channel_summary").fetchall()
    contract = {("mart", table.name) for table in mart.TABLES}
    assert set(tables) == contract | {("platform", "versions")}
    assert {name for (name,) in regions} == {"south", HOSTILE["north"]}
    assert {name for (name,) in channels} == {HOSTILE["tv"], CHANNELS[1], HOSTILE["radio"]}
    page = (config.reports_folder / WEEK.isoformat() / "index.html").read_text()
    assert "<img src=x" not in page

    # Each line of the log says which run and week it is of.
    [log] = (config.warehouse_folder / "dagster" / "logs").glob("*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {(line["run_id"], line["refresh_week"]) for line in lines} == {
        (outcome.run_id, WEEK.isoformat())
    }
    assert {"STEP_START", "STEP_SUCCESS", "PIPELINE_SUCCESS"} <= {
        line["event"] for line in lines if "event" in line
    }


def sources() -> list[Path]:
    return [*(ROOT / "mmm_model").rglob("*.py"), *(ROOT / "mmm_assets").rglob("*.py")]


def test_nothing_is_unpickled_or_evaluated() -> None:
    """A saved model is safetensors: loading one runs no code."""
    found = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Call):
                names = [ast.unparse(node.func)]
            bad = re.compile(
                r"(pickle|cPickle|dill|joblib|marshal|shelve|cloudpickle)\b"
                r"|(torch\.load|(np|numpy)\.load|eval|exec|yaml\.unsafe_load|os\.system)$"
            )
            found += [f"{file}: {name}" for name in names if bad.match(name)]
    assert found == []


def test_sql_takes_no_value_by_formatting() -> None:
    """Names declared in the code may stand in an f-string of SQL; values are bound or quoted."""
    value = re.compile(r"\bconfig\.|\brefresh_week\b|\brow\[|\.source\b|\b(region|channel)\b")
    found = []
    for file in (ROOT / "mmm_assets").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            is_query = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("execute", "sql", "executemany")
                and node.args
            )
            if is_query:
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.FormattedValue):
                        text = ast.unparse(part.value)
                        if value.search(text) and not re.match(r"quote(_text)?\(", text):
                            found.append(f"{file.relative_to(ROOT)}:{node.lineno}: {text}")
    assert found == []


@pytest.mark.parametrize("key", ["../../etc", "2024-07-08/../../x", "", "2024-07-08\0"])
def test_a_partition_key_cannot_leave_its_folder(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        Warehouse(tmp_path).model_folder(date.fromisoformat(key))
