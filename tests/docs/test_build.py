"""The site holds all that the code declares, builds without a fault, and fetches nothing."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import mmm_model
from docs.build import DOCS, build
from docs.generator.command_line import commands
from mmm_assets.cli import app
from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.rules import RULES
from mmm_assets.mart import TABLES
from mmm_assets.mart.gates import GATES


@pytest.fixture(scope="session")
def docs(built_once: Callable[..., Path]) -> Path:
    """A copy of the documentation with its site."""
    unwanted = shutil.ignore_patterns("site", ".cache", "__pycache__")

    def build_copy(folder: Path) -> None:
        shutil.copytree(DOCS, folder, ignore=unwanted, dirs_exist_ok=True)
        build(folder)

    return built_once("docs", build_copy)


def text(docs: Path, page: str) -> str:
    written = (docs / "site" / page).read_text("utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", written)).split())


def _sections(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str]]:
    """Every key with the path of its section, read off the models and not off their schema."""
    for name, field in model.model_fields.items():
        yield path, name
        for section in _models_in(field.annotation):
            yield from _sections(section, f"{path}.{name}" if path else name)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def test_every_key_is_described_in_the_section_of_its_name(docs: Path) -> None:
    page = (docs / "pages" / "reference" / "configuration.md").read_text("utf-8")
    parts = dict(re.findall(r"^## (?:`(\S+)`|Top level)\n(.*?)(?=^## |\Z)", page, re.M | re.S))
    described = {re.sub(r"\[\]|\.NAME", "", path): keys for path, keys in parts.items()}
    keys = list(_sections(ProjectConfig))
    assert len(keys) > 80
    for section, key in keys:
        assert f"\n| `{key}` | " in described[section], f"{section}.{key}"
    assert "| `seed` | whole number, ≥ 0, < 2147483648 | `0` | Same data and seed" in page
    assert "| `saturation` | `hill` or `logistic` | `" in page
    assert "`mmm_assets" not in text(docs, "reference/configuration.html")


def test_every_table_and_column_stands_in_the_site(docs: Path) -> None:
    page = text(docs, "reference/tables.html")
    for table in TABLES:
        assert f"mart.{table.name}" in page
        for column in table.all_columns:
            comment = " ".join(column.comment.split()).replace("\\", "")
            assert f"{column.name} {column.type} {comment}" in page, column.name


def test_every_rule_and_gate_stands_in_the_site(docs: Path) -> None:
    rules, gates = (text(docs, f"reference/{name}.html") for name in ("rules", "gates"))
    for rule in RULES:
        assert f"{rule.table}.{rule.name} {rule.severity}" in rules
    for gate in GATES:
        assert gate.description in gates
        assert " ".join(gate.query.split()[:6]) in gates


def test_every_command_and_option_stands_in_the_site(docs: Path) -> None:
    page = text(docs, "reference/command-line.html")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    for group in app.registered_groups:
        inside = group.typer_instance
        names += [
            f"{inside.info.name} {command.name or command.callback.__name__}"
            for command in inside.registered_commands
        ]
    assert list(commands()) == names
    for name, command in commands().items():
        part = page.rsplit(f"mmm {name} ¶", 1)[1].split("¶")[0]
        for parameter in command.params:
            for option in parameter.opts if parameter.opts[0].startswith("-") else ():
                assert option in part, f"{name} {option}"


def test_every_public_name_of_the_model_has_its_docstring_in_the_site(docs: Path) -> None:
    page = text(docs, "reference/python.html")
    for name in mmm_model.__all__:
        said = str(getattr(mmm_model, name).__doc__).splitlines()[0]
        assert said.replace("`", "") in page, name


def test_no_page_fetches_anything_from_another_machine(docs: Path) -> None:
    remote = re.compile(r'<(script|link|img)[^>]+(src|href)="?https?:')
    for page in (docs / "site").rglob("*.html"):
        assert not remote.search(page.read_text("utf-8")), page.name


def test_each_fault_is_named_and_ends_the_build(docs: Path, tmp_path: Path) -> None:
    faults = [
        ("pages/glossary.md", "[gone](gone.md)", "page does not exist"),
        ("pages/glossary.md", "[gone](index.md#gone)", "anchor does not exist"),
        ("pages/glossary.md", "![far](https://example.org/far.png)", "glossary.html: fetches"),
        ("pages/left_out.md", "# Left out", "left_out.md: not in nav"),
        ("mkdocs.yml", "  - Gone: gone.md", "gone.md: in nav of mkdocs.yml, but not there"),
    ]
    copy = tmp_path / "docs"
    shutil.copytree(docs, copy, ignore=shutil.ignore_patterns("site", ".cache"))
    for page, spoilt, _ in faults:
        with (copy / page).open("a", encoding="utf-8") as file:
            file.write(f"\n{spoilt}\n")
    with pytest.raises(RuntimeError) as raised:
        build(copy)
    for _, _, said in faults:
        assert said in str(raised.value)
