"""Run every command of the tutorial again and put what it prints in place of what is there.

``python -m docs.rerun`` takes as long as the refresh that it runs. Commands stand in blocks
``console``, each after a ``$``; they run one after the other in a folder that holds a copy of the
bundled sample; a block with a title is a file there. ``<!-- first 12 lines -->`` before a block
keeps that many lines of its output.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TUTORIAL = Path(__file__).parent / "pages" / "tutorial.md"
SAMPLE = Path(__file__).parents[1] / "data"

BLOCK = re.compile(
    r"(?:<!-- first (?P<lines>\d+) lines -->\n)?```console\n(?P<content>.*?)```", re.DOTALL
)
"""A block of commands, each with its output."""

FILE = re.compile(r'```\w+ title="(?P<name>[\w.]+)"\n(?P<content>.*?)```', re.DOTALL)
"""A file that the reader is asked to write."""

_PROGRESS = re.compile(r"^  [\w ,]+: \d+ %\n", re.MULTILINE)


def commands(block: str) -> list[str]:
    """Return the commands of a block, without what they print."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def rerun(text: str, folder: Path) -> str:
    """Return a page with the output that its commands have in a folder."""
    for file in FILE.finditer(text):
        (folder / file["name"]).write_text(file["content"], encoding="utf-8")

    def renewed(block: re.Match[str]) -> str:
        most = int(block["lines"] or 1000)
        said = "\n".join(_said(command, folder, most) for command in commands(block["content"]))
        return block[0].replace(block["content"], said)

    return BLOCK.sub(renewed, text)


def _said(command: str, folder: Path, most: int) -> str:
    print(f"$ {command}", flush=True)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SAMPLE.parent),
        "COLUMNS": "100",
    }
    run = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    lines = [line.rstrip() for line in _PROGRESS.sub("", run.stdout).rstrip().splitlines()]
    shown = lines if len(lines) <= most else [*lines[:most], "…"]
    return "\n".join([f"$ {command}", *shown, ""])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        kept = shutil.ignore_patterns("warehouse", "reports")
        shutil.copytree(SAMPLE, Path(scratch) / "data", ignore=kept)
        TUTORIAL.write_text(rerun(TUTORIAL.read_text("utf-8"), Path(scratch)), encoding="utf-8")
