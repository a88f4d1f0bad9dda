"""Servers that tests start and stop, and a project that uses them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.request import urlopen

import psutil

from mmm_assets.config import ProjectConfig, load_config
from mmm_assets.orchestration.run import RefreshOutcome, dagster_instance, refresh
from mmm_assets.store.project import Project
from tests.mmm_assets.tiny_project import write_tiniest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server that can be stopped and started."""

    programs: Path
    folder: Path
    port: int

    @property
    def as_owner(self) -> list[str]:
        """PostgreSQL does not run as root."""
        return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def url(self, database: str) -> str:
        return f"postgresql://mmm@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._call("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "mmm", "--no-sync")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = self.folder / "log"
        data = self.folder / "data"
        self._call("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        """Cut every connection off, as when the machine is restarted."""
        self._call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def database(self, name: str) -> str:
        """Make a database, empty if there was one; return its address."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "mmm")
        self._call("dropdb", *where, "--if-exists", "--force", name)
        self._call("createdb", *where, name)
        return self.url(name)

    def _call(self, program: str, *arguments: str | Path) -> None:
        command = [*self.as_owner, str(self.programs / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def tiniest(folder: Path, further: str = "", weeks: int = 44) -> ProjectConfig:
    """The project whose refresh is the fastest, with further lines of its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tiniest(folder, weeks)
    file = folder / "mmm.yaml"
    file.write_text(file.read_text() + further)
    return load_config(file)


@dataclass(frozen=True)
class Ray:
    """A Ray cluster of this machine alone, which takes jobs at an address."""

    process: subprocess.Popen[bytes]
    address: str

    @classmethod
    def start(cls, folder: Path, cpus: int = 2) -> Ray:
        """Start it with the environment as it is now; return when it takes jobs."""
        dashboard = free_port()
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"]
        command += ["--port", str(free_port()), "--dashboard-port", str(dashboard)]
        command += ["--num-cpus", str(cpus), "--temp-dir", str(folder), "--disable-usage-stats"]
        command += ["--object-store-memory", str(100 * 2**20), "--ray-client-server-port"]
        command += [str(free_port())]
        # Jobs call dagster by its name, and import the platform.
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        given = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env=given
            )
        ray = cls(process, f"http://127.0.0.1:{dashboard}")
        for _ in range(240):
            if process.poll() is not None:
                break
            with suppress(OSError), urlopen(f"{ray.address}/api/jobs/", timeout=5):
                return ray
            time.sleep(0.5)
        ray.stop()
        raise RuntimeError(f"Ray did not start: {(folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it and the processes that it started."""
        started = [*psutil.Process(self.process.pid).children(recursive=True)]
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        for process in started:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def lake(postgres: Postgres, database: str, name: str) -> str:
    """The section ``lake`` of a configuration: a lake in a database that is there."""
    where = f"host=127.0.0.1 port={postgres.port} user=mmm dbname={database}"
    return f"lake: {{catalogue: 'postgres:{where}', name: {name}}}\n"


def refresh_and(config: ProjectConfig, week: date, do: Callable[[], None]) -> RefreshOutcome:
    """Refresh a week; do something as soon as training has begun."""
    done = False

    def once(stage: str, share: float) -> None:
        nonlocal done
        if not done:
            done = True
            do()

    os.environ.pop("DAGSTER_HOME", None)
    with dagster_instance(config) as instance:
        return refresh(config, instance, week, once)


@contextmanager
def new_postgres() -> Iterator[Postgres]:
    """A server on a free port; what it holds goes with it.

    Raises
    ------
    FileNotFoundError
        If PostgreSQL is not installed.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise FileNotFoundError("no PostgreSQL found; apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="mmm-postgres-"))
    server = Postgres(found[-1].parent, folder, free_port())
    try:
        server.make()
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kill_when_trained(config: ProjectConfig, week: date) -> None:
    """Kill the processes that refresh weeks of a project once the fits of a week are saved."""
    while not Project(config).warehouse.draft_folder(week).exists():
        time.sleep(0.05)
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if "execute_run" in line and str(config.path) in line and week_of(process) == week:
            process.kill()


def week_of(process: psutil.Process) -> date | None:
    """The refresh week that a process holds, by the lock file that it has open."""
    with suppress(psutil.Error):
        for file in process.open_files():
            if name := re.fullmatch(r"week-([\d-]+)\.lock", Path(file.path).name):
                return date.fromisoformat(name[1])
    return None
