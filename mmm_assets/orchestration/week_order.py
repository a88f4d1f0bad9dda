"""Weeks of a backfill that are refreshed side by side, and what of them must go in order.

A refresh is fitted without a look at other refreshes. What it says of earlier ones, and its
publication, waits until all earlier weeks of the same backfill are over: the results are those of
a backfill one week after the other. Who runs the backfill holds a lock for each week that is not
over; when it dies, the locks come free, and nobody waits for weeks that nobody will refresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta

import dagster as dg

from mmm_assets.store.project import Project

FROM_TAG = "mmm/backfill_from"
"""First week of the backfill that a run is part of."""

LATER = {"dagster/priority": "-1"}
"""Tags of assets that wait: what need not wait is made before."""

_LONGEST = 7 * 86400.0
"""Seconds; longer than the earlier weeks of any backfill take."""


def pending(project: Project, refresh_week: date) -> AbstractContextManager[None]:
    """Hold a week as one that is not over; `wait_for_earlier_weeks` waits for it."""
    return project.warehouse.turn(_name(refresh_week), seconds=0)


def wait_for_earlier_weeks(project: Project, run: dg.DagsterRun, refresh_week: date) -> None:
    """Return when all earlier weeks of the backfill of a run are over; else at once."""
    first = run.tags.get(FROM_TAG)
    for week in _weeks(date.fromisoformat(first), refresh_week) if first else ():
        with project.warehouse.turn(_name(week), seconds=_LONGEST):
            pass


def _weeks(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += timedelta(weeks=1)


def _name(refresh_week: date) -> str:
    return f"pending-{refresh_week.isoformat()}"
