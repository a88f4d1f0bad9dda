"""What media create and nobody buys, as the model reads it: which weeks are known, and how well."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.config.channel_kinds import is_search

if TYPE_CHECKING:
    from mmm_model.mediators import Mediators

FEWEST_WEEKS = 8
"""Weeks, or waves of a survey, from which media can be told from a mediator's own ways."""

_INSERT = """
    INSERT INTO staging.panel_mediators
    WITH kinds AS (
        SELECT mediator, count(asked) > 0 AS is_survey,
               quantile_cont(value, 0.9) FILTER (value > 0) > 1 AS in_percent
        FROM known_mediators GROUP BY mediator
    )
    SELECT $week, region, week, mediator,
           CASE WHEN is_survey
                THEN sum(value * asked ORDER BY day) / sum(asked ORDER BY day)
                     / any_value(CASE WHEN in_percent THEN 100 ELSE 1 END)
                ELSE sum(value ORDER BY day) END AS value,
           sum(asked ORDER BY day) AS asked
    FROM known_mediators JOIN kinds USING (mediator) SEMI JOIN grid USING (region, week)
    WHERE value IS NOT NULL AND (NOT is_survey OR asked > 0)
    GROUP BY region, week, mediator, is_survey
"""
_READ = """
    WITH known AS (
        SELECT mediator, count(DISTINCT week) AS weeks, max(value) - min(value) AS moves
        FROM staging.panel_mediators WHERE refresh_week = $week GROUP BY mediator
    )
    SELECT region, week, mediator, value, asked
    FROM staging.panel_mediators SEMI JOIN (
        FROM known WHERE weeks >= $fewest AND moves > 0
    ) USING (mediator)
    WHERE refresh_week = $week
    ORDER BY list_position($order, mediator) NULLS LAST, mediator, region, week
"""


def insert_mediators(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> None:
    """Write the weeks that somebody counted or asked in: daily counts summed, shares averaged."""
    connection.execute(_INSERT, {"week": refresh_week})


def read_mediators(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    places: tuple[tuple[str, ...], pd.DatetimeIndex],
    channels: tuple[str, ...],
) -> Mediators | None:
    """Read the mediators of a refresh week; one of few weeks, or that never moves, is left out.

    Unless the configuration names what drives it, every channel may; a number of searches, which
    search ads answer, is created by the others.

    Parameters
    ----------
    places
        Regions and weeks of the panel.
    channels
        Its channels.
    """
    from mmm_model.mediators import Mediator, Mediators, sampling_error

    table = config.tables.mediators
    if table is None:
        return None
    asked_for = {"week": refresh_week, "fewest": FEWEST_WEEKS, "order": list(table.named)}
    rows = connection.execute(_READ, asked_for).df()
    names = list(dict.fromkeys(rows["mediator"]))
    if not names:
        return None
    regions, weeks = places
    cells = (
        pd.Index(regions).get_indexer(pd.Index(rows["region"])),
        weeks.get_indexer(pd.DatetimeIndex(rows["week"])),
        pd.Index(names).get_indexer(pd.Index(rows["mediator"])),
    )
    value, asked = (np.full((len(regions), len(weeks), len(names)), np.nan) for _ in range(2))
    value[cells], asked[cells] = rows["value"], rows["asked"].astype(float)
    surveys = ~np.isnan(asked).all(axis=(0, 1))
    ads = tuple(name for name in channels if not is_search(name))
    nodes = tuple(
        Mediator(name, bool(survey), table.drivers.get(name, ads if is_search(name) else None))
        for name, survey in zip(names, surveys, strict=True)
    )
    return Mediators(nodes, value, np.where(surveys, sampling_error(value, asked), 0.0))
