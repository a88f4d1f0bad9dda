"""Tables and code blocks in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Made from the code by docs/build.py. -->\n"
"""First line of every generated page."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; a cell may hold Markdown, but no line break."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines) + "\n"


def code(text: object) -> str:
    """Write a value as it would be typed; nothing for nothing."""
    said = str(text)
    return f"`{said}`" if said else ""


def fenced(text: str, language: str) -> str:
    """Write a block of code."""
    return f"```{language}\n{text.strip()}\n```\n\n"


def sentence(text: str) -> str:
    """Make a clause a sentence: a capital in front, unless a key or an example stands there."""
    text = " ".join(text.replace("``", "`").split())
    if not text:
        return ""
    word = text.split(" ", 1)[0]
    first = text[0].upper() if word.isalpha() else text[0]
    return first + text[1:] + ("" if text.endswith((".", "?", ":")) else ".")


def _cell(text: str) -> str:
    parts = " ".join(text.split()).split("`")
    # In code a bar ends no cell, and a backslash would be shown.
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "`".join(parts)
