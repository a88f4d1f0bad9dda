"""Kill refreshes at random moments, and look whether anything was lost.

Two weeks of a project are refreshed again and again, from two versions of the KPI in turn, so
that a refresh that was published can be told from the one before it. Each refresh is killed
(SIGKILL) after a random share of its CPU time; the next one is the re-run that has to mend
what it left. Every few kills a re-run is let through and compared with one that nobody
disturbed. Part of ``make soak``; KILLS sets the number of kills, SAMPLE=1 takes the bundled
sample (with one member) in place of a project of two regions.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

import pandas as pd  # noqa: E402
from writing import write  # noqa: E402

from mmm_assets.config import load_config  # noqa: E402
from tests.mmm_assets.killing import Refresher, Watch, kill_after, left_over, moments, published  # noqa: E402
from tests.mmm_assets.tiny_project import write_tiniest  # noqa: E402

KILLS = int(os.environ.get("KILLS", "200"))
BETWEEN_RERUNS = 10


def main() -> None:
    """Kill, look, and compare; print and write what was found."""
    memory = Path("/dev/shm")  # a kill spares what is written, so a disk would only be slower
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        row = torment(Path(name))
    print("\n".join(f"{key}: {value}" for key, value in row.items()))
    write("crashes", [row])
    if row["faults"]:
        sys.exit(1)


def torment(folder: Path) -> dict[str, object]:
    """Return the figures of a whole ordeal."""
    if os.environ.get("SAMPLE"):
        for file in (ROOT / "data").glob("*.csv"):
            shutil.copy(file, folder)
        content = (ROOT / "data" / "mmm.yaml").read_text()
        (folder / "mmm.yaml").write_text(content.replace("refresh:", "refresh:\n  members: 1"))
        last, value = date(2026, 6, 22), "sales"
    else:
        write_tiniest(folder)
        last, value = date(2023, 10, 30), "sales"
    config = load_config(folder / "mmm.yaml")
    weeks = (last - timedelta(weeks=1), last)
    refresher = Refresher(config)
    refresher.warm_up(weeks[0])
    versions = [pd.read_csv(folder / "kpi.csv")]
    versions.append(versions[0].assign(**{value: versions[0][value] * 1.01}))

    def deliver(version: int) -> None:
        versions[version].to_csv(folder / "kpi.new", index=False)
        (folder / "kpi.new").replace(folder / "kpi.csv")

    # The newer week scores the older one's forecasts, so it may be seen after either of them.
    states: dict[tuple[int, int], dict] = {}
    seconds = 0.0
    for older, newer in ((1, 1), (1, 0), (0, 1), (0, 0)):
        for week, version in zip(weeks, (older, newer), strict=True):
            deliver(version)
            seconds = refresher.run(week)
        states[older, newer] = published(config)
    watch = Watch(config, {week: [state[week] for state in states.values()] for week in weeks})

    started = time.monotonic()
    kills = reruns = late = 0
    faults: list[str] = []
    unequal: list[str] = []
    for number, moment in enumerate(shuffled(moments(KILLS, seconds, seed=1))):
        version = number % 2
        deliver(version)
        if kill_after(refresher.start(weeks[number // 2 % 2]), moment):
            kills += 1
        else:
            late += 1
        faults += watch.faults()
        if number % BETWEEN_RERUNS == BETWEEN_RERUNS - 1:
            for week in weeks:
                refresher.run(week)
            reruns += 1
            if published(config) != states[version, version]:
                unequal.append(f"re-run after {number + 1} kills")
            faults += [f"left over: {file}" for file in left_over(config)]
            print(f"{kills} kills, {late} too late, {reruns} re-runs, {faults + unequal}",
                  flush=True)  # fmt: skip
    return {
        "kills": kills,
        "refreshes that ended before their kill": late,
        "broken published states": sum("whole" in f and "raw" not in f for f in faults),
        "lost rows": sum("raw" in f or "loads are gone" in f for f in faults),
        "left-over files": sum("left over" in f for f in faults),
        "re-runs of both weeks compared": reruns,
        "unequal re-runs": len(unequal),
        "CPU seconds of an undisturbed refresh": round(seconds, 1),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "faults": faults + unequal,
    }


def shuffled(values: list[float]) -> list[float]:
    """Spread early and late moments over the ordeal."""
    return [value for start in range(7) for value in values[start::7]]


if __name__ == "__main__":
    main()
