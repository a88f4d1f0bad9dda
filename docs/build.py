"""Build the documentation: ``python -m docs.build``, or ``make docs``.

The reference is made from the code, then the site by Zensical. What would mislead a reader ends
the build: a dead link or anchor, a page that the navigation leaves out, a key, column or rule
that nobody described, anything that a page would fetch from elsewhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from docs.generator import command_line, configuration, refusals, rules, tables

DOCS = Path(__file__).parent
GENERATED = {
    "configuration.md": configuration.page,
    "mmm.schema.json": configuration.schema_file,
    "command-line.md": command_line.page,
    "tables.md": tables.page,
    "gates.md": tables.gates_page,
    "rules.md": rules.page,
    "refusals.md": refusals.page,
}
"""Files of the reference that are not written by hand."""

_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?https?:|<link\b[^>]*\bhref=["']?https?:"""
    r"|@import\s+(?:url\()?[\"']?https?:|url\([\"']?https?:"
)
_EMPTY_CELL = re.compile(r"^\|.*\|\s*\|$", re.MULTILINE)


def build(docs: Path = DOCS) -> Path:
    """Build the site of a folder that holds ``mkdocs.yml`` and ``pages``.

    Returns
    -------
    Path
        Folder of the site.

    Raises
    ------
    RuntimeError
        With one line for each fault.
    """
    write_reference(docs / "pages" / "reference")
    faults = [*_undescribed(docs), *_not_in_navigation(docs)]
    said = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", "mkdocs.yml"],
        cwd=docs,
        env={**os.environ, "PYTHONPATH": str(DOCS.parent), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        faults.append(said.stdout + said.stderr)
    faults += _fetched(docs / "site")
    if faults:
        raise RuntimeError("\n".join(faults))
    return docs / "site"


def write_reference(folder: Path) -> None:
    """Write the pages that are made from the code."""
    for name, write in GENERATED.items():
        (folder / name).write_text(write(), encoding="utf-8")


def _undescribed(docs: Path) -> list[str]:
    """Find rows of generated tables whose last cell, the meaning, is empty."""
    return [
        f"reference/{name}: nothing says what this means: {row}"
        for name in GENERATED
        for row in _EMPTY_CELL.findall((docs / "pages" / "reference" / name).read_text("utf-8"))
    ]


def _not_in_navigation(docs: Path) -> list[str]:
    """Find pages without an entry in the navigation, and entries without a page."""
    navigation = (docs / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1]
    named = set(re.findall(r"[\w/-]+\.md", navigation))
    pages = docs / "pages"
    there = {page.relative_to(pages).as_posix() for page in pages.rglob("*.md")}
    return [f"{page}: not in nav of mkdocs.yml" for page in sorted(there - named)] + [
        f"{page}: in nav of mkdocs.yml, but not there" for page in sorted(named - there)
    ]


def _fetched(site: Path) -> list[str]:
    """Find what a browser would load from another machine."""
    return [
        f"{file.relative_to(site)}: fetches {found}"
        for file in sorted(site.rglob("*"))
        if file.suffix in {".html", ".css"}
        for found in _FETCHED.findall(file.read_text("utf-8"))
    ]


if __name__ == "__main__":
    try:
        site = build()
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"Built {site}/index.html. With search: python -m http.server --directory {site}")
