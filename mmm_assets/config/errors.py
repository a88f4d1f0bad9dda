"""Messages about a wrong configuration or question: the key, its value, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError


class UsageError(ValueError):
    """A question that cannot be answered; the message says why, for a person."""


class ConfigError(ValueError):
    """The configuration is missing, unreadable or wrong; the message says what to mend."""


def explain(
    error: ValidationError,
    model: type[BaseModel],
    content: dict[Any, Any],
    key_lines: Mapping[tuple[str, ...], int] | None = None,
) -> str:
    """Turn pydantic's errors into one line per wrong key.

    Parameters
    ----------
    model
        The model of the whole file.
    content
        What the file held.
    key_lines
        Path of a key → its line in the file, where there is a file.
    """
    lines: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False):
        path = _keys(fault["loc"], content)
        name = ".".join(map(str, path)) or "file"
        line = (key_lines or {}).get(tuple(map(str, path)))
        key = f"{name} (line {line})" if line else name
        lines.setdefault(key, []).append(_say(fault, path, model))
    return "\n".join(f"  {key}: {' or '.join(dict.fromkeys(said))}" for key, said in lines.items())


def _say(fault: Any, path: Sequence[Any], model: type[BaseModel]) -> str:
    kind, value = fault["type"], fault["input"]
    if kind == "missing":
        return "this key is missing"
    if kind == "extra_forbidden":
        allowed = _fields(model, path[:-1])
        close = difflib.get_close_matches(str(path[-1]), allowed, n=1)
        hint = f" did you mean '{close[0]}'?" if close else ""
        return f"unknown key;{hint} allowed: {', '.join(allowed)}"
    if kind == "value_error" and isinstance(value, dict):  # a rule about a whole section
        return str(fault["ctx"]["error"])
    said = str(fault["ctx"]["error"]) if kind == "value_error" else fault["msg"]
    said = said.replace("Input should be", "allowed:").replace("String should", "it should")
    return f"{_short(value)} is not allowed; {said}"


def _keys(location: Sequence[Any], content: Any) -> list[Any]:
    """Keep the parts of a location that are keys of the file, not branches of a union."""
    found = []
    for part in location:
        is_key = isinstance(content, dict) and part in content
        if is_key or (isinstance(content, list) and isinstance(part, int)):
            content = content[part]
        elif part is location[-1] and isinstance(content, dict):
            content = None
        else:
            continue
        found.append(part)
    return found


def _fields(model: type[BaseModel], path: Sequence[Any]) -> list[str]:
    """Names of the keys that the section at ``path`` may have."""
    for part in path:
        section = section_of(model, str(part))
        if section is None:
            return []
        model = section
    return list(model.model_fields)


def section_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """Model of the section that a key holds; None where it holds a value or is not known."""
    field = model.model_fields.get(key)
    if field and get_origin(field.annotation) is dict:  # its keys are names that people give
        return None
    options = [field.annotation, *get_args(field.annotation)] if field else []
    sections = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
    return sections[0] if sections else None


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
