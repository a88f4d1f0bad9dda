"""Where benchmarks leave their figures."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def write(name: str, rows: list[dict]) -> None:
    """Write a table as ``benchmarks/NAME.json``."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(rows, indent=1))
