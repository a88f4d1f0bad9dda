"""Refreshes in child processes that can be killed, and what must hold after one was.

A child is forked from a process that has imported everything, so that a refresh takes
seconds and a kill hits the refresh and not the imports.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import psutil

from mmm_assets import mart
from mmm_assets.config import ProjectConfig
from mmm_assets.orchestration.definitions import build_definitions
from mmm_assets.orchestration.run import QUIET, explain_failure
from mmm_assets.store.project import Project

# What differs between two runs of the same refresh.
VOLATILE = {
    "refreshes": ("run_id", "published_at", "seconds", "known_on", "known_load", "about_hash"),
    "restatements": ("loaded_at",),
}
Digest = dict[str, str]


class Refresher:
    """Starts refreshes of a project in forked children.

    The parent has imported everything and run nothing: threads do not survive a fork.
    """

    def __init__(self, config: ProjectConfig) -> None:
        import great_expectations  # noqa: F401

        import mmm_model.fit.training  # noqa: F401

        self.config = config
        self.job = build_definitions(config).resolve_job_def("refresh")

    def warm_up(self, week: date) -> None:
        """Refresh a week in a child and import here what it imported on its way."""
        read, write = os.pipe()
        process = self.start(week, report=write)
        os.close(write)
        with os.fdopen(read) as names:
            for name in names.read().split():
                with suppress(Exception):
                    importlib.import_module(name)
        assert finish(process) == 0

    def start(
        self,
        week: date,
        report: int | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> int:
        """Refresh a week in a new process; return its id. It exits with 0 if it succeeds.

        Parameters
        ----------
        report
            Descriptor that gets the names of all modules in the end.
        before
            Done first in that process.
        """
        process = os.fork()
        if process:
            return process
        code = 1
        try:
            before()
            with dg.DagsterInstance.ephemeral() as instance:
                run = self.job.execute_in_process(
                    instance=instance,
                    partition_key=week.isoformat(),
                    run_config=QUIET,
                    raise_on_error=False,
                )
                _, messages = explain_failure(run.filter_events(lambda event: event.is_failure))
            os.write(2, "".join(f"{message}\n" for message in messages).encode())
            code = 0 if run.success else 1
            if report is not None:
                os.write(report, "\n".join(sys.modules).encode())
        finally:
            os._exit(code)

    def run(self, week: date) -> float:
        """Refresh a week in a new process; return the CPU seconds that it took."""
        before = os.times()
        code = finish(self.start(week))
        after = os.times()
        assert code == 0, f"the refresh of {week} ended with {code}"
        return after.children_user - before.children_user


def finish(process: int) -> int:
    """Wait for a child; return its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def kill_after(process: int, seconds: float) -> bool:
    """Kill a child when it has used some CPU time; return False if it had ended by then.

    CPU time, because other load on the machine must not decide where the kill hits.
    """
    child = psutil.Process(process)
    while os.waitpid(process, os.WNOHANG)[0] == 0:
        times = child.cpu_times()
        if times.user + times.system >= seconds:
            os.kill(process, signal.SIGKILL)
            return finish(process) == -signal.SIGKILL
        time.sleep(0.002)
    return False


def digests(connection: duckdb.DuckDBPyConnection) -> dict[date, Digest]:
    """Hash the published rows, by refresh week and table."""
    found: dict[date, Digest] = {}
    for table in mart.TABLES:
        kept = [f'"{c.name}"' for c in table.columns if c.name not in VOLATILE.get(table.name, ())]
        rows = connection.execute(
            f"SELECT refresh_week, md5(string_agg(line, '\n' ORDER BY line)) FROM ("
            f"SELECT refresh_week, ({', '.join(kept)})::VARCHAR AS line FROM mart.{table.name}"
            ") GROUP BY refresh_week"
        ).fetchall()
        for week, digest in rows:
            found.setdefault(week, {})[table.name] = digest
    return found


def published(config: ProjectConfig) -> dict[date, Digest]:
    """Hash what analysts see now."""
    with Project(config).warehouse.published() as connection:
        return digests(connection)


@dataclass
class Watch:
    """What must hold whenever somebody looks.

    Parameters
    ----------
    states
        Refresh week → the states that it may be seen in.
    """

    config: ProjectConfig
    states: dict[date, list[Digest]]
    loads: set[tuple] = field(default_factory=set)

    def faults(self) -> list[str]:
        """Say what does not hold; nothing when all is well."""
        found = []
        seen = published(self.config)
        for week, allowed in self.states.items():
            if seen.get(week) not in allowed:
                differing = _nearest(seen.get(week, {}), allowed)
                found.append(f"tables of {week} are of no whole refresh: {differing}")
            page = self.config.reports_folder / week.isoformat() / "index.html"
            if not page.read_text(encoding="utf-8").rstrip().endswith("</html>"):
                found.append(f"{page} is not whole")
        return found + self._lost_rows()

    def _lost_rows(self) -> list[str]:
        found = []
        with Project(self.config).warehouse.work() as connection:
            loads = set(
                connection.execute(
                    "SELECT load_id, role, source, fingerprint, rows FROM raw.loads"
                ).fetchall()
            )
            if not loads >= self.loads:
                found.append(f"loads are gone: {self.loads - loads}")
            self.loads = loads
            for role in ("media", "kpi", "controls"):
                torn = connection.execute(
                    f"SELECT load_id FROM (SELECT load_id, count(*) AS there FROM raw.{role} "
                    "GROUP BY load_id) FULL JOIN (SELECT load_id, rows FROM raw.loads "
                    "WHERE role = ?) USING (load_id) WHERE there IS DISTINCT FROM rows",
                    [role],
                ).fetchall()
                if torn:
                    found.append(f"raw.{role}: loads {torn} are not whole")
        return found


def _nearest(seen: Digest, allowed: list[Digest]) -> str:
    """Name the tables that differ from the state most like the one seen."""
    differing = (
        sorted(name for name in seen | state if seen.get(name) != state.get(name))
        for state in allowed
    )
    return ", ".join(min(differing, key=len))


def left_over(config: ProjectConfig) -> list[Path]:
    """List temporary files that nobody will use any more."""
    folders = (config.warehouse_folder, config.reports_folder)
    patterns = ("*.draft", "*.draft.wal", "**/.*.draft", "drafts/*", ".spill", "**/*.part")
    return [file for folder in folders for pattern in patterns for file in folder.glob(pattern)]


def moments(number: int, longest: float, seed: int) -> list[float]:
    """Draw moments, spread over the length of a refresh."""
    drawn = random.Random(seed)
    return [longest * (n + drawn.random()) / number for n in range(number)]
