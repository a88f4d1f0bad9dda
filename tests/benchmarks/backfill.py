"""A backfill of many weeks in one process, against a process for each week.

Refreshes the last weeks of the bundled sample both ways and compares every published row. Part
of ``make soak``; WEEKS sets how many (52), MEMBERS the number of draws that are kept, SMALL=1 takes
a project of two regions. Times are wall clock and CPU seconds; on a busy machine only the latter
can be compared. What a week takes is told by quarters of the backfill: it must not rise with the
weeks that are there.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from writing import write  # noqa: E402

from mmm_assets.config import load_config  # noqa: E402
from mmm_assets.store.project import Project  # noqa: E402
from tests.mmm_assets.killing import published  # noqa: E402
from tests.mmm_assets.tiny_project import WEEKS as WEEKS_OF_SMALL  # noqa: E402
from tests.mmm_assets.tiny_project import write_tiniest  # noqa: E402

WEEKS = int(os.environ.get("WEEKS", "52"))
MEMBERS = int(os.environ.get("MEMBERS", "8"))
SMALL = bool(os.environ.get("SMALL"))
LAST = WEEKS_OF_SMALL[-1].date() if SMALL else date(2026, 6, 22)


def project(folder: Path) -> Path:
    """Write the tables; return the configuration."""
    file = folder / "mmm.yaml"
    if SMALL:
        write_tiniest(folder, weeks=len(WEEKS_OF_SMALL))
        first = LAST - timedelta(weeks=WEEKS - 1)
        file.write_text(re.sub("first_week: [0-9-]*", f"first_week: {first}", file.read_text()))
    else:
        for table in (ROOT / "data").glob("*.csv"):
            shutil.copy(table, folder)
        content = (ROOT / "data" / "mmm.yaml").read_text()
        few = f"\nmodel: {{members: {MEMBERS}, chains: 2, warmup: 10, draws: {MEMBERS}}}\n"
        file.write_text(content.replace("\nrefresh:", f"{few}\nrefresh:"))
    return file


def pace(file: Path) -> list[float]:
    """Median time from one publication to the next, in each quarter of the backfill; seconds."""
    with Project(load_config(file)).warehouse.published() as connection:
        moments = connection.execute(
            "SELECT published_at FROM mart.refreshes ORDER BY published_at"
        ).fetchall()
    gaps = [(after - before).total_seconds() for (before,), (after,) in pairwise(moments)]
    ends = [round(part * len(gaps) / 4) for part in range(5)]
    return [round(statistics.median(gaps[a:b]), 1) for a, b in pairwise(ends)]


def measure(*commands: list[str]) -> tuple[float, float]:
    """Run commands one after the other; return wall and CPU seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        subprocess.run(
            [sys.executable, "-m", "mmm_assets", *command],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, used


def main() -> None:
    """Do it both ways; print and write times and whether the results are equal."""
    weeks = [LAST - timedelta(weeks=n) for n in reversed(range(WEEKS))]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        together, apart = project(Path(one)), project(Path(many))
        first, last = str(weeks[0]), str(weeks[-1])
        whole = measure(["backfill", "--from", first, "--to", last, "-c", str(together)])
        each = measure(*(["refresh", "--week", str(week), "-c", str(apart)] for week in weeks))
        again = measure(
            ["backfill", "--from", first, "--to", last, "-c", str(together), "--resume"]
        )
        states = published(load_config(together)), published(load_config(apart))
        quarters = pace(together)
    row = {
        "weeks": WEEKS,
        "project": "two regions" if SMALL else f"sample, {MEMBERS} draws kept",
        "backfill, seconds": round(whole[0]),
        "backfill, CPU seconds": round(whole[1]),
        "a week in each quarter of the backfill, seconds": quarters,
        "one by one, seconds": round(each[0]),
        "one by one, CPU seconds": round(each[1]),
        "resumed with nothing to do, seconds": round(again[0]),
        "weeks with equal results": sum(states[0][week] == states[1][week] for week in weeks),
    }
    print("\n".join(f"{key}: {value}" for key, value in row.items()))
    write("backfill", [row])
    if row["weeks with equal results"] != WEEKS:
        sys.exit(1)


if __name__ == "__main__":
    main()
