"""Run ``mmm`` in this process, as from a terminal."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from mmm_assets.cli import app


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and what was said, on one line; what nobody expects is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, " ".join(result.output.split())
