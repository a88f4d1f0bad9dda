"""Bad days one by one: full disks, spoilt bytes, two at once, clocks that jump.

As in ``crashes``, two weeks of a small project are refreshed from two versions of the KPI in turn;
whatever happens, analysts must see whole states of known refreshes, no load may be lost, and a
re-run must give what an undisturbed one gives. What each fault is:

- *full disk*: no file may grow beyond a limit (RLIMIT_FSIZE), at a range of limits, so that each
  kind of file is in turn the one that cannot be written whole;
- *spoilt byte*: a bit is turned in each kind of file, at places all over it, and everything is
  read by ``verify``, ``status`` and ``plan``, each in a process of its own;
- *two at once*: two processes refresh one week, or two weeks, at the same time;
- *clock*: the platform's clock is a year ahead, then right, then a month behind.

Part of ``make soak``. ROUNDS sets how often (16), ONLY names one fault.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

import pandas as pd  # noqa: E402
from writing import write  # noqa: E402

from mmm_assets.config import ProjectConfig, load_config  # noqa: E402
from mmm_assets.store.load_files import load_files  # noqa: E402
from mmm_assets.store.project import Project  # noqa: E402
from tests.mmm_assets.killing import (  # noqa: E402
    Refresher,
    Watch,
    finish,
    left_over,
    published,
)
from tests.mmm_assets.tiny_project import write_tiniest  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "16"))
WEEKS = (date(2023, 10, 23), date(2023, 10, 30))
ROUNDS_BETWEEN_RERUNS = 4


class Ordeal:
    """A project of which every state is known, and what was found wrong with it."""

    def __init__(self, folder: Path) -> None:
        write_tiniest(folder)
        self.config: ProjectConfig = load_config(folder / "mmm.yaml")
        self.refresher = Refresher(self.config)
        self.refresher.warm_up(WEEKS[0])
        kpi = pd.read_csv(folder / "kpi.csv")
        self.versions = [kpi, kpi.assign(sales=kpi["sales"] * 1.01)]
        self.states: dict[tuple[int, int], dict] = {}
        self.seconds = 0.0
        for pair in ((1, 1), (1, 0), (0, 1), (0, 0)):
            for week, version in zip(WEEKS, pair, strict=True):
                self.deliver(version)
                self.seconds = self.refresher.run(week)
            self.states[pair] = published(self.config)
        self.watch = Watch(
            self.config, {week: [state[week] for state in self.states.values()] for week in WEEKS}
        )

    def deliver(self, version: int) -> None:
        """Put one of the versions of the KPI in place."""
        file = self.config.folder / "kpi.csv"
        self.versions[version].to_csv(file.with_suffix(".new"), index=False)
        file.with_suffix(".new").replace(file)

    def rerun(self, version: int) -> list[str]:
        """Refresh both weeks undisturbed; say what is not as if nothing had happened."""
        for week in WEEKS:
            self.refresher.run(week)
        found = [f"left over: {file}" for file in left_over(self.config)]
        if published(self.config) != self.states[version, version]:
            found.append("a re-run is not as an undisturbed one")
        return found


def full_disk(ordeal: Ordeal) -> dict[str, object]:
    """Refresh under limits of the size of a file, from none to the largest there is."""
    there = [file.stat().st_size for file in ordeal.config.warehouse_folder.rglob("*.duckdb")]
    largest = 1.05 * max(there)
    limits = [int(largest * (n / ROUNDS) ** 3) for n in range(ROUNDS)]

    def trial(number: int) -> str:
        size = limits[number]
        child = ordeal.refresher.start(
            WEEKS[number % 2], before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size,) * 2)
        )
        return "published" if finish(child) == 0 else "failed"

    return _rounds(ordeal, "full disk", trial)


def two_at_once(ordeal: Ordeal) -> dict[str, object]:
    """Start two refreshes in the same moment, of one week and of two."""

    def trial(number: int) -> str:
        weeks = (WEEKS[0], WEEKS[0]) if number % 4 < 2 else WEEKS
        ends = [finish(child) for child in [ordeal.refresher.start(week) for week in weeks]]
        return "both published" if ends == [0, 0] else f"ended with {ends}"

    return _rounds(ordeal, "two at once", trial, rounds=max(4, ROUNDS // 4))


def clock(ordeal: Ordeal) -> dict[str, object]:
    """Refresh by clocks that are wrong: what was delivered last must count all the same."""
    days = [0, 400, 0, -30, 0, 4000, -4000, 0]

    def trial(number: int) -> str:
        shift = timedelta(days=days[number % len(days)])
        for week in WEEKS:
            child = ordeal.refresher.start(week, before=lambda: _shift_clock(shift))
            if finish(child):
                return "failed"
        same = published(ordeal.config) == ordeal.states[number % 2, number % 2]
        return "the last delivery counts" if same else "not the last delivery"

    found = _rounds(ordeal, "clock", trial, rounds=max(len(days), ROUNDS // 2))
    faults = found["faults"]
    assert isinstance(faults, list)
    outcomes = found["outcomes"]
    assert isinstance(outcomes, dict)
    return {**found, "faults": faults + [o for o in outcomes if o != "the last delivery counts"]}


def _shift_clock(shift: timedelta) -> None:
    """Let every module of the platform in this process see another time."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return datetime.now(tz) + shift

    # Partitions are of weeks that are over by the clock of Dagster, which stays.
    for name in ("mmm_assets.orchestration.assets.raw", "mmm_assets.orchestration.assets.report"):
        sys.modules[name].datetime = Shifted  # type: ignore[attr-defined]


