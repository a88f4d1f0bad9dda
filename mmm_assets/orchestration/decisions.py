"""What people decide about a refresh: a held one is published, a published one taken back.

Either is one atomic step for readers, and leaves a row in ``mart.decisions`` for good. A refresh
that is made anew is judged by its gates again, whatever was decided of the one before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import duckdb

from mmm_assets.config.errors import UsageError
from mmm_assets.orchestration.assets.report import PARTS
from mmm_assets.orchestration.belonging import parts_of, what_is_older
from mmm_assets.orchestration.notify import notify
from mmm_assets.orchestration.publication import finish_interrupted, publish
from mmm_assets.report.files import draw_draft, draw_published
from mmm_assets.report.standing import standing_lines
from mmm_assets.store.decided_rows import Decision
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_weeks, refreshes

Action = Literal["publish", "rollback"]


class Undecidable(UsageError):
    """A decision that makes no sense now; the message says why, and the next step."""


def publish_anyway(
    project: Project, refresh_week: date, decision: Decision, warn: Callable[[str], None]
) -> None:
    """Publish a refresh that a gate stopped.

    Parameters
    ----------
    warn
        Told that somebody had written to the published file, or that nobody could be told.

    Raises
    ------
    Undecidable
        If no reason is given, there is nothing of that week to publish, or it is published already.
    WarehouseBusy
        If a refresh of that week is going on.
    """
    _require_reason(decision)
    with project.warehouse.week_turn(refresh_week, seconds=0):
        finish_interrupted(project, held=refresh_week)
        with project.warehouse.work() as connection:
            run_id, before = _publishable(project, connection, refresh_week)
            _Noted.now(refresh_week, run_id, "publish", decision, before).write(connection)
            draw_draft(project, connection, refresh_week, standing_lines(connection, refresh_week))
        publish(project, refresh_week, warn)
    notify(project.config, "published", str(refresh_week), messages=_said(project, refresh_week))


def roll_back(
    project: Project, decision: Decision, warn: Callable[[str], None]
) -> tuple[date, date]:
    """Take the newest published refresh back; the one before it is the published one again.

    Returns
    -------
    taken_back, published
        The two refresh weeks.

    Raises
    ------
    Undecidable
        If no reason is given, or there is no earlier one to go back to.
    WarehouseBusy
        If a refresh of the week that is to be taken back is going on.
    """
    _require_reason(decision)
    weeks = published_weeks(project.warehouse)
    if len(weeks) < 2:
        there = f"{weeks[0]} is the only published refresh" if weeks else "nothing is published"
        raise Undecidable(f"there is nothing to go back to: {there}. Refresh anew:  mmm refresh")
    earlier, newest = weeks[-2:]
    with project.warehouse.week_turn(newest, seconds=0):
        finish_interrupted(project, held=newest)
        found = refreshes(project.warehouse)[newest]
        noted = _Noted.now(newest, found.run_id, "rollback", decision, found.reason)
        # The published file last: until it knows, the same command takes back the same refresh.
        with project.warehouse.work() as connection:
            noted.write(connection)
        project.warehouse.amend(noted.write, warn)
        draw_published(project, newest)
    notify(project.config, "rolled_back", str(newest), messages=_said(project, newest), warn=warn)
    return newest, earlier


def _require_reason(decision: Decision) -> None:
    if not decision.reason:
        raise Undecidable(
            "no reason is given, and it is what stays of a decision. Say why:  --reason TEXT"
        )


def _publishable(
    project: Project, connection: duckdb.DuckDBPyConnection, refresh_week: date
) -> tuple[str, str]:
    """Run of a refresh that may be published, and what held it."""
    row = connection.execute(
        "SELECT status, run_id, reason FROM mart.refreshes WHERE refresh_week = ?", [refresh_week]
    ).fetchone()
    again = f"mmm refresh --week {refresh_week}"
    if row is None:
        raise Undecidable(f"there is no finished refresh of {refresh_week}. Make it:  {again}")
    seen = refreshes(project.warehouse).get(refresh_week)
    # Of a decision that was cut short the working file knows already, and analysts do not.
    if row[0] != "held" and seen and (seen.status, seen.run_id) == ("published", row[1]):
        raise Undecidable(
            f"the refresh of {refresh_week} is published already. To make it anew:  {again}"
        )
    older = what_is_older(
        parts_of(project, connection, refresh_week), (*PARTS, "dashboard"), refresh_week
    )
    if older:
        raise Undecidable(older)
    return row[1], row[2] or ""


# What is decided of a run alternates: the same once more is one that was cut short.
_NOTE = """
    INSERT INTO mart.decisions BY NAME
    SELECT $week AS refresh_week, $at AS decided_at, $action AS action, $who AS who,
           $why AS reason, nullif($before, '') AS before, $run_id AS run_id,
           $decided_in AS decided_in
    WHERE (SELECT arg_max(action, decided_at) FROM mart.decisions
           WHERE refresh_week = $week AND run_id = $run_id AND about IS NULL)
          IS DISTINCT FROM $action
"""
_COUNTS = """
    UPDATE mart.refreshes
    SET status = $status, reason = $reason, published_at = coalesce($published_at, published_at)
    WHERE refresh_week = $week AND run_id = $run_id
"""


@dataclass(frozen=True)
class _Noted:
    """A decision on one run of a refresh week, to be written to a file with the mart schema."""

    refresh_week: date
    run_id: str
    action: Action
    decision: Decision
    before: str
    at: datetime

    @classmethod
    def now(
        cls, refresh_week: date, run_id: str, action: Action, decision: Decision, before: str
    ) -> _Noted:
        at = datetime.now(UTC).replace(tzinfo=None)
        return cls(refresh_week, run_id, action, decision, before, at)

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Leave the trail, and let ``mart.refreshes`` say so."""
        about = {"week": self.refresh_week, "run_id": self.run_id}
        who, why = self.decision.who, self.decision.reason
        trail = {"who": who, "why": why, "before": self.before, "action": self.action}
        connection.execute(
            _NOTE, {**about, **trail, "at": self.at, "decided_in": self.decision.run_id}
        )
        publishes = self.action == "publish"
        said = f"published by {who}: {why}" if publishes else f"taken back by {who}: {why}"
        counts = {
            "status": "published" if publishes else "held",
            "reason": f"{said}. Before: {self.before}" if self.before else said,
            "published_at": self.at if publishes else None,
        }
        connection.execute(_COUNTS, {**about, **counts})


def _said(project: Project, refresh_week: date) -> list[str]:
    with project.warehouse.published() as connection:
        return standing_lines(connection, refresh_week)
