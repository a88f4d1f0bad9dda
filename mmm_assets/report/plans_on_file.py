"""Plans of record as the newest published refresh sees them, for who asks between refreshes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pandas as pd

from mmm_assets.planning.adopted_plans import adopted_plans, named
from mmm_assets.report.earlier_version import complete
from mmm_assets.report.plan_words import plans_of
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_week

_LINES = "SELECT * EXCLUDE (refresh_week) FROM mart.plan_lines WHERE plan = ? ORDER BY ALL"


def plans_on_file(project: Project, name: str | None = None) -> pd.DataFrame:
    """Rows of `plan_words.PLANS`; of one plan where a name is given.

    Raises
    ------
    UnknownRefresh
        If nothing is published.
    NoPlan
        If there is no plan of that name.
    """
    week = published_week(project.warehouse, None)
    with _published(project) as connection:
        if name is not None:
            name = named(adopted_plans(connection), name).name
        rows = plans_of(connection, week)
    return rows if name is None else rows[rows["plan"] == name].reset_index(drop=True)


def lines_of(project: Project, name: str) -> pd.DataFrame:
    """What a plan promised, by region, week and channel."""
    with _published(project) as connection:
        return connection.execute(_LINES, [name]).df()


@contextmanager
def _published(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    with project.warehouse.published() as connection:
        complete(connection)
        yield connection
