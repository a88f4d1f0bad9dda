"""Lift tests as the model reads them: those that a refresh week may know."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs import knowledge
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.text_values import day_sql

if TYPE_CHECKING:
    from mmm_model.fit.lift_tests import LiftTest
    from mmm_model.panel import Panel


def read_lift_tests(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    panel: Panel,
    known_on: datetime | None = None,
) -> list[LiftTest]:
    """Read the tests of the panel's channels that were over in its last week.

    They are read as the checks of the panel's refresh week knew them, so that each step of a
    refresh, and each question asked of it later, reads the tests that it was fitted to. Where
    nothing was checked, all that is known counts.

    Parameters
    ----------
    known_on
        Look only at loads up to this time (UTC) instead.
    """
    from mmm_model.fit.lift_tests import LiftTest, aged

    table = config.tables.lift_tests
    if table is None:
        return []
    if known_on is None:
        checked = knowledge.recorded(connection, panel.weeks[-1].date())
        known_on = checked[1].known_on if checked else None
    create_known(connection, config, "lift_tests", known_on=known_on)
    start, end = (
        day_sql(f"known.{name}", table.date_format, config.week_origin)
        for name in ("start_week", "end_week")
    )
    last_day = panel.weeks[-1] + pd.Timedelta(days=6 - config.days_early)
    rows = connection.execute(
        f"""
        SELECT channel, region, delta_x, delta_y, sigma, x, {start}, {end}
        FROM known_lift_tests AS known ORDER BY source, source_row
        """
    ).fetchall()
    tests = [
        LiftTest(
            channel=channel,
            change=_number(change),
            lift=_number(lift),
            standard_error=_number(error),
            region=region,
            start=None if first is None else pd.Timestamp(config.monday_of(first)),
            end=None if last is None else pd.Timestamp(config.monday_of(last)),
            level=None if level is None or first is not None else float(level),
            in_exposure=table.unit == "exposure",
        )
        for channel, region, change, lift, error, level, first, last in rows
        if channel in panel.channels and (last is None or pd.Timestamp(last) <= last_day)
    ]
    return aged(tests, panel.weeks[-1], config.experiments.half_life)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
