"""Whether two versions of the code publish the same tables, value by value.

``record FOLDER`` initialises the bundled sample and three public datasets with the code beside
this file, refreshes the last two weeks of each and leaves the warehouses in FOLDER.
``compare BEFORE AFTER`` holds every mart table of two such folders against each other and ends
with 1 where they differ. DATASETS names the folder of the datasets.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
DATASETS = Path(os.environ.get("DATASETS", ROOT.parent / "shared" / "datasets"))
# A funnel (mediation), a panel with exposure, a national series with lift tests.
TABLES = {
    "funnel": "funnel/funnel_3geo_130w.csv",
    "geo": "geo_reach_frequency/data.csv",
    "complex": "scenarios/complex.csv",
}
LIFT_TESTS = "scenarios/complex_lift_tests.csv"
# What tells one run from another and says nothing of its results.
OF_THE_RUN = {"run_id", "published_at", "seconds", "known_on", "loaded_at", "code_version",
              "config_fingerprint"}  # fmt: skip
# Sums in another order differ in the last digits; anything larger is a change. What an optimiser
# found is as exact as its own stopping rule.
TOLERANCE = 1e-8
OPTIMISED = {"weekly_budgets", "optimal_budgets", "budget_scenarios", "response_curve_parameters"}
OPTIMISER_TOLERANCE = 1e-6


def record(folder: Path, names: list[str]) -> None:
    """Publish two weeks of every project named with the code beside this file."""
    for name in names or ["sample", *TABLES]:
        project = folder / name
        shutil.rmtree(project, ignore_errors=True)
        if name == "sample":
            shutil.copytree(
                ROOT / "data", project, ignore=shutil.ignore_patterns("warehouse", "reports")
            )
        else:
            _mmm("init", str(DATASETS / TABLES[name]), "--out", str(project))
        config = project / "mmm.yaml"
        if name == "complex":
            shutil.copyfile(DATASETS / LIFT_TESTS, project / "lift_tests.csv")
            text = config.read_text()
            lift = r"\g<0>\n  lift_tests: {source: lift_tests.csv}"
            text, count = re.subn(r"^tables:.*$", lift, text, count=1, flags=re.MULTILINE)
            assert count == 1, "mmm init writes 'tables:' otherwise"
            config.write_text(text)
        _mmm("refresh", "--config", str(config))
        (newest,) = _rows(project, "SELECT max(refresh_week) FROM mart.refreshes")[0]
        shutil.rmtree(project / "warehouse")
        for week in (newest - timedelta(weeks=1), newest):
            _mmm("refresh", "--config", str(config), "--week", str(week))
        print(f"{name}: {newest} and the week before", flush=True)


def compare(before: Path, after: Path) -> bool:
    """Print each table's largest relative difference; say whether all are equal."""
    same, lines = True, []
    for project in sorted(path.name for path in before.iterdir()):
        tables = _rows(
            before / project,
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'mart' ORDER BY 1",
        )
        for (table,) in tables:
            old, new = (_table(side / project, table) for side in (before, after))
            verdict = _difference(old, new)
            allowed = OPTIMISER_TOLERANCE if table in OPTIMISED else TOLERANCE
            equal = isinstance(verdict, float) and verdict <= allowed
            same &= equal
            said = f"{verdict:.1e}" if isinstance(verdict, float) else verdict
            lines.append((project, table, f"{len(old):,}", said, "equal" if equal else "DIFFERS"))
    print(pd.DataFrame(lines, columns=["project", "table", "rows", "difference", ""]).to_string())
    print("all tables are equal" if same else "tables differ")
    return same


def _difference(old: pd.DataFrame, new: pd.DataFrame) -> float | str:
    """Largest relative difference of a number, or what else differs."""
    if missing := [name for name in old if name not in new]:
        return f"columns {missing} are gone"
    if len(old) != len(new):
        return f"{len(new):,} rows now"
    numbers = old.select_dtypes(float).abs().max().max()
    # A column of nothing but rounding errors is zero beside the others of its table.
    least = 1e-6 * numbers if numbers > 0 else 1e-300
    largest = 0.0
    for name in old:
        left, right = old[name], new[name]
        if pd.api.types.is_float_dtype(left):
            a, b = left.to_numpy(float), right.to_numpy(float)
            if (np.isnan(a) != np.isnan(b)).any():
                return f"{name}: other cells are null"
            scale = max(float(np.nanmax(np.abs(a), initial=0.0)), least)
            largest = max(largest, float(np.nanmax(np.abs(a - b), initial=0.0)) / scale)
        elif not left.equals(right):
            return f"{name}: {int((left.astype(str) != right.astype(str)).sum()):,} cells differ"
    return largest


def _table(project: Path, table: str) -> pd.DataFrame:
    """A mart table without what tells runs apart, in an order of its own."""
    with duckdb.connect(str(project / "warehouse" / "mmm.duckdb"), read_only=True) as connection:
        frame = connection.execute(f"FROM mart.{table}").df()
    frame = frame.drop(columns=[name for name in frame if name in OF_THE_RUN])
    words = [name for name in frame if not pd.api.types.is_float_dtype(frame[name])]
    numbers = [name for name in frame if name not in words]
    # By what names a row first, so that a digit does not move it.
    return frame.sort_values([*words, *numbers], kind="stable").reset_index(drop=True)


def _rows(project: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(project / "warehouse" / "mmm.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _mmm(*arguments: str) -> None:
    own = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mmm_assets", *arguments]
    subprocess.run(command, check=True, env=own, cwd=ROOT, stdout=subprocess.DEVNULL)


def main() -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("record")
    one.add_argument("folder", type=Path)
    one.add_argument("projects", nargs="*", help="default: all")
    both = verbs.add_parser("compare")
    both.add_argument("before", type=Path)
    both.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.verb == "record":
        record(asked.folder.resolve(), asked.projects)
        return 0
    return 0 if compare(asked.before, asked.after) else 1


if __name__ == "__main__":
    sys.exit(main())
