"""What the pages tell a reader to type is understood: commands, keys and SQL."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from docs.build import DOCS
from docs.generator.command_line import commands
from docs.rerun import BLOCK, SAMPLE, TUTORIAL, rerun
from mmm_assets.config import ProjectConfig
from mmm_assets.store.schema import create_mart

PAGES = [*sorted((DOCS / "pages").rglob("*.md")), DOCS.parent / "README.md"]


def blocks(language: str) -> list[tuple[str, str]]:
    """Every block of a language, with the name of its page."""
    fence = re.compile(rf"^```{language}\b[^\n]*\n(.*?)^```", re.M | re.S)
    return [(page.name, block) for page in PAGES for block in fence.findall(page.read_text())]


def test_every_command_is_one_that_mmm_has() -> None:
    lines = [
        (page, line)
        for page, block in blocks("(?:sh|console)")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    found = [
        (page, words)
        for page, line in lines
        for words in re.findall(r"^(?:\$ )?(?:\S*/)?mmm ([^|#]+)", line)
    ]
    assert len(found) > 25
    known = commands()
    for page, words in found:
        verb, *arguments = shlex.split(words)
        if verb not in known and arguments:  # of a group: mmm experiment next
            verb = f"{verb} {arguments.pop(0)}"
        try:
            known[verb].make_context(f"mmm {verb}", arguments).close()
        except Exception as error:
            pytest.fail(f"{page}: mmm {words}: {getattr(error, 'message', error)}")


def test_every_key_is_one_that_mmm_yaml_has() -> None:
    sample: dict[str, Any] = yaml.safe_load((SAMPLE / "mmm.yaml").read_text())
    shown = [
        (page, content)
        for page, block in blocks("yaml")
        if not (content := yaml.safe_load(block)).keys() & {"load_from"}
    ]
    assert len(shown) > 8
    for page, content in shown:
        tables = {**sample["tables"], **content.get("tables", {})}
        try:
            ProjectConfig.model_validate({**content, "tables": tables})
        except ValueError as error:
            pytest.fail(f"{page}: {error}")


def test_every_query_fits_the_tables() -> None:
    with duckdb.connect() as connection:
        create_mart(connection)
        shown = [
            (page, query)
            for page, block in blocks("sql")
            for query in block.split(";")
            if query.strip() and "$week" not in query and not query.strip().startswith("COPY")
        ]
        assert len(shown) > 10
        for page, query in shown:
            try:
                connection.execute(query)
            except duckdb.Error as error:
                pytest.fail(f"{page}: {error}")


def test_the_tutorial_shows_what_its_first_commands_print(tmp_path: Path) -> None:
    kept = shutil.ignore_patterns("warehouse", "reports")
    shutil.copytree(SAMPLE, tmp_path / "data", ignore=kept)
    first, second = list(BLOCK.finditer(TUTORIAL.read_text("utf-8")))[:2]
    assert "head" in first[0]
    assert "mmm init" in second[0]
    for block in (first[0], second[0]):
        assert rerun(block, tmp_path) == block


@pytest.mark.parametrize("package", ["mmm_model", "mmm_assets"])
def test_the_house_has_the_rooms_that_its_page_names(package: str) -> None:
    page = (DOCS / "pages" / "explanation" / "house.md").read_text("utf-8")
    part = page.split(f", `{package}`\n")[1].split("\n## ")[0]
    rooms = {folder.parent.name for folder in (DOCS.parent / package).glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.M)) == rooms


def test_every_test_that_a_page_names_is_there() -> None:
    page = (DOCS / "pages" / "explanation" / "bad-days.md").read_text("utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)
    assert len(named) > 60
    packages = [DOCS.parent / "tests" / name for name in ("mmm_assets", "mmm_model")]
    for file, test in named:
        code = "".join((p / file).read_text("utf-8") for p in packages if (p / file).exists())
        assert f"\ndef {test}(" in code, f"{file}::{test}"
