"""Treatments of a panel: controls that the configuration says are one, and the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from mmm_assets.config import ProjectConfig

if TYPE_CHECKING:
    import pandas as pd

    from mmm_model.panel import Floats
    from mmm_model.treatments import Treatment

_DAYS = """
    SELECT region, day::TIMESTAMP AS day, name, kind
    FROM staging.panel_days WHERE refresh_week = $week
"""


@dataclass(frozen=True)
class ControlsAndTreatments:
    """Names and values of controls ``[R, W, K]`` and of treatments ``[R, W, T]``."""

    controls: tuple[str, ...]
    control: Floats
    treatments: tuple[Treatment, ...]
    treatment: Floats


def split(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    refresh_week: date,
    regions: tuple[str, ...],
    weeks: pd.DatetimeIndex,
    delivered: tuple[tuple[str, ...], Floats],
) -> ControlsAndTreatments:
    """Take treatments out of the delivered controls, and add what the calendar holds.

    Parameters
    ----------
    delivered
        Names and values ``[R, W, K]`` of all controls.
    """
    from mmm_model.calendar_weeks import calendar_columns
    from mmm_model.treatments import Treatment

    names, values = delivered
    kinds = config.tables.controls.treatments if config.tables.controls else {}
    is_one = np.array([name in kinds for name in names], dtype=bool)
    treatments = tuple(
        Treatment(name, kinds[name].kind, kinds[name].reference, kinds[name].sign == "expected")
        for name in names
        if name in kinds
    )
    days: tuple[Treatment, ...] = ()
    columns = np.zeros((len(regions), len(weeks), 0))
    if config.calendar is not None:
        rows = connection.execute(_DAYS, {"week": refresh_week}).df()
        own = config.calendar
        days, columns = calendar_columns(
            rows, regions, weeks, own.before, own.after, begins=-config.days_early
        )
    return ControlsAndTreatments(
        controls=tuple(name for name in names if name not in kinds),
        control=np.ascontiguousarray(values[..., ~is_one]),
        treatments=(*treatments, *days),
        treatment=np.concatenate([values[..., is_one], columns], axis=2),
    )
