"""Everything that the platform refuses, read off the errors that its code raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import mmm_assets
from docs.generator.markdown import NOTE, code, sentence, table

ROOT = Path(mmm_assets.__file__).parent

_ENDS = {
    "Wrong usage or configuration (exit code 2)": (
        "ConfigError", "UsageError", "UnknownRefresh", "UnknownWeek", "Infeasible", "DetailsGone",
        "Undecidable", "Unwritable",
    ),
    "Sources (exit code 3)": ("SourceError", "SourceChanged", "Refused"),
    "Warehouse, backups, models (exit code 1)": (
        "WarehouseError", "WarehouseBusy", "_Locked", "NewerFile", "UnusableModel",
    ),
}  # fmt: skip
"""Title → classes whose messages end a command with that code."""

_STEPS = {
    "does not exist; 'mmm init'": "Name another file with `--config`, or `mmm restore DIR`",
    "is not of the form channel=10000": "Write the channel, an equals sign and an amount of money",
    "has no column": "Name the columns channel, region and spend, as the dashboard saves them",
    "is not a number": "Write an amount of money in that line",
    "which is not installed": "Install the platform with its extra `pdf`: `pip install '.[pdf]'`",
    "is no TrueType font": "Name a file that ends with .ttf and holds outlines of that kind",
    "cannot be written: ": "Permit writing there, or name another file",
    "bounds of": "Give the least before the most",
    "cannot be read as YAML": "Mend the file at that line",
    "must hold keys and values": "Write it anew with `mmm init`, or put it back from a backup",
    "no week up to": "Look at `tables.kpi.week` and at the delivery: it ends before that week",
    "has no table on its first sheet": "Put the table on the first sheet, or save it as CSV",
    "is an empty file": "Deliver it again; a file that is still written is left until it rests",
    "changed while it was read": "Nothing: Dagster tries three times by itself",
    "cannot be opened": "Give the account that runs the refresh permission to read and write there",
    "is not a readable Parquet file": "Deliver it again, whole",
    "is not a CSV file": "Save the table as CSV, Parquet or XLSX",
    "is not a readable workbook": "Save it as XLSX again, without a password, or as CSV",
    "cannot be read": "Mend the delivery at the place that is named",
    "returned no rows": "Run the query by hand: look at its filters and its credentials",
    "must be one SELECT": "Leave one SELECT; settings and secrets belong elsewhere",
    "failed": "Mend the query; its own error is what is said",
    "in the environment": "Set that variable for the account that runs the refresh",
    "it has a header and no rows": "Deliver it again with its rows",
    "columns named": "Rename one of them in the delivery",
    "holds no refresh that is whole": "Put it back with `mmm restore DIR`, or refresh anew",
    "is over yet": "Wait until the week is over, or set `refresh.last_week`",
    "is not a refresh week": "Name another week",
    "name another folder": "Name a folder outside of `warehouse`",
    "nothing to back up": "Refresh once; if it is lost, `mmm restore DIR`",
    "no backup was made in": "Make room, or permit writing there",
    "is held by this very thread": "Tell us: it is a mistake of the platform",
    "cannot be written to": "Permit writing there to the account that runs refreshes",
    "which can restore it": "Install that release again",
    "it has no": "Name the folder that `mmm backup` printed",
    "holds none": "Name the folder that `mmm backup` printed",
    "name one of them": "Name the backup instead of the folder of all",
    "the backup needs": "Make room, and say it again",
    "was not written as it is": "Look at the disk: what was written is not what is read",
    "nothing was restored:": "Make room, or permit writing there",
    "is published; the last are": "Name one of those, or `mmm refresh --week` for that one",
    "no region": "Mend the question",
}
"""Part of a message that names no next step itself → that step; the first that fits counts."""


def page() -> str:
    """Write the page of all refusals, by the exit code that they end with."""
    parts = [
        NOTE,
        "# Refusals\n\n",
        "Whatever stops a command says so in one sentence, changes nothing that was published, and "
        "has a next step. Words in capitals stand for what the message names. What the **rules** "
        "for the tables refuse: [Input rules](rules.md), each with its remedy. What the **gates** "
        "hold back (exit code 4): [Gates](gates.md). What a wrong **key** of `mmm.yaml` is told: "
        "its line, its value, what is allowed.\n\n",
    ]
    found = sorted(set(refusals()))
    for title, classes in _ENDS.items():
        rows = [(code(said), sentence(step)) for name, said, step in found if name in classes]
        parts += [f"## {title}\n\n", table(("What it says", "Next step"), rows)]
    return "".join(parts)


def refusals() -> Iterator[tuple[str, str, str]]:
    """Class, message and next step of each error; the step is empty where nobody wrote one."""
    for file in sorted(ROOT.rglob("*.py")):
        yield from _raised(ast.parse(file.read_text(encoding="utf-8")))


def _raised(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):  # an error that words itself
            calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
            inits = [call for call in calls if ast.unparse(call.func) == "super().__init__"]
            found = [(node.name, call) for call in inits]
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            found = [(ast.unparse(node.exc.func).split(".")[-1], node.exc)]
        else:
            continue
        for name, call in found:
            words = _text(call.args[0]) if call.args else ""
            known = any(name in classes for classes in _ENDS.values())
            if known and len(re.findall(r"\b[a-z]{2,}\b", words)) > 0:
                yield name, *_split(words)


def _split(words: str) -> tuple[str, str]:
    """A message, and its next step: its own second sentence, or ours."""
    words = " ".join(words.split())
    said, _, step = words.partition("; " if ". " not in words and "; start with" in words else ". ")
    if not re.search(r"[a-z]", step):
        own = next((ours for part, ours in _STEPS.items() if part in words), "")
        return said, own
    return said, re.sub(r"(mmm [a-z]+(?: --?[a-z]+| [A-Z_]+)*)", r"`\1`", step)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.FormattedValue):
        named = re.findall(r"[A-Za-z]\w*", ast.unparse(node.value))
        if named and named[-1] == "PUBLISH":
            return "Make it again from the working file: mmm publish --all"
        plain = isinstance(node.value, ast.Name | ast.Attribute)
        return named[-1].upper() if named and plain else "…"
    return "…"
