"""Engines: what each takes by itself, a backfill on each, two brands with twenty readers.

PostgreSQL of Debian's packages and Ray on this machine, see ``tests/scale``; WEEKS sets the length
of the backfills. Arguments choose parts: ``overhead``, ``backfill``, ``brands``; all without. Times
are wall clock of a machine that may have other work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

import dagster as dg  # noqa: E402
import duckdb  # noqa: E402
from writing import write  # noqa: E402

from mmm_assets.config import ProjectConfig, load_config  # noqa: E402
from mmm_assets.orchestration.run import QUIET, dagster_instance  # noqa: E402
from mmm_assets.store.project import Project  # noqa: E402
from tests.benchmarks.empty_graph import reconstructable  # noqa: E402
from tests.mmm_assets.killing import published  # noqa: E402
from tests.scale.servers import (  # noqa: E402
    Postgres,
    Ray,
    kill_when_trained,
    lake,
    new_postgres,
    tiniest,
)

WEEKS = int(os.environ.get("WEEKS", "12"))
READERS = int(os.environ.get("READERS", "20"))
FIRST = date(2023, 8, 7)
LOOK = """
    SELECT refresh_week, 'refreshes' FROM mart.refreshes
    UNION SELECT refresh_week, 'predictions' FROM mart.predictions
    UNION SELECT refresh_week, 'channel_summary' FROM mart.channel_summary
    UNION SELECT refresh_week, 'trust_tests' FROM mart.trust_tests
"""
"""Weeks of four tables from one state: a refresh is in all of them or in none."""


@contextmanager
def servers() -> Iterator[tuple[Postgres, Ray]]:
    """PostgreSQL, and Ray with two cores whose workers know where Dagster's records are."""
    folder = Path(tempfile.mkdtemp(prefix="mmm-ray-"))
    with new_postgres() as postgres:
        os.environ["MMM_DAGSTER_URL"] = postgres.database("dagster")
        ray = Ray.start(folder)
        try:
            yield postgres, ray
        finally:
            ray.stop()
            shutil.rmtree(folder, ignore_errors=True)


def project(folder: Path, further: str) -> ProjectConfig:
    """A project of two regions with enough weeks to go back."""
    config = tiniest(folder, further)
    text = config.path.read_text().replace("first_week: 2023-10-02", f"first_week: {FIRST}")
    config.path.write_text(text)
    os.environ.pop("DAGSTER_HOME", None)
    return load_config(config.path)


def overhead(postgres: Postgres, ray: Ray, folder: Path) -> list[dict]:
    """Seconds of an empty run and of each of its steps, by engine."""
    rows = []
    kinds = [(e, s) for e in ("in_process", "multiprocess", "ray") for s in ("sqlite", "postgres")]
    for executor, storage in kinds:
        config = project(folder / f"{executor}-{storage}", f"engine: {{storage: {storage}}}\n")
        with dagster_instance(config) as instance:
            started = time.monotonic()
            job = reconstructable(executor, ray.address)
            with dg.execute_job(job, instance, run_config=QUIET) as result:
                assert result.success
                steps = len(result.filter_events(lambda event: event.is_step_success))
            seconds = time.monotonic() - started
        row = {"executor": executor, "records": storage, "steps": steps}
        rows.append({**row, "seconds": round(seconds, 1), "a step": round(seconds / steps, 2)})
        print(rows[-1], flush=True)
    return rows


