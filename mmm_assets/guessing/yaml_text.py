"""Write a configuration as YAML that explains itself: a comment on every line."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import section_of
from mmm_assets.config.schema import MODELINE

_WRITTEN = "Written by 'mmm init' from a look at the tables. Correct what was guessed wrong."
_PAIR = "channel: its column"
_PAIRS = {"regions": "region: whose holidays it keeps"}
"""Key → what the pairs of its mapping are, where they are no `_PAIR`."""
_COLUMN = 48
"""Column of the comments, where the text before them is not longer."""


def render(content: Mapping[str, Any], left_out: Mapping[str, str]) -> str:
    """Write a configuration.

    Parameters
    ----------
    content
        Valid content of ``mmm.yaml``; what a person may soon want to change is added.
    left_out
        Column → why it is not used; told below the tables.
    """
    shown = {
        key: content.get(key, field.default)
        for key, field in ProjectConfig.model_fields.items()
        if key in content or key in ("zero_kpi", "warehouse", "reports")
    }
    document = _section(shown, ProjectConfig)
    document.yaml_set_start_comment(f"{MODELINE}\n{_WRITTEN}")
    below_tables = list(shown)[list(shown).index("tables") + 1]
    reasons = "\n".join(f"  not used: {name!r}: {why}" for name, why in left_out.items())
    if reasons:
        document.yaml_set_comment_before_after_key(below_tables, before=reasons)
    stream = io.StringIO()
    _writer().dump(document, stream)
    return stream.getvalue()


def _section(content: Mapping[str, Any], model: type[BaseModel], depth: int = 0) -> CommentedMap:
    """Lay a section out, each key with its description."""
    section = CommentedMap()
    for key, value in content.items():
        inner = section_of(model, key)
        is_section = inner is not None and isinstance(value, Mapping)
        pair = _PAIRS.get(key, _PAIR)
        laid_out = _section(value, inner, depth + 2) if inner and is_section else None
        section[key] = _quoted(value, pair) if laid_out is None else laid_out
        comment = model.model_fields[key].description or key
        if isinstance(section[key], LiteralScalarString):  # no comment may follow its lines
            section.yaml_set_comment_before_after_key(key, before=comment, indent=depth)
        else:
            section.yaml_add_eol_comment(comment, key=key, column=_COLUMN)
    return section


def _quoted(value: Any, pair: str = _PAIR) -> Any:
    """Quote text, so that a column named ``no`` or ``2021`` stays text everywhere."""
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    if isinstance(value, str):
        return DoubleQuotedScalarString(value)
    if isinstance(value, Mapping):
        pairs = CommentedMap({_quoted(key): _quoted(inner) for key, inner in value.items()})
        for key, inner in value.items():
            said = "name in SQL" if isinstance(inner, Mapping) else pair
            pairs.yaml_add_eol_comment(said, key=key, column=_COLUMN)
        return pairs
    if isinstance(value, list):
        names = CommentedSeq(map(_quoted, value))
        for place in range(len(names)):
            names.yaml_add_eol_comment("column", key=place, column=_COLUMN)
        return names
    return value


def _writer() -> YAML:
    yaml = YAML()
    yaml.width = 4096  # a name is never broken over two lines
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(
        type(None), lambda own, _: own.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return yaml
