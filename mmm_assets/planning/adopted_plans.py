"""Plans of record: a budget by region, channel and week that somebody adopts, with its promise.

Adopted and withdrawn plans are decisions, see ``store.decided_rows``: what was promised never
changes, also when the refresh that promised is made again or taken back. Who compares them with
what came is ``planning.plan_tracking``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mmm_assets.config.errors import UsageError
from mmm_assets.inputs.fits import Fits
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
from mmm_model.panel import Floats

if TYPE_CHECKING:
    from mmm_model.budget.kept_plan import KeptPlan

ADOPT, WITHDRAW = "adopt plan", "withdraw plan"
"""Actions in ``mart.decisions``."""

SETTLES = 4
"""Weeks after its end for which a plan is still compared in full, and the fit that promised is
kept: the KPI of its last weeks comes late or is restated, carryover of its media works on."""


class NoPlan(UsageError):
    """A plan that cannot be adopted, found or withdrawn; the message says why."""


@dataclass(frozen=True)
class Kept:
    """A plan that was adopted just now, for who reads its promise out.

    Parameters
    ----------
    totals
        As `mmm_model.budget.promise.Promise.totals`.
    """

    name: str
    first_week: date
    last_week: date
    totals: Mapping[str, float]


@dataclass(frozen=True)
class Adopted:
    """A plan that was adopted, as a refresh may know of it.

    Parameters
    ----------
    refresh_week, final_hash
        The refresh that promised, and its fit.
    withdrawn
        The refresh in whose light it was withdrawn; weeks after it do not count.
    """

    name: str
    refresh_week: date
    final_hash: str
    first_week: date
    last_week: date
    who: str
    adopted_at: datetime
    promised_gain: float
    withdrawn: date | None
    lines: pd.DataFrame

    @property
    def ends(self) -> date:
        """The last week that counts; before the first where none does."""
        return min(self.withdrawn or self.last_week, self.last_week)

    def kept(self) -> KeptPlan:
        """The promise, for the science."""
        from mmm_model.budget.kept_plan import KeptPlan

        return KeptPlan(self.lines, pd.Timestamp(self.withdrawn) if self.withdrawn else None)

    def status(self, refresh_week: date) -> str:
        """How it stands at the end of a week."""
        if self.withdrawn is not None:
            return "withdrawn"
        if self.first_week > refresh_week:
            return "to come"
        return "running" if self.last_week > refresh_week else "ended"


def adopted_plans(
    connection: duckdb.DuckDBPyConnection, refresh_week: date | None = None
) -> list[Adopted]:
    """Plans as a refresh of that week may know of them, oldest first; None: all there are."""
    known = refresh_week or date.max
    plans = decided_by(connection, "plans", known)
    lines = dict(iter(decided_by(connection, "plan_lines", known).groupby("plan")))
    decisions = decided_by(connection, "decisions", known)
    found = decisions[decisions["action"] == WITHDRAW]
    withdrawn = dict(zip(found["about"], found["refresh_week"], strict=True))
    return [
        Adopted(
            name=row["plan"],
            refresh_week=row["refresh_week"].date(),
            final_hash=row["final_hash"],
            first_week=row["first_week"].date(),
            last_week=row["last_week"].date(),
            who=row["who"],
            adopted_at=row["adopted_at"].to_pydatetime(),
            promised_gain=row["gain"],
            withdrawn=withdrawn[row["plan"]].date() if row["plan"] in withdrawn else None,
            lines=lines[row["plan"]],
        )
        for _, row in plans.sort_values(["first_week", "adopted_at"]).iterrows()
    ]


def adopt(
    project: Project,
    name: str,
    refresh_week: date,
    spend: Floats,
    asked: str,
    decision: Decision,
    warn: Callable[[str], None] = lambda message: None,
) -> Kept:
    """Keep a plan of the weeks after a published refresh, and what that refresh promises of it.

    Parameters
    ----------
    name
        Of the plan; no other ever had it.
    spend
        ``[R, A, C]`` money of the weeks after the refresh in the order of its panel; a week in
        which all is NaN is no week of the plan, and they come first.
    asked
        What the plan answers, in words.

    Raises
    ------
    NoPlan
        If the name is taken, a week is past, or another plan has one of the weeks; nothing is kept.
    WarehouseBusy
        If a refresh of that week is going on.
    """
    import numpy as np

    from mmm_model.budget.planned_media import bought, recent_media
    from mmm_model.budget.promise import promise

    name = proper_name(name, "a plan", NoPlan)
    with project.warehouse.week_turn(refresh_week, seconds=0):
        published_week(project.warehouse, refresh_week)  # it may be taken back by now
        found = refreshes(project.warehouse)[refresh_week]
        fits = Fits(project, refresh_week, published=True)
        ahead = spend.shape[1]
        weeks = ahead - int(np.isnan(spend).all(axis=(0, 2)).sum())
        if not weeks:
            raise NoPlan("the plan has no weeks")
        last = refresh_week + timedelta(weeks=ahead)
        first = last - timedelta(weeks=weeks - 1)

        def refuse(connection: duckdb.DuckDBPyConnection) -> None:
            _refuse(adopted_plans(connection), max(refreshes(project.warehouse)), name, first, last)

        with project.warehouse.work() as connection:
            refuse(connection)  # before the work, and once more when it is written
        before = recent_media(fits.final, fits.panel, ahead)
        planned = bought(before, fits.panel, spend)
        made = promise(fits.final, fits.panel, planned, before, weeks)
        row = {
            "plan": name,
            "adopted_at": datetime.now(UTC).replace(tzinfo=None),
            "who": decision.who,
            "reason": decision.reason,
            "asked": asked,
            "run_id": found.run_id,
            "final_hash": found.model_hashes.get("final", ""),
            "first_week": first,
            "last_week": last,
            **made.totals,
        }
        rows = {"plans": pd.DataFrame([row]), "plan_lines": made.lines.assign(plan=name)}
        entry = Entry(ADOPT, name, refresh_week, found.run_id, decision)
        keep(project.warehouse, entry, rows, refuse, warn)
    return Kept(name, first, last, made.totals)


def withdraw(
    project: Project,
    name: str,
    decision: Decision,
    warn: Callable[[str], None] = lambda message: None,
) -> Adopted:
    """Let a plan count no longer after the newest published refresh; its promise stays.

    Raises
    ------
    NoPlan
        If there is no such plan, it ended or was withdrawn already, or no reason is given.
    """
    if not decision.reason:
        raise NoPlan("no reason is given, and it is what stays of a decision. Say why:  --reason")
    newest = published_week(project.warehouse, None)
    run_id = refreshes(project.warehouse)[newest].run_id
    found: list[Adopted] = []

    def refuse(connection: duckdb.DuckDBPyConnection) -> None:
        plan = named(adopted_plans(connection), name)
        if plan.withdrawn is not None:
            raise NoPlan(f"the plan '{plan.name}' is withdrawn already")
        if plan.last_week <= newest:
            raise NoPlan(f"the plan '{plan.name}' ended with the week of {plan.last_week}")
        found.append(plan)

    with project.warehouse.work() as connection:
        refuse(connection)
    keep(
        project.warehouse,
        Entry(WITHDRAW, found[0].name, newest, run_id, decision),
        {},
        refuse,
        warn,
    )
    return found[0]


def named(plans: list[Adopted], name: str) -> Adopted:
    """The plan of a name, however it is written.

    Raises
    ------
    NoPlan
        If there is none.
    """
    for plan in plans:
        if same_name(plan.name, name):
            return plan
    known = ", ".join(f"'{plan.name}'" for plan in plans[-5:]) or "none"
    raise NoPlan(f"there is no plan '{name}'; there are {known}. List them:  mmm plans")


def weeks_that_promised(connection: duckdb.DuckDBPyConnection) -> set[date]:
    """Refresh weeks whose fits plans are still compared with: retention leaves them."""
    rows = connection.execute(_PROMISED, {"settles": SETTLES}).fetchall()
    return {week for (week,) in rows}


_PROMISED = """
    SELECT DISTINCT refresh_week FROM mart.plans
    WHERE last_week + to_days(CAST(7 * $settles AS INTEGER)) >=
          (SELECT max(refresh_week) FROM mart.refreshes)
"""


def _refuse(plans: list[Adopted], newest: date, name: str, first: date, last: date) -> None:
    """Refuse what conflicts with plans that are kept, or with weeks that are known."""
    if first <= newest:
        raise NoPlan(
            f"the plan '{name}' begins in the week of {first}, which is past: there is a refresh "
            f"of {newest}. Plan on the newest one (leave --week out), or begin later"
        )
    for plan in plans:
        if same_name(plan.name, name):
            raise NoPlan(
                f"there is a plan '{plan.name}' already, which {plan.who} adopted on "
                f"{plan.adopted_at:%Y-%m-%d}: a promise never changes. Take another name"
            )
        if first <= plan.ends and plan.first_week <= last:
            raise NoPlan(
                f"the plan '{name}', {first} to {last}, overlaps '{plan.name}', "
                f"{plan.first_week} to {plan.last_week}, which {plan.who} adopted. Begin later, or "
                f'withdraw that one first:  mmm plans "{plan.name}" --withdraw --reason TEXT'
            )
