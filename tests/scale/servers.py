"""Servers that tests start and stop, and a project that uses them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mmm_assets.config import ProjectConfig, load_config
from tests.mmm_assets.tiny_project import write_tiniest


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
