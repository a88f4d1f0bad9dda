"""Readers of the published file while refreshes publish over it.

Twenty processes query ``mmm.duckdb`` as analysts do, connecting anew each time, while two
others refresh two weeks of a small project until ten publications are through. A read counts
as torn when what it sees is not of whole refreshes: totals of two tables that disagree, or a
week whose rows are of another state than the one published before or after. Part of
``make soak``.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

import duckdb  # noqa: E402
import pandas as pd  # noqa: E402
from writing import write  # noqa: E402

from mmm_assets.config import load_config  # noqa: E402
from tests.mmm_assets.killing import Refresher, finish, published  # noqa: E402
from tests.mmm_assets.tiny_project import write_tiniest  # noqa: E402

READERS = int(os.environ.get("READERS", "20"))
PUBLICATIONS = int(os.environ.get("PUBLICATIONS", "10"))
WEEKS = (date(2023, 10, 23), date(2023, 10, 30))
# Everything from one snapshot: the state of both weeks, and whether their tables agree.
LOOK = """
    SELECT r.refresh_week, r.run_id, p.total, c.total
    FROM mart.refreshes AS r
    LEFT JOIN (SELECT refresh_week, sum(predicted) AS total FROM mart.predictions
               WHERE split = 'train' GROUP BY 1) AS p USING (refresh_week)
    LEFT JOIN (SELECT refresh_week, sum(contribution) AS total FROM mart.contributions
               GROUP BY 1) AS c USING (refresh_week)
"""


def read(file: str, stop, found) -> None:
    """Look until told to stop; report the number of looks, the errors and what was seen."""
    looks, errors, seen = 0, [], {}
    while not stop.is_set():
        try:
            with duckdb.connect(file, read_only=True) as connection:
                for week, run, predicted, parts in connection.execute(LOOK).fetchall():
                    agree = parts is not None and abs(predicted - parts) <= 1e-5 * abs(predicted)
                    seen.setdefault((week, run), set()).add((round(predicted, 3), agree))
            looks += 1
        except Exception as error:
            errors.append(str(error))
        time.sleep(1.0)  # an analyst who thinks
    found.put((looks, errors, seen))


def load(folder: Path) -> dict[str, object]:
    """Return what the readers met."""
    write_tiniest(folder)
    config = load_config(folder / "mmm.yaml")
    refresher = Refresher(config)
    refresher.warm_up(WEEKS[0])
    refresher.run(WEEKS[1])
    context = multiprocessing.get_context("spawn")
    stop, found = context.Event(), context.Queue()
    file = str(config.warehouse_folder / "mmm.duckdb")
    readers = [context.Process(target=read, args=(file, stop, found)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    kpi = pd.read_csv(folder / "kpi.csv")
    failed = 0
    started = time.monotonic()
    for number in range(PUBLICATIONS // 2):
        kpi.assign(sales=kpi["sales"] * (1 + number / 100)).to_csv(folder / "new", index=False)
        (folder / "new").replace(folder / "kpi.csv")
        both = [refresher.start(week) for week in WEEKS]
        failed += sum(finish(process) != 0 for process in both)
    stop.set()
    reports = [found.get() for _ in readers]
    for reader in readers:
        reader.join()
    states: dict[tuple, set] = {}
    for _, _, seen in reports:
        for state, totals in seen.items():
            states.setdefault(state, set()).update(totals)
    torn = [state for state, totals in states.items() if len(totals) > 1]
    torn += [state for state, totals in states.items() for _, agree in totals if not agree]
    return {
        "readers": READERS,
        "reads": sum(looks for looks, _, _ in reports),
        "publications": PUBLICATIONS // 2 * 2,
        "states seen": len(states),
        "errors": sum(len(errors) for _, errors, _ in reports),
        "torn reads": len(torn),
        "refreshes failed": failed,
        "weeks published at the end": len(published(config)),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "first errors": [error for _, errors, _ in reports for error in errors][:3],
    }


def main() -> None:
    """Read, publish; print and write what was found."""
    folder = Path(tempfile.mkdtemp())
    try:
        row = load(folder)
    finally:
        shutil.rmtree(folder)
    print("\n".join(f"{key}: {value}" for key, value in row.items()))
    write("readers", [row])
    if row["errors"] or row["torn reads"] or row["refreshes failed"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
