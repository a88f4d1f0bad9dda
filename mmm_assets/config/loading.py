"""Find ``mmm.yaml``, read it, and say where in it what is wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mmm_assets.config.errors import ConfigError, explain
from mmm_assets.config.project import ProjectConfig
from mmm_assets.config.secrets import plain_secrets

_ENVIRONMENT = "Put it into the environment, and ${NAME} in its place"
_COMMAND = "Put it into the environment, which the command is given"


def find_config() -> Path:
    """Find the configuration: ``MMM_CONFIG``, else ``./mmm.yaml``, else the bundled sample.

    Raises
    ------
    ConfigError
        If there is none.
    """
    named = os.environ.get("MMM_CONFIG")
    if named:
        return Path(named)
    sample = Path(__file__).resolve().parents[2] / "data" / "mmm.yaml"
    for file in (Path("mmm.yaml"), sample):
        if file.exists():
            return file
    raise ConfigError(
        "there is no mmm.yaml here. Write one with 'mmm init TABLE --out DIR', or name yours "
        "with --config FILE or MMM_CONFIG"
    )


def load_config(
    path: Path | str, as_file: Path | None = None, changes: Sequence[str] = ()
) -> ProjectConfig:
    """Read and validate a configuration.

    Parameters
    ----------
    as_file
        Where it will lie, and paths count from, if not where it is read.
    changes
        ``key=value`` each, dotted, in place of what the file says; values as in YAML.

    Raises
    ------
    ConfigError
        Names each wrong key (dotted), its line, its value and what is allowed.
    """
    file = Path(path).expanduser().resolve()
    try:
        text = file.read_text(encoding="utf-8-sig")
        content = YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError:
        raise ConfigError(f"{file} does not exist; 'mmm init' writes one") from None
    except MarkedYAMLError as error:
        raise ConfigError(f"{file} cannot be read as YAML: {_fault(error)}") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigError(f"{file} cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold keys and values, as 'mmm init' writes them")
    for change in changes:
        _put(content, change)
    _require_no_secret(file, text, content)
    try:
        config = ProjectConfig.model_validate(content)
    except ValidationError as error:
        said = explain(error, ProjectConfig, content, key_lines(text))
        raise ConfigError(f"{file}:\n{said}") from error
    config._path = as_file.expanduser().resolve() if as_file else file
    return config


def _put(content: dict[Any, Any], change: str) -> None:
    """Put ``key=value`` into what a file holds."""
    path, equals, written = change.partition("=")
    *sections, key = path.strip().split(".")
    if not equals or not key:
        raise ConfigError(f"'{change}' is no KEY=VALUE. Say it as in  model.preset=paper")
    for name in sections:
        inner = content.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ConfigError(
                f"'{change}': '{name}' holds a value and no keys. Look the key up:  mmm schema"
            )
        content = inner
    try:
        content[key] = YAML(typ="safe", pure=True).load(written)
    except YAMLError as error:
        raise ConfigError(
            f"'{change}': the value cannot be read as YAML. Put it into quotes"
        ) from error


def _require_no_secret(file: Path, text: str, content: dict[Any, Any]) -> None:
    """Refuse passwords before anything that quotes a value is said of the file."""
    found = list(plain_secrets(content))
    lines = key_lines(text) if found else {}
    said = [
        f"  {'.'.join(path)} (line {lines.get(path, '?')}): it holds what looks like a password. "
        + (_COMMAND if path[:2] == ("notify", "command") else _ENVIRONMENT)
        for path in found
    ]
    if said:
        raise ConfigError("\n".join([f"{file}:", *said]))


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Lines of the keys of a YAML text, counted from 1; a key by its path from the top."""
    lines: dict[tuple[str, ...], int] = {}

    def walk(node: Any, path: tuple[str, ...]) -> None:
        if node.id == "mapping":
            parts = [(str(key.value), key, value) for key, value in node.value]
        elif node.id == "sequence":
            parts = [(str(place), value, value) for place, value in enumerate(node.value)]
        else:
            return
        for name, key, value in parts:
            lines[*path, name] = key.start_mark.line + 1
            walk(value, (*path, name))

    walk(YAML(typ="safe", pure=True).compose(text), ())
    return lines


def _fault(error: MarkedYAMLError) -> str:
    """Say in one line where a YAML text is broken."""
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    begun = error.context_mark
    context = f" ({error.context}, begun in line {begun.line + 1})" if begun else ""
    return f"{where}{error.problem}{context}"
