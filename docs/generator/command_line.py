"""The command line, read off the ``mmm`` application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from docs.generator.markdown import NOTE, code, fenced, sentence, table
from mmm_assets.cli import EXIT, app

_TYPES = {
    "str": "text",
    "float": "number",
    "int": "whole number",
    "int range": "whole number",
    "list[str]": "text",
    "list[Path]": "paths",
    "%Y-%m-%d": "YYYY-MM-DD",
}

_ENDS = {
    "published": "done",
    "failed": "failed: the log says where",
    "usage": "wrong usage or configuration",
    "refused": "the data broke a blocking rule; nothing was trained",
    "held": "the refresh is held by a gate",
}


def commands() -> dict[str, Any]:
    """Every command by the name that is typed, in the order of ``mmm --help``."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inside = getattr(command, "commands", None)
        found |= {f"{name} {own}": it for own, it in inside.items()} if inside else {name: command}
    return found


def page() -> str:
    """Write the page of all commands."""
    parts = [
        NOTE,
        "# Command line\n\n",
        f"{app.info.help}\n\n",
        "Every command reads `--config`, else the environment variable `MMM_CONFIG`, else "
        "`./mmm.yaml`.\n\n",
        table(("Exit code", "Meaning"), ((str(EXIT[why]), said) for why, said in _ENDS.items())),
    ]
    for name, command in commands().items():
        with command.make_context(f"mmm {name}", [], resilient_parsing=True) as context:
            anchor = f"mmm-{name.replace(' ', '-')}"
            parts.append(f"## `mmm {name}` {{ #{anchor} }}\n\n{sentence(command.help)}\n\n")
            pieces = " ".join(command.collect_usage_pieces(context))
            usage = re.sub(r"\{(\w+)\}", lambda argument: argument[1].upper(), pieces)
            parts.append(fenced(f"mmm {name} {usage}", "text"))
            rows = list(_parameters(command, context))
            if rows:
                parts.append(table(("Argument or option", "Meaning"), rows))
    return "".join(parts)


def _parameters(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None:
            said, *notes = re.split(r"\s+(?=\[(?:default|required))", record[1])
            typed = re.sub(r"<(.+)>", lambda kind: f"<{_TYPES.get(kind[1], kind[1])}>", record[0])
            yield code(typed), " ".join([sentence(said), *notes])
