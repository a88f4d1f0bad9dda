"""Experiments asked for between two refreshes: which next, and how one is designed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from mmm_assets.inputs.fits import Fits
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_week

if TYPE_CHECKING:
    from mmm_model.experiment.ideas import IdeaSettings


def ideas(fits: Fits) -> pd.DataFrame:
    """Rank the tests that could follow a refresh; rows of ``mart.experiment_ideas``.

    None where the fit has too few draws to say what goes with what.
    """
    from mmm_model.experiment.design import Designer
    from mmm_model.experiment.ideas import IDEA_COLUMNS, experiment_ideas, newest_tests
    from mmm_model.experiment.value_of_knowing import FEWEST_DRAWS

    if fits.final.members < FEWEST_DRAWS:
        return pd.DataFrame(columns=list(IDEA_COLUMNS))
    panel, config = fits.panel, fits.project.config
    return experiment_ideas(
        Designer(fits.final, panel, seed=config.model_settings().seed),
        fits.response,
        config.budget_settings(panel.channels),
        idea_settings(fits),
        newest_tests([(test.channel, test.end) for test in fits.lift_tests]),
    )


def published_ideas(project: Project, week: date | None = None) -> tuple[date, pd.DataFrame]:
    """Rank the tests that could follow a published refresh, the newest by default.

    Returns
    -------
    refresh_week, ideas
        The refresh that answers, and rows as of `ideas`.

    Raises
    ------
    UnknownRefresh
        If it is not published.
    """
    refresh_week = published_week(project.warehouse, week)
    return refresh_week, ideas(Fits(project, refresh_week, published=True))


def idea_settings(fits: Fits) -> IdeaSettings:
    """The section ``experiments`` as the science takes it."""
    from mmm_model.experiment.ideas import IdeaSettings

    section = fits.project.config.experiments
    return IdeaSettings(section.kinds, section.weeks, section.use_weeks)
