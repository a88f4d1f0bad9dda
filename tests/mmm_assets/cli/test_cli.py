"""What a command imports, which decides how long it takes to answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mmm_assets.config import ProjectConfig


def test_help_comes_without_the_heavy_libraries() -> None:
    code = (
        "import sys, typer.testing, mmm_assets.cli as c;"
        "r = typer.testing.CliRunner().invoke(c.app, ['--help']);"
        "assert r.exit_code == 0, r.output;"
        "print([m for m in ('torch', 'dagster', 'great_expectations', 'pandas', 'duckdb')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_command_about_tables_trains_and_runs_nothing(
    refreshed: ProjectConfig, tmp_path: Path
) -> None:
    arguments = ["known", "kpi", "--on", "2099-01-01", "--out", str(tmp_path / "kpi.csv")]
    code = (
        "import sys, typer.testing, mmm_assets.cli as c;"
        f"r = typer.testing.CliRunner().invoke(c.app, {[*arguments, '-c', str(refreshed.path)]});"
        "assert r.exit_code == 0, r.output;"
        "print([m for m in ('torch', 'dagster', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
