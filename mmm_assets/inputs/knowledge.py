"""The knowledge of a refresh: loads up to a moment, chosen once and recorded with its checks.

A refresh reads the rows that were checked, also when another run loads newer ones meanwhile,
and one that is asked what was known then gives back what it gave then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.raw_tables import create_raw_tables
from mmm_assets.inputs.source_files import SourceError

TAG = "mmm/as_known_on"
"""Tag of a run that looks at the loads up to a time of its own, in ISO format, UTC."""


@dataclass(frozen=True)
class Knowledge:
    """The loads that a refresh looks at.

    Parameters
    ----------
    kind
        ``latest``, ``then`` or ``asked``: everything, what was there in time, a given moment.
    known_on
        Time of the newest load that counts, UTC without a zone.
    load
        Its number; None where an earlier release recorded none.
    """

    kind: str
    known_on: datetime
    load: int | None = None

    @property
    def name(self) -> str:
        """Equal names, equal loads; also when a clock is corrected later."""
        return f"load {self.load}" if self.load else self.known_on.isoformat()


def parse_moment(text: str) -> datetime:
    """Read an ISO date or time as UTC without a zone; a date alone is its end.

    Raises
    ------
    ValueError
        If it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no moment; allowed is e.g. 2026-06-30T06:00") from None
    if len(text.strip()) <= len("2024-12-31"):
        moment = datetime.combine(moment.date(), time.max)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def choose(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    moment: str | None = None,
) -> Knowledge:
    """Decide which loads a refresh looks at.

    Parameters
    ----------
    moment
        A moment of the run's own; it goes before ``refresh.knowledge`` of the configuration.

    Raises
    ------
    ValueError
        If ``moment`` is none, or nothing was loaded by then (`SourceError`).
    """
    create_raw_tables(connection)
    kind = "asked" if moment else config.refresh.knowledge
    until = parse_moment(moment) if moment else None
    if kind == "then":
        days = 7 + config.refresh.days_to_deliver
        until = datetime.combine(refresh_week + timedelta(days=days), time.min)
    row = connection.execute(
        "SELECT max(loaded_at) FILTER ($until::TIMESTAMP IS NULL OR loaded_at <= $until), "
        "min(loaded_at), "
        "max(load_id) FILTER ($until::TIMESTAMP IS NULL OR loaded_at <= $until) FROM raw.loads",
        {"until": until},
    ).fetchone()
    newest, first, load = row if row else (None, None, None)
    if newest is None:
        raise SourceError(
            f"media, kpi: nothing was loaded by {until:%Y-%m-%d %H:%M} UTC; the first load is of "
            f"{first:%Y-%m-%d %H:%M}. Refresh {refresh_week} with refresh.knowledge: latest"
            if first and until
            else "media, kpi: nothing was loaded yet"
        )
    return Knowledge(kind, newest, load)


def record(
    connection: duckdb.DuckDBPyConnection, refresh_week: date, known: Knowledge, run_id: str
) -> None:
    """Keep what the checks of a refresh week looked at, for its panel."""
    _create(connection)
    connection.execute("DELETE FROM staging.knowledge WHERE refresh_week = ?", [refresh_week])
    connection.execute(
        "INSERT INTO staging.knowledge VALUES (?, ?, ?, ?, ?)",
        [refresh_week, run_id, known.kind, known.known_on, known.load],
    )


def recorded(
    connection: duckdb.DuckDBPyConnection, refresh_week: date
) -> tuple[str, Knowledge] | None:
    """Read the run and the knowledge that `record` kept."""
    _create(connection)
    row = connection.execute(
        "SELECT run_id, kind, coalesce(loaded_at, known_on), load_id "
        "FROM staging.knowledge LEFT JOIN raw.loads USING (load_id) WHERE refresh_week = ?",
        [refresh_week],
    ).fetchone()
    return (row[0], Knowledge(*row[1:])) if row else None


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS staging")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS staging.knowledge "
        "(refresh_week DATE, run_id VARCHAR, kind VARCHAR, known_on TIMESTAMP, load_id BIGINT)"
    )
    connection.execute("ALTER TABLE staging.knowledge ADD COLUMN IF NOT EXISTS load_id BIGINT")
    create_raw_tables(connection)
