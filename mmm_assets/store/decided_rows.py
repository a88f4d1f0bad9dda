"""What people decide, kept for good: its rows, and a row of ``mart.decisions`` that says so.

A decision lives between refreshes: it is written to the working tables and to the published ones,
and no refresh, rollback or retention changes or removes it. Either file alone gives it back to the
other: ``mmm restore --from-loads`` takes it from the published file, every publication takes it
from the working one. It bears the week of the refresh in whose light it was made, and a backfill
of an earlier week does not see it.

One more kind of decision is

1. its tables in ``mart``, each with ``decided=(…)``: the columns that name one decision. From that
   follow their views, their way through publications and restores, and that no refresh makes them;
2. one function that calls `keep` with the rows, with an `Entry` for the trail, and with what
   refuses a name that exists or anything else that conflicts: it is asked inside the transaction
   that writes, so that of two who decide at the same time one is refused;
3. `decided_by`, for who reads them as of a refresh week. What was decided never changes: that it no
   longer counts is a decision of its own, an `Entry` without rows.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb
import pandas as pd

from mmm_assets.config.errors import UsageError
from mmm_assets.store.mart_week import add_rows
from mmm_assets.store.publishing import take_decided
from mmm_assets.store.warehouse import Warehouse

DECISIONS = "decisions"
"""Name of the lock, and of the table of the trail."""

_LONGEST_NAME = 60
"""Characters; a name is a heading of the report and stands in tables and charts."""


@dataclass(frozen=True)
class Decision:
    """Who decides, and why.

    Parameters
    ----------
    reason
        In their words; it is kept.
    who
        Their name; the account that runs this when empty.
    run_id
        Dagster run that carries it out; None from a terminal.
    """

    reason: str = ""
    who: str = ""
    run_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", " ".join(self.reason.split()))
        object.__setattr__(self, "who", " ".join(self.who.split()) or _account())


@dataclass(frozen=True)
class Entry:
    """What the trail says of a decision.

    Parameters
    ----------
    action
        What is decided, such as ``adopt plan``; listed in the comment of ``mart.decisions``.
    about
        The name of what is decided on.
    refresh_week, run_id
        The published refresh in whose light it is decided.
    """

    action: str
    about: str
    refresh_week: date
    run_id: str
    decision: Decision


def keep(
    warehouse: Warehouse,
    entry: Entry,
    rows: Mapping[str, pd.DataFrame],
    refuse: Callable[[duckdb.DuckDBPyConnection], None],
    warn: Callable[[str], None] = lambda message: None,
) -> None:
    """Keep a decision, whole or not at all; a refresh may run meanwhile.

    A process that dies between the two files leaves it in the working one, and the next
    publication or decision brings it into the published one.

    Parameters
    ----------
    rows
        Table of ``mart`` → its rows without ``refresh_week``.
    refuse
        Given the working tables; raises where the decision conflicts with what is kept.
    warn
        Told that somebody had written to the published file.

    Raises
    ------
    WarehouseBusy
        If the tables did not come free in time.
    WarehouseError
        If they cannot be written to.
    """
    at = datetime.now(UTC).replace(tzinfo=None)
    trail = pd.DataFrame(
        {
            "decided_at": [at],
            "action": [entry.action],
            "who": [entry.decision.who],
            "reason": [entry.decision.reason],
            "run_id": [entry.run_id],
            "decided_in": [entry.decision.run_id],
            "about": [entry.about],
        }
    )
    with warehouse.turn(DECISIONS):
        with warehouse.work() as connection:
            refuse(connection)
            for table, found in {**rows, DECISIONS: trail}.items():
                add_rows(connection, table, entry.refresh_week, found)
        warehouse.amend(take_decided, warn)


def decided_by(
    connection: duckdb.DuckDBPyConnection, table: str, refresh_week: date
) -> pd.DataFrame:
    """Rows of a table of decisions as a refresh of that week may know them.

    What was decided in the light of a later refresh is left out, whatever the clock said: a
    backfill of an earlier week sees what was known then.
    """
    return connection.execute(
        f"FROM mart.{table} WHERE refresh_week <= ? ORDER BY ALL", [refresh_week]
    ).df()


def proper_name(name: str, of: str, error: type[UsageError]) -> str:
    """Return the name of what is decided on, without what nobody sees.

    Raises
    ------
    UsageError
        ``error``, if nothing is left, too much, or what cannot be printed; ``of`` says of what.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise error(f"{of} needs a name of 1 to {_LONGEST_NAME} letters, not {name!r}")
    return name


def same_name(one: str, other: str) -> bool:
    """Whether people would take two names for one."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _account() -> str:
    try:
        return getpass.getuser()
    except OSError:  # a container whose account has no name
        return "unknown"
