"""The KPI by week: days summed, parts of weeks and outages told apart from whole weeks.

- Days are summed to weeks; what a unit is worth is averaged. With daily data, a week at the edge
  of the table that lacks days, and an inner week that lacks more than one, is not complete.
- A KPI of 0 is an outage where ``zero_kpi`` says so; by default where 0 is implausible beside the
  region's own weeks. Where zeros come and go, they are values, except in a run that is too long
  for their chance. Elsewhere they are outages if all but the lowest 5 % of the weeks above 0
  reach ``checks.outage_floor`` of their median, unless the KPI counts so few that none is no
  surprise (a Poisson distribution of the median). A week next to an outage that does not reach
  the floor either is the outage's beginning or end.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.sources import load_raw

_MOST_ZEROS = 0.05
"""Chance that a week above 0 is followed by zeros, from which they are values.

A run counts once, whatever its length, so a long outage does not make zeros plausible.
"""
_UNLIKELY = 0.01
"""Expected number of such runs in the region's weeks, below which a run is an outage."""

_WEEKLY_KPI = """
    CREATE OR REPLACE TEMP TABLE {weekly} AS
    WITH weeks AS (
        SELECT region, week, sum(kpi ORDER BY day) AS kpi,
               count(DISTINCT day) FILTER (WHERE kpi IS NOT NULL) AS days,
               CASE WHEN min(value_per_kpi) = max(value_per_kpi) THEN min(value_per_kpi)
                    ELSE coalesce(
                        sum(value_per_kpi * kpi ORDER BY day)
                        / nullif(sum(kpi ORDER BY day) FILTER (value_per_kpi IS NOT NULL), 0),
                        avg(value_per_kpi ORDER BY day)) END AS value_per_kpi
        FROM {known}
        WHERE week IS NOT NULL AND region IS NOT NULL
        GROUP BY region, week
    ),
    ranked AS (
        SELECT *, median(days) OVER (PARTITION BY region) AS usual_days,
               week IN (min(week) OVER (), max(week) OVER ()) AS at_edge,
               quantile_cont(nullif(kpi, 0), 0.05) OVER (PARTITION BY region) AS low,
               median(nullif(kpi, 0)) OVER (PARTITION BY region) AS typical,
               bool_and(kpi = floor(kpi)) OVER (PARTITION BY region) AS counted,
               row_number() OVER (PARTITION BY region ORDER BY week)
               - row_number() OVER (PARTITION BY region, kpi IS NOT DISTINCT FROM 0 ORDER BY week)
                   AS run
        FROM weeks
    ),
    runs AS (
        SELECT *, count(*) OVER (PARTITION BY region, run, kpi = 0) AS run_weeks,
               count(*) OVER (PARTITION BY region) AS all_weeks,
               count(DISTINCT run) FILTER (kpi = 0) OVER (PARTITION BY region) AS zero_runs,
               count(*) FILTER (kpi <> 0) OVER (PARTITION BY region) AS other_weeks
        FROM ranked
    ),
    judged AS (
        SELECT *, kpi < $floor * typical AS is_low,
               least(zero_runs / nullif(other_weeks, 0), 1) AS zero_chance,
               kpi = 0 AND CASE
                   WHEN $zero_kpi = 'missing' THEN true
                   WHEN $zero_kpi = 'zero' THEN false
                   WHEN zero_chance > $most_zeros
                       THEN all_weeks * zero_chance ** run_weeks < $unlikely
                   ELSE low >= $floor * typical
                        AND NOT (counted AND all_weeks * exp(-typical * run_weeks) >= $unlikely)
               END AS dark
        FROM runs
    )
    SELECT region, week, kpi, value_per_kpi, days, usual_days, at_edge,
           kpi IS NOT NULL
           AND days >= CASE WHEN at_edge THEN usual_days
                            ELSE greatest(usual_days - 1, usual_days / 2) END AS complete,
           coalesce(dark OR is_low AND (
               lag(dark) OVER by_week OR lead(dark) OVER by_week
           ), false) AS outage
    FROM judged
    WINDOW by_week AS (PARTITION BY region ORDER BY week)
"""


def weeks_available(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> list[date]:
    """List the weeks in which at least one region has a whole week of KPI, oldest first."""
    create_known(connection, config, "kpi")
    return create_weekly_kpi(connection, config)


def newest_week(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> date:
    """Newest week with a KPI.

    Raises
    ------
    SourceError
        If there is none.
    """
    weeks = weeks_available(connection, config)
    if not weeks:
        raise SourceError(
            "kpi: no row has both a readable week and a KPI. Look at tables.kpi.week, "
            "date_format and week_origin in the configuration"
        )
    return weeks[-1]


def create_weekly_kpi(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> list[date]:
    """Sum the temporary table ``known_kpi`` to ``weekly_kpi``; return the weeks with a KPI."""
    _sum_to_weeks(connection, config, "known_kpi", "weekly_kpi")
    rows = connection.execute(
        "SELECT DISTINCT week FROM weekly_kpi WHERE complete ORDER BY week"
    ).fetchall()
    return [row[0] for row in rows]


def create_weekly_further(connection: duckdb.DuckDBPyConnection, config: ProjectConfig) -> None:
    """Sum ``known_further_kpis`` to ``weekly_further_kpis``, by the same rules for each KPI."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE weekly_further_kpis (name VARCHAR, region VARCHAR, "
        "week DATE, kpi DOUBLE, value_per_kpi DOUBLE, observed BOOLEAN)"
    )
    for name in config.tables.kpi.more:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE known_one AS "
            "SELECT region, week, day, value AS kpi, value_per_kpi FROM known_further_kpis "
            "WHERE kpi = ?",
            [name],
        )
        _sum_to_weeks(connection, config, "known_one", "weekly_one")
        connection.execute(
            "INSERT INTO weekly_further_kpis SELECT ?, region, week, kpi, value_per_kpi, "
            "complete AND NOT outage FROM weekly_one",
            [name],
        )


def _sum_to_weeks(
    connection: duckdb.DuckDBPyConnection, config: ProjectConfig, known: str, weekly: str
) -> None:
    connection.execute(
        _WEEKLY_KPI.format(known=known, weekly=weekly),
        {
            "zero_kpi": config.zero_kpi,
            "floor": config.checks.outage_floor,
            "most_zeros": _MOST_ZEROS,
            "unlikely": _UNLIKELY,
        },
    )


def newest_week_in_source(config: ProjectConfig) -> date:
    """Newest complete week with a KPI in the source as it is now, without the warehouse.

    Raises
    ------
    SourceError
        If the KPI's source cannot be read or has no week in it.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "look.duckdb")) as connection,
    ):
        load_raw(connection, config, "kpi", datetime.now(UTC))
        return newest_week(connection, config)