def _rounds(
    ordeal: Ordeal, name: str, trial: Callable[[int], str], rounds: int = ROUNDS
) -> dict[str, object]:
    """Try a fault again and again; look after each, and re-run every few."""
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    reruns = 0
    for number in range(rounds):
        version = number % 2
        ordeal.deliver(version)
        outcomes[trial(number)] += 1
        faults += ordeal.watch.faults()
        if number % ROUNDS_BETWEEN_RERUNS == ROUNDS_BETWEEN_RERUNS - 1 or number == rounds - 1:
            faults += ordeal.rerun(version)
            reruns += 1
            print(f"{name}: {number + 1} of {rounds}, {dict(outcomes)}, {faults}", flush=True)
    return {"fault": name, "rounds": rounds, "outcomes": dict(outcomes), "re-runs": reruns,
            "faults": faults}  # fmt: skip


READ = (("verify",), ("status",), ("plan",))


def spoilt_byte(ordeal: Ordeal) -> dict[str, object]:
    """Turn a bit in each kind of file, and see whether whoever reads it is told."""
    ordeal.deliver(0)
    ordeal.rerun(0)
    clean = _readings(ordeal.config)
    saved = ordeal.config.folder.with_name("clean")
    shutil.copytree(ordeal.config.folder, saved, symlinks=True)
    outcomes: Counter[str] = Counter()
    faults = []
    drawn = random.Random(3)
    for file in _kinds(ordeal.config):
        size = file.stat().st_size
        for _ in range(max(2, ROUNDS // 2)):
            place = drawn.randrange(size)
            _flip(file, place, 1 << drawn.randrange(8))
            said = _readings(ordeal.config)
            outcome = _judge(said, clean)
            outcomes[f"{file.name}: {outcome}"] += 1
            if outcome in ("silent", "traceback"):
                faults.append(f"{file.name} at {place}: {outcome}: {_differing(said, clean)}")
            _put_back(saved, ordeal.config.folder)
        print(f"spoilt byte: {file.name}, {faults}", flush=True)
    return {"fault": "spoilt byte", "rounds": outcomes.total(),
            "outcomes": dict(sorted(outcomes.items())), "re-runs": 0, "faults": faults}  # fmt: skip


def _kinds(config: ProjectConfig) -> list[Path]:
    """A file of each kind that a project keeps."""
    warehouse = Project(config).warehouse
    models = sorted(warehouse.model_folder(WEEKS[1]).iterdir())
    load = load_files(warehouse.loads_folder)[0].path
    found = [warehouse.work_file, warehouse.published_file, load, *models, config.path]
    return [file for file in found if file.is_file()]


def _flip(file: Path, place: int, bit: int) -> None:
    file.chmod(0o644)
    with file.open("rb+") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ bit]))


def _put_back(saved: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(saved, folder, symlinks=True)


def _readings(config: ProjectConfig) -> list[tuple[int, str]]:
    """Exit codes and words of the commands that read, and a hash of what is published."""
    found = [_apart(lambda command=command: _command(config, command)) for command in READ]
    return [*found, _apart(lambda: (0, json.dumps(str(published(config)))))]


def _command(config: ProjectConfig, command: tuple[str, ...]) -> tuple[int, str]:
    from tests.mmm_assets.cli.terminal import run

    return run(*command, "-c", config.path)


def _apart(what: Callable[[], tuple[int, str]]) -> tuple[int, str]:
    """Do something in a process of its own, which a spoilt file may kill."""
    read, written = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        answer = (70, "Traceback")
        with suppress(BaseException):
            try:
                answer = what()
            except Exception as error:
                answer = (70, f"Traceback: {type(error).__name__}: {error}")
        with suppress(OSError), os.fdopen(written, "w") as stream:
            json.dump(answer, stream)
        os._exit(0)
    os.close(written)
    with os.fdopen(read) as stream:
        said = stream.read()
    code = finish(child)
    return tuple(json.loads(said)) if said else (70, f"Traceback: ended with {code}")  # type: ignore[return-value]


def _judge(said: list[tuple[int, str]], clean: list[tuple[int, str]]) -> str:
    """``named`` where a command ends with an error in words, ``harmless`` where all is the same.

    What a person may write into ``mmm.yaml`` is no error: ``told`` where ``status`` says that it is
    not what the newest refresh was made by.
    """
    commands = said[: len(READ)]
    if any("Traceback" in text for _, text in commands):
        return "traceback"
    if any(code for code, _ in commands):
        return "named"
    if any("was made with" in " ".join(text.split()) for _, text in commands):
        return "told"
    return "harmless" if [s for _, s in said[2:]] == [s for _, s in clean[2:]] else "silent"


def _differing(said: list[tuple[int, str]], clean: list[tuple[int, str]]) -> str:
    return "; ".join(
        f"{code} {text[:200]}" for (code, text), before in zip(said, clean, strict=True)
        if (code, text) != before
    )  # fmt: skip


TRIALS = {
    "full disk": full_disk,
    "two at once": two_at_once,
    "clock": clock,
    "spoilt byte": spoilt_byte,
}


def main() -> None:
    """Try every fault; print and write what was found."""
    only = os.environ.get("ONLY")
    memory = Path("/dev/shm")  # nothing here is lost that was not cut by hand
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name) / "project"
        folder.mkdir()
        started = time.monotonic()
        print(f"{datetime.now(UTC):%H:%M} the states of an undisturbed project", flush=True)
        ordeal = Ordeal(folder)
        rows = [trial(ordeal) for fault, trial in TRIALS.items() if only in (None, fault)]
    print(json.dumps(rows, indent=1))
    print(f"{(time.monotonic() - started) / 60:.1f} minutes")
    write("faults", rows)
    if any(row["faults"] for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
