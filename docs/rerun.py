"""Run every command of the tutorial again and put what it prints in place of what is there.

``python -m docs.rerun`` takes as long as the refresh that it runs. Commands stand in blocks
``console``, each after a ``$``; they run one after the other in a folder that holds a copy of the
bundled sample; a block with a title is a file there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import wrap

TUTORIAL = Path(__file__).parent / "pages" / "tutorial.md"
SAMPLE = Path(__file__).parents[1] / "data"

BLOCK = re.compile(r"```console\n(?P<content>.*?)```", re.DOTALL)
"""A block of commands, each with its output."""

FILE = re.compile(r'```\w+ title="(?P<name>[\w.]+)"\n(?P<content>.*?)```', re.DOTALL)
"""A file that the reader is asked to write."""

_WIDTH = 100
_PROGRESS = re.compile(r"^  [\w ,]+: \d+ %\n", re.MULTILINE)


def commands(block: str) -> list[str]:
    """Return the commands of a block, without what they print."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def rerun(text: str, folder: Path) -> str:
    """Return a page with the output that its commands have in a folder."""
    for file in FILE.finditer(text):
        (folder / file["name"]).write_text(file["content"], encoding="utf-8")

    def renewed(block: re.Match[str]) -> str:
        said = "\n".join(_said(command, folder) for command in commands(block["content"]))
        return block[0].replace(block["content"], said)

    return BLOCK.sub(renewed, text)


def _said(command: str, folder: Path) -> str:
    print(f"$ {command}", flush=True)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SAMPLE.parent),
        "COLUMNS": str(_WIDTH),
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
    lines = [part for line in _PROGRESS.sub("", run.stdout).splitlines() for part in _fold(line)]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join([f"$ {command}", *lines, ""])


def _fold(line: str) -> list[str]:
    """Cut a line that is too wide for a page, further lines a little to the right."""
    indent = " " * (len(line) - len(line.lstrip()))
    return wrap(line.rstrip(), _WIDTH, subsequent_indent=f"{indent}    ") or [""]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        kept = shutil.ignore_patterns("warehouse", "reports")
        shutil.copytree(SAMPLE, Path(scratch) / "data", ignore=kept)
        TUTORIAL.write_text(rerun(TUTORIAL.read_text("utf-8"), Path(scratch)), encoding="utf-8")
