"""Tests that somebody keeps: designed, with what the model said before them.

Kept and withdrawn tests are decisions, see ``store.decided_rows``: what was expected never changes,
also when the refresh that designed is made again or taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mmm_assets.config.errors import UsageError
from mmm_assets.store.decided_rows import (
    Decision,
    Entry,
    decided_by,
    keep,
    proper_name,
    same_name,
)
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_week, refreshes

if TYPE_CHECKING:
    from mmm_model.experiment.design import Design

KEEP, WITHDRAW = "keep test", "withdraw test"
"""Actions in ``mart.decisions``."""

SETTLES = 4
"""Weeks after a test in which its regions rest: what it changed still works on."""


class NoExperiment(UsageError):
    """A test that cannot be kept, found or withdrawn; the message says why."""


@dataclass(frozen=True)
class KeptExperiment:
    """A test as a refresh may know of it: a row of ``mart.experiments``, and whether it counts."""

    name: str
    refresh_week: date
    channel: str
    kind: str
    regions: tuple[str, ...]
    beside: tuple[str, ...]
    start: date
    end: date
    change: float
    withdrawn: bool
    row: pd.Series

    @property
    def free(self) -> date:
        """Monday from which its regions may be in another test."""
        return self.end + timedelta(weeks=SETTLES + 1)

    def meets(self, first: date, last: date) -> bool:
        """Whether its weeks, and those in which its regions rest, share one with others."""
        return not self.withdrawn and first < self.free and self.start <= last


def kept_experiments(
    connection: duckdb.DuckDBPyConnection, refresh_week: date | None = None
) -> list[KeptExperiment]:
    """Tests as a refresh of that week may know of them, oldest first; None: all there are."""
    known = refresh_week or date.max
    decisions = decided_by(connection, "decisions", known)
    gone = set(decisions.loc[decisions["action"] == WITHDRAW, "about"])
    rows = decided_by(connection, "experiments", known).sort_values(["start_week", "kept_at"])
    return [
        KeptExperiment(
            name=row["experiment"],
            refresh_week=row["refresh_week"].date(),
            channel=row["channel"],
            kind=row["kind"],
            regions=tuple(row["regions"].split("|")),
            beside=tuple(row["beside"].split("|")) if row["beside"] else (),
            start=row["start_week"].date(),
            end=row["end_week"].date(),
            change=row["change"],
            withdrawn=row["experiment"] in gone,
            row=row,
        )
        for _, row in rows.iterrows()
    ]


def busy_regions(kept: Iterable[KeptExperiment], first: date, last: date) -> frozenset[str]:
    """Regions in which a test of these weeks would overlap another's."""
    return frozenset(name for one in kept if one.meets(first, last) for name in one.regions)


def keep_design(
    project: Project,
    name: str,
    refresh_week: date,
    design: Design,
    decision: Decision,
    warn: Callable[[str], None] = lambda message: None,
) -> None:
    """Keep a design of a published refresh under a name that no test ever had.

    Raises
    ------
    NoExperiment
        If the name is taken, the test begins in a week that is known, or its regions are another
        test's; nothing is kept.
    """
    name = proper_name(name, "a test", NoExperiment)
    run_id = refreshes(project.warehouse)[refresh_week].run_id
    row = {
        **design.figures,
        "experiment": name,
        "kept_at": datetime.now(UTC).replace(tzinfo=None),
        "who": decision.who,
        "run_id": run_id,
        "beside": "|".join(design.beside),
        "start_week": design.start.date(),
        "end_week": design.end.date(),
        "change": design.change,
        "cost": design.cost,
    }

    def refuse(connection: duckdb.DuckDBPyConnection) -> None:
        newest = max(refreshes(project.warehouse))
        if design.start.date() <= newest:
            raise NoExperiment(
                f"the test '{name}' begins on {design.start.date()}, and there is a refresh of "
                f"{newest}: begin later (--start)"
            )
        _refuse(kept_experiments(connection), name, design)

    entry = Entry(KEEP, name, refresh_week, run_id, decision)
    keep(project.warehouse, entry, {"experiments": pd.DataFrame([row])}, refuse, warn)


def withdraw(
    project: Project,
    name: str,
    decision: Decision,
    warn: Callable[[str], None] = lambda message: None,
) -> KeptExperiment:
    """Let a test count no longer; what was expected of it stays.

    Raises
    ------
    NoExperiment
        If there is no such test, it was withdrawn already, or no reason is given.
    """
    if not decision.reason:
        raise NoExperiment("no reason is given, and it is what stays. Say why:  --reason TEXT")
    newest = published_week(project.warehouse, None)
    run_id = refreshes(project.warehouse)[newest].run_id
    with project.warehouse.work() as connection:
        found = named(kept_experiments(connection), name)

    def refuse(connection: duckdb.DuckDBPyConnection) -> None:
        if named(kept_experiments(connection), name).withdrawn:
            raise NoExperiment(f"the test '{found.name}' is withdrawn already")

    keep(project.warehouse, Entry(WITHDRAW, found.name, newest, run_id, decision), {}, refuse, warn)
    return found


def named(kept: list[KeptExperiment], name: str) -> KeptExperiment:
    """The test of a name, however it is written.

    Raises
    ------
    NoExperiment
        If there is none.
    """
    for one in kept:
        if same_name(one.name, name):
            return one
    known = ", ".join(f"'{one.name}'" for one in kept[-5:]) or "none"
    raise NoExperiment(f"there is no test '{name}'; kept are {known}")


def _refuse(kept: list[KeptExperiment], name: str, design: Design) -> None:
    for one in kept:
        if same_name(one.name, name):
            raise NoExperiment(f"there is a test '{one.name}' already: take another name")
        shared = [region for region in design.regions if region in one.regions]
        if shared and one.meets(design.start.date(), design.end.date()):
            raise NoExperiment(
                f"the test '{name}' shares {', '.join(shared[:5])} with '{one.name}', which runs "
                f"from {one.start} to {one.end} and lets its regions rest {SETTLES} weeks. Begin "
                f"on {one.free} (--start {one.free}), name other regions, or withdraw that one"
            )
