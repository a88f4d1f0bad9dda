"""What results and plans are made of: the panel and the saved fits of a refresh week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.store.project import Project
from mmm_assets.store.saved_fits import fits_folder, read_fit

if TYPE_CHECKING:
    from mmm_model import FittedModel, Panel, Training
    from mmm_model.equation.media_response import MediaResponse
    from mmm_model.fit.lift_tests import LiftTest


@dataclass(frozen=True)
class Fits:
    """The panel and the saved fits of one refresh week, read when they are first asked for.

    Parameters
    ----------
    published
        Read the fits that were published, not those of a refresh on its way.
    """

    project: Project
    refresh_week: date
    published: bool = False

    @cached_property
    def panel(self) -> Panel:
        """The panel that the models were fitted to."""
        with self.project.warehouse.work() as connection:
            return read_panel(connection, self.project.config, self.refresh_week)

    @cached_property
    def _folder(self) -> Path:
        if self.published:
            return self.project.warehouse.model_folder(self.refresh_week)
        return fits_folder(self.project, self.refresh_week)

    @cached_property
    def final(self) -> FittedModel:
        """The fit on all weeks."""
        return read_fit(self._folder, "final")

    @cached_property
    def training(self) -> Training:
        """Both fits; the history of their losses is in the warehouse."""
        from mmm_model import Training

        holdout = read_fit(self._folder, "holdout")
        return Training(holdout, self.final, pd.DataFrame())

    @cached_property
    def lift_tests(self) -> list[LiftTest]:
        """The lift tests that the final fit read, in its order."""
        panel = self.panel  # read before the turn at the warehouse, which it needs itself
        with self.project.warehouse.work() as connection:
            return read_lift_tests(connection, self.project.config, panel)

    @cached_property
    def response(self) -> MediaResponse:
        """The media part of the final fit."""
        return self.final.media_response(self.panel)
