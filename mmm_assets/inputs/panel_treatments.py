"""Treatments of a panel: controls that the configuration says are one, and the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.panel_days import WEEKS_AHEAD

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
    """Names and values of controls ``[R, W, K]`` and of treatments ``[R, W, T]``.

    ``ahead`` ``[R, A, T]`` is what the calendar knows of the weeks that follow, NaN of the rest;
    None without a calendar.
    """

    controls: tuple[str, ...]
    control: Floats
    treatments: tuple[Treatment, ...]
    treatment: Floats
    ahead: Floats | None


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
    decided = values[..., is_one]
    days: tuple[Treatment, ...] = ()
    columns, ahead = np.zeros((len(regions), len(weeks), 0)), None
    if config.calendar is not None:
        rows = connection.execute(_DAYS, {"week": refresh_week}).df()
        own = config.calendar
        days, columns = calendar_columns(
            rows, regions, weeks, own.before, own.after, -config.days_early, WEEKS_AHEAD
        )
        columns, known = columns[:, : len(weeks)], columns[:, len(weeks) :]
        unknown = np.full((len(regions), WEEKS_AHEAD, decided.shape[2]), np.nan)
        ahead = np.concatenate([unknown, known], axis=2) if days else None
    return ControlsAndTreatments(
        controls=tuple(name for name in names if name not in kinds),
        control=np.ascontiguousarray(values[..., ~is_one]),
        treatments=(*treatments, *days),
        treatment=np.concatenate([decided, columns], axis=2),
        ahead=ahead,
    )
