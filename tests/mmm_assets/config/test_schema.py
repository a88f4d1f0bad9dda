"""The JSON schema of mmm.yaml: what editors complete and check keys by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from mmm_assets.cli import app
from mmm_assets.config.schema import MODELINE, SCHEMA_FILE, schema_text

DATA = Path(__file__).parents[3] / "data"


def test_the_bundled_schema_is_current() -> None:
    file = DATA / SCHEMA_FILE
    assert file.read_text() == schema_text(), f"run: mmm schema --out data/{SCHEMA_FILE}"
    assert (DATA / "mmm.yaml").read_text().splitlines()[0] == f"# {MODELINE}"


def test_every_key_says_what_it_means() -> None:
    schema = json.loads(schema_text())
    for section in (schema, *schema["$defs"].values()):
        assert section["description"], section["title"]
        assert section["additionalProperties"] is False
        for name, key in section["properties"].items():
            assert key.get("description"), f"{section['title']}: {name}"
            assert "default" in key or name in section["required"], f"{section['title']}: {name}"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("wharehouse", "x", "wharehouse"),
        ("zero_kpi", "perhaps", "perhaps"),
        ("refresh", {"min_weeks": 1}, "minimum of 4"),
    ],
)
def test_an_editor_finds_what_loading_refuses(key: str, value: object, told: str) -> None:
    # As an editor reads it: days are text.
    content: dict[str, Any] = yaml.load((DATA / "mmm.yaml").read_text(), Loader=yaml.BaseLoader)
    content["refresh"]["min_weeks"] = 52
    check = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert not list(check.iter_errors(content))
    [error] = check.iter_errors({**content, key: value})
    assert told in error.message


def test_mmm_schema_prints_it_or_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["schema"])
    assert printed.exit_code == 0
    assert printed.stdout == schema_text()
    file = tmp_path / "schema.json"
    assert CliRunner().invoke(app, ["schema", "--out", str(file)]).exit_code == 0
    assert file.read_text() == schema_text()
