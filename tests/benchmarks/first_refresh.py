"""``mmm init`` and ``mmm refresh`` on tables of many shapes, as a newcomer would run them.

Prints one row per table, with seconds and peak memory of the refresh as a whole process, and
writes the same as JSON. Run by ``make benchmark``; DATASETS names the folder of the tables.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
TABLES = {
    "real_panel": ["real_panel/mmm_data.csv"],
    "robyn": ["formats/R_dt_simulated_weekly.csv"],
    "geo_media": ["formats/geo_media.csv"],
    "geo_all_channels": ["formats/geo_all_channels.csv"],
    "mmm_example": ["formats/mmm_example.csv"],
    "multidimensional": ["formats/mmm_multidimensional_example.csv"],
    "complex": ["scenarios/complex.csv"],
    "funnel_20geo": ["funnel/funnel_20geo_130w.csv"],
}
SAMPLE = [ROOT / "data" / name for name in ("media.csv", "kpi.csv", "controls.csv")]
QUERY = """
    SELECT max(value) FILTER (WHERE model = 'last_value' AND metric = 'skill') AS skill,
           max(value) FILTER (WHERE model = 'mmm' AND metric = 'relative_rmse') AS error,
           max(value) FILTER (WHERE model = 'last_value' AND metric = 'relative_rmse') AS last
    FROM mart.current_holdout_metrics WHERE scope = 'pooled'
"""


def measure(name: str, files: list[Path], folder: Path) -> dict[str, object]:
    """Initialise and refresh one project; return its row."""
    mmm = [sys.executable, "-m", "mmm_assets"]
    subprocess.run([*mmm, "init", *map(str, files), "--out", str(folder)], check=True, **QUIET)
    started = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*mmm, "refresh", "--config", str(folder / "mmm.yaml")], stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    if code:
        return {"table": name, "exit": code, "said": (folder / "log").read_text()[-500:]}
    with duckdb.connect(str(folder / "warehouse" / "mmm.duckdb"), read_only=True) as connection:
        skill, error, last = connection.execute(QUERY).fetchall()[0]
    return {
        "table": name,
        "exit": code,
        "seconds": round(seconds, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),
        "skill_vs_last_value": round(skill, 3),
        "relative_rmse": round(error, 3),
        "last_value": round(last, 3),
    }


QUIET = {"stdout": subprocess.DEVNULL}


def main() -> None:
    """Measure every table that is there."""
    datasets = Path(os.environ.get("DATASETS", ROOT.parent / "shared" / "datasets"))
    wanted = {name: [datasets / file for file in files] for name, files in TABLES.items()}
    rows = []
    for name, files in {"sample": SAMPLE, **wanted}.items():
        if not all(file.exists() for file in files):
            print(f"{name}: {files[0]} is not there, left out")
            continue
        with tempfile.TemporaryDirectory() as folder:
            row = measure(name, files, Path(folder))
        rows.append(row)
        print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    target = ROOT / "benchmarks" / "first_refresh.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
