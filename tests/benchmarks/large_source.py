"""A source of 20 million rows, from the file to the panel: time and peak memory of each step.

Daily spend and exposure of 1,000 regions and 20 channels over 1,000 days, as CSV, and a daily
KPI. DuckDB may use what ``--memory`` says and spills beyond it. Every step is a process of its
own, so that its peak is its own. Prints a table and writes ``benchmarks/large_source.json``.
Run by ``make soak``; ``--rows 1000000`` for a quick look.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from writing import write

CHANNELS, DAYS = 20, 1000
FIRST, WEEK = "2023-10-03", date(2026, 6, 22)
CONFIG = """
project: large
tables:
  media: {source: media.csv, layout: long, week: day, region: region, channel: channel,
          spend: spend, exposure: impressions}
  kpi: {source: kpi.csv, week: day, region: region, kpi: sales, value_per_kpi: 2.5}
"""
STEPS = ("load", "check", "panel")


def write_source(folder: Path, rows: int, memory: str) -> None:
    """Write the CSV files: gamma-like spend in bursts, exposure in proportion, a noisy KPI."""
    regions = max(1, rows // (CHANNELS * DAYS))
    grid = (
        f"(SELECT 'region ' || lpad(r::VARCHAR, 4, '0') AS region, r FROM range({regions}) t(r)) "
        f"CROSS JOIN (SELECT DATE '{FIRST}' + d::INTEGER AS day, d FROM range({DAYS}) AS t(d))"
    )
    with duckdb.connect(config={"memory_limit": memory}) as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            "COPY (SELECT day, region, 'channel ' || c AS channel, round(spend, 2) AS spend, "
            "(spend * (80 + c))::BIGINT AS impressions FROM (SELECT *, "
            "CASE WHEN (d // 7 + c * 5 + r) % 9 < 6 THEN 5 - 30 * ln(random() + 1e-9) ELSE 0 END "
            f"AS spend FROM {grid} CROSS JOIN range({CHANNELS}) AS t(c))) "
            f"TO '{folder / 'media.csv'}' (FORMAT CSV, HEADER)"
        )
        connection.execute(
            "COPY (SELECT day, region, round((200 + r) * (0.9 + 0.2 * random()), 1) AS sales "
            f"FROM {grid}) TO '{folder / 'kpi.csv'}' (FORMAT CSV, HEADER)"
        )
    (folder / "mmm.yaml").write_text(f"{CONFIG}memory_limit: {memory}\n")


def run_step(step: str, folder: Path) -> dict[str, object]:
    """Do one step in this process."""
    from mmm_assets.config import load_config
    from mmm_assets.inputs.checks import run_checks
    from mmm_assets.inputs.panel_building import build_panel_tables
    from mmm_assets.inputs.panel_table import read_panel
    from mmm_assets.inputs.roles import ROLES
    from mmm_assets.inputs.sources import load_raw
    from mmm_assets.store.project import Project

    config = load_config(folder / "mmm.yaml")
    start = time.monotonic()
    said: dict[str, object] = {}
    with Project(config).warehouse.work() as connection:
        if step == "load":
            said["rows"] = sum(
                load_raw(connection, config, role, datetime.now(UTC)).new_rows for role in ROLES
            )
        elif step == "check":
            outcomes = run_checks(connection, config, WEEK)
            said["broken"] = [o.message[:200] for o in outcomes if not o.passed]
        else:
            build_panel_tables(connection, config, WEEK)
            panel = read_panel(connection, config, WEEK)
            said["panel"] = list(panel.exposure.shape)
    return {"step": step, "seconds": round(time.monotonic() - start, 1), **said}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--memory", default="2GB", help="DuckDB's memory_limit")
    parser.add_argument("--step", choices=STEPS, help="one step, in the folder given")
    parser.add_argument("--folder", type=Path, help="of --step")
    arguments = parser.parse_args()
    if arguments.step:
        said = run_step(arguments.step, arguments.folder)
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = round(used.ru_utime + used.ru_stime, 1)
        print(json.dumps({**said, "cpu_seconds": cpu, "peak_mb": used.ru_maxrss // 1024}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_source(folder, arguments.rows, arguments.memory)
        size = (folder / "media.csv").stat().st_size // 2**20
        print(f"{arguments.rows:,} rows, {size:,} MB of CSV, memory limit {arguments.memory}")
        steps = []
        for step in STEPS:
            command = [sys.executable, __file__, "--step", step, "--folder", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{step} failed:\n{done.stderr[-2000:]}")
            steps.append(json.loads(done.stdout.splitlines()[-1]))
            print(steps[-1], flush=True)
        warehouse = sum(f.stat().st_size for f in folder.rglob("*.duckdb")) // 2**20
        print(f"warehouse {warehouse:,} MB")
        head = {"rows": arguments.rows, "csv_mb": size, "warehouse_mb": warehouse}
        write("large_source", [head | step for step in steps])


if __name__ == "__main__":
    main()