def backfill(postgres: Postgres, ray: Ray, folder: Path) -> list[dict]:
    """The same weeks in one process, on Ray and DuckLake, and so with a worker that is killed."""
    weeks = [FIRST + timedelta(weeks=n) for n in range(WEEKS)]
    engine = f"engine: {{launcher: ray, storage: postgres, ray_address: '{ray.address}'}}\n"
    kinds = {
        "one process, files": (project(folder / "a", ""), None),
        "two workers of Ray, DuckLake": (
            project(folder / "b", engine + lake(postgres, "lake", "b")),
            None,
        ),
        "the same, one killed half-way": (
            project(folder / "c", engine + lake(postgres, "lake", "c")),
            weeks[WEEKS // 2],
        ),
    }
    rows, states = [], []
    for name, (config, killed) in kinds.items():
        if killed is not None:
            threading.Thread(target=kill_when_trained, args=(config, killed)).start()
        started = time.monotonic()
        told = mmm("backfill", config, "--from", str(weeks[0]), "--to", str(weeks[-1]))
        seconds = time.monotonic() - started
        states.append(published(config))
        rows.append(
            {
                "engine": name,
                "weeks": WEEKS,
                "seconds": round(seconds),
                "published": len(states[-1]),
                "equal to the first": states[-1] == states[0],
                "killed and started again": told.count("was killed"),
                "lock errors": told.count("another run holds") + told.count("conflict"),
            }
        )
        print(rows[-1], flush=True)
    return rows


def mmm(command: str, config: ProjectConfig, *arguments: str) -> str:
    """Run a command in a process of its own; return what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "mmm_assets", command, "-c", str(config.path), *arguments],
        env={name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"},
        cwd=ROOT,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if ended.returncode:
        raise SystemExit(ended.stdout)
    return ended.stdout


def brands(postgres: Postgres, folder: Path) -> list[dict]:
    """Two brands of one catalogue refreshed at the same moment, while analysts read both."""
    names = ("acme", "zenith")
    both = [project(folder / name, lake(postgres, "lake", name)) for name in names]
    weeks = [str(FIRST + timedelta(weeks=n)) for n in range(3)]
    for config in both:
        mmm("refresh", config, "--week", weeks[0])
    over, looks = threading.Event(), []
    readers = [
        threading.Thread(target=read, args=(both[n % 2], over, looks)) for n in range(READERS)
    ]
    for reader in readers:
        reader.start()
    started = time.monotonic()
    writers = [
        threading.Thread(
            target=lambda config: [mmm("refresh", config, "--week", week) for week in weeks[1:]],
            args=(config,),
        )
        for config in both
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    seconds = time.monotonic() - started
    over.set()
    for reader in readers:
        reader.join()
    row = {
        "readers": READERS,
        "refreshes": 4,
        "seconds": round(seconds),
        "reads": len(looks),
        "refused": sum(isinstance(look, str) for look in looks),
        "torn": sum(look is False for look in looks),
        "longest read, seconds": round(max(look for look in looks if isinstance(look, float)), 1),
        "brands with equal tables": published(both[0]) == published(both[1]),
    }
    print(row, flush=True)
    return [row]


def read(config: ProjectConfig, over: threading.Event, looks: list) -> None:
    """Look until told to stop: seconds of each look, False for a torn one, text of an error."""
    warehouse = Project(config).warehouse
    while not over.is_set():
        started = time.monotonic()
        try:
            with warehouse.published() as connection:
                seen = connection.execute(LOOK).fetchall()
        except (duckdb.Error, RuntimeError) as error:
            looks.append(str(error))
            continue
        whole = len(seen) == 4 * len({week for week, _ in seen})
        looks.append(time.monotonic() - started if whole else False)
        time.sleep(1)  # an analyst who thinks


def main() -> None:
    """Measure the parts that are asked for; print and write them."""
    parts = sys.argv[1:] or ["overhead", "backfill", "brands"]
    with tempfile.TemporaryDirectory() as place, servers() as (postgres, ray):
        postgres.database("lake")
        folder = Path(place)
        if "overhead" in parts:
            write("engines_overhead", overhead(postgres, ray, folder))
        if "backfill" in parts:
            write("engines_backfill", backfill(postgres, ray, folder))
        if "brands" in parts:
            write("engines_brands", brands(postgres, folder))


if __name__ == "__main__":
    main()
