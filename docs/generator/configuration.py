"""Every key of ``mmm.yaml``, read off the JSON schema of the configuration's models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docs.generator.markdown import NOTE, code, sentence, table
from mmm_assets.config import ProjectConfig
from mmm_model.equation.adstock import ADSTOCKS
from mmm_model.equation.saturation import SATURATIONS

Schema = dict[str, Any]

_PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
}
_RANGE = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("exclusiveMaximum", "< {}"),
)


@dataclass(frozen=True)
class Key:
    """A key of a section: how it is typed, what it is if it is not given, what it says."""

    name: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True)
class SectionPage:
    """A section: its dotted path, what it is about, its keys."""

    path: str
    about: str
    keys: tuple[Key, ...]


def schema() -> Schema:
    """Return the JSON schema of ``mmm.yaml``."""
    return ProjectConfig.model_json_schema()


def sections() -> list[SectionPage]:
    """Every section that ``mmm.yaml`` may have, a section before those in it."""
    whole = schema()
    return list(_sections("", whole, whole["$defs"]))


def page() -> str:
    """Write the page of all keys."""
    parts = [
        NOTE,
        "# Keys of `mmm.yaml`\n\n",
        "One project is one `mmm.yaml`. [`mmm init`](command-line.md#mmm-init) writes a first "
        "one; a key that is not listed here is refused, with the key, its value and what is "
        "allowed. Relative paths count from the folder of the file. A section or key without a "
        "default must be given. The same as JSON schema, for editors: "
        "[mmm.schema.json](mmm.schema.json).\n\n",
    ]
    for section in sections():
        parts.append(f"## `{section.path}`\n\n" if section.path else "## Top level\n\n")
        parts.append(f"{section.about}\n\n")
        parts.append(
            table(
                ("Key", "Type and range", "Default", "Meaning"),
                ((code(key.name), key.kind, key.default, key.meaning) for key in section.keys),
            )
        )
        if section.path == "model":
            parts.append(_families())
    return "".join(parts)


def schema_file() -> str:
    """Write the JSON schema as a file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _families() -> str:
    rows = [
        (code(key), code(name), sentence(meaning))
        for key, families in (("adstock", ADSTOCKS), ("saturation", SATURATIONS))
        for name, meaning in families.items()
    ]
    return table(("Key", "Value", "Meaning"), rows)


def _sections(path: str, own: Schema, known: dict[str, Schema]) -> Iterator[SectionPage]:
    required = own.get("required", [])
    keys, below = [], []
    for name, field in own["properties"].items():
        found = list(_references(field, name))
        for suffix, reference in found:
            below.append((f"{path}.{suffix}" if path else suffix, known[reference]))
        keys.append(
            Key(name, _kind(field, path), _default(field, name in required), _meaning(field, known))
        )
    yield SectionPage(path, sentence(_about(own)), tuple(keys))
    for deeper, section in below:
        yield from _sections(deeper, section, known)


def _about(section: Schema) -> str:
    return str(section.get("description", "")).split("\n\n")[0]


def _references(field: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and name of every section that a field holds."""
    if "$ref" in field:
        yield path, field["$ref"].rsplit("/", 1)[-1]
    for branch in field.get("anyOf", []):
        yield from _references(branch, path)
    if inner := _named(field):
        yield from _references(inner, f"{path}.NAME")
    if isinstance(field.get("items"), dict):
        yield from _references(field["items"], f"{path}[]")


def _named(field: Schema) -> Schema | None:
    """Schema of the values of a mapping whose keys are names that people give."""
    found = [field.get("additionalProperties"), *field.get("patternProperties", {}).values()]
    return next((inner for inner in found if isinstance(inner, dict)), None)


def _kind(field: Schema, path: str = "") -> str:
    """Say what may be given: type, choices, range."""
    if "$ref" in field:
        return "section"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(branch) for branch in field["anyOf"]))
    if "enum" in field or "const" in field:
        return " or ".join(code(value) for value in field.get("enum", [field.get("const")]))
    kind = field.get("type")
    if kind == "null":
        return "`null`"
    if kind == "object":
        inner = _named(field)
        return f"mapping of name to {_kind(inner)}" if inner else "mapping"
    if kind == "array":
        if "prefixItems" in field:
            return f"[{', '.join(_kind(item) for item in field['prefixItems'])}]"
        return f"list of {_kind(field['items'])}" if field.get("items") else "list"
    if field.get("format") == "date":
        return "date"
    words = [_PLAIN.get(str(kind), "any value")]
    words += [said.format(field[limit]) for limit, said in _RANGE if limit in field]
    if "pattern" in field:
        words.append(f"like {code(field['pattern'])}")
    return ", ".join(words)


def _default(field: Schema, required: bool) -> str:
    if required:
        return "**must be given**"
    value = field.get("default")
    if "$ref" in field:
        return "its keys' defaults"
    if isinstance(value, dict | list) and not value:
        return "none"
    return code(json.dumps(value, ensure_ascii=False)) if value != "" else "empty"


def _meaning(field: Schema, known: dict[str, Schema]) -> str:
    said = field.get("description")
    if said is None:
        said = next((_about(known[name]) for _, name in _references(field, "")), "")
    return sentence(str(said))
