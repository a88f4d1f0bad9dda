"""Forecasts by earlier refreshes of the weeks that have come since.

A refresh scores the weeks that came after the published refresh before it, by the saved models
of every published refresh that looks no further ahead than ``refresh.track_weeks``. Each
forecast is that of a model that never saw the week's KPI, given the media and controls that
the week turned out to have: how good the model was, not the plans.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mmm_assets.store.errors import UnusableModel
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.saved_fits import published_models

if TYPE_CHECKING:
    from mmm_model import Panel

# The first to score a forecast counts: what a later refresh would say of it is hindsight.
_EARLIER_SCORES = """
    SELECT * EXCLUDE (refresh_week) FROM mart.forecast_track WHERE refresh_week < $week
    QUALIFY row_number() OVER (
        PARTITION BY forecast_from, region, week ORDER BY refresh_week) = 1
"""


def score_new_weeks(
    project: Project, panel: Panel, refresh_week: date, warn: Callable[[str], None]
) -> pd.DataFrame:
    """Score the forecasts of the weeks that are new in this refresh.

    Parameters
    ----------
    warn
        Told which earlier refresh cannot be scored, and why.

    Returns
    -------
    DataFrame
        Columns of ``mart.forecast_track`` without its key; no rows for a first refresh.
    """
    from mmm_model.effects.forecast_track import COLUMNS, follow_up

    there = refreshes(project.warehouse)
    origins = [w for w, found in there.items() if found.status == "published" and w < refresh_week]
    if not origins:
        return pd.DataFrame(columns=list(COLUMNS))
    new = panel.weeks[panel.weeks > pd.Timestamp(origins[-1])]
    found = []
    for origin in origins:
        seen = pd.Timestamp(origin)
        weeks = new[new <= seen + pd.Timedelta(weeks=project.config.refresh.track_weeks)]
        if not len(weeks):
            continue
        try:
            model = published_models(project, origin, there[origin]).fit("final")
            found.append(follow_up(model, panel, seen, weeks))
        except (UnusableModel, ValueError) as error:
            warn(f"the refresh of {origin} cannot be scored: {error}")
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(COLUMNS))


def earlier_scores(project: Project, refresh_week: date) -> pd.DataFrame:
    """Read what published refreshes before this one have scored."""
    # The table is missing where no refresh was published since it was added to the contract.
    missing = suppress(FileNotFoundError, duckdb.CatalogException)
    with missing, project.warehouse.published() as connection:
        return connection.execute(_EARLIER_SCORES, {"week": refresh_week}).df()
    return pd.DataFrame()
