"""The panel, the saved fits and the lift tests of a refresh week, read when asked for.

The assets of a run ask `panel_of` and `fits_of`, and share what these return: a panel is read
and a fit deserialised once a run. Both look first whether the tables or the files have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mmm_assets.inputs.campaign_table import read_campaigns
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_table import (
    FURTHER,
    TABLES,
    further_fingerprint,
    panel_fingerprint,
    read_further,
    read_panel,
)
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes
from mmm_assets.store.saved_fits import ModelFiles, files_state, newest_models, published_models

if TYPE_CHECKING:
    from mmm_model import FittedModel, Panel, Training
    from mmm_model.campaigns import Campaigns
    from mmm_model.effects.fitted_effects import FittedEffects
    from mmm_model.effects.following import Following
    from mmm_model.equation.media_response import MediaResponse
    from mmm_model.fit.further_kpis import FurtherKpi
    from mmm_model.fit.lift_tests import LiftTest


def panel_of(project: Project, refresh_week: date) -> Panel:
    """The panel of a refresh week; the same object as long as its tables stay as they are.

    Raises
    ------
    LookupError
        If ``panel`` was not materialised for this week.
    """
    with project.warehouse.work() as connection:
        return project.kept.get(
            ("panel", refresh_week),
            _panel_state(connection, refresh_week),
            lambda: read_panel(connection, project.config, refresh_week),
        )


def further_panels_of(project: Project, refresh_week: date) -> dict[str, Panel]:
    """The panels of the KPIs beside the main one, by name; none where there is one KPI."""
    panel = panel_of(project, refresh_week)
    with project.warehouse.work() as connection:
        return read_further(connection, project.config, refresh_week, panel)


def fits_of(project: Project, refresh_week: date) -> Fits:
    """The newest fits of a refresh week; the same object as long as panel and files stay.

    Raises
    ------
    FileNotFoundError
        If ``fitted_model`` was not materialised for this week.
    """
    with project.warehouse.work() as connection:
        tables = _panel_state(connection, refresh_week)
    files = files_state(newest_models(project, refresh_week))
    return project.kept.get(
        ("fits", refresh_week), (tables, files), lambda: Fits(project, refresh_week)
    )


def _panel_state(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> Hashable:
    """Number of rows and a hash of them, by staging table; None before a panel was ever built."""
    counts = " UNION ALL ".join(
        f"SELECT '{table}', count(*), sum(hash(row_)) FROM staging.{table} AS row_ "
        "WHERE refresh_week = $week"
        for table in TABLES
    )
    try:
        return tuple(connection.execute(counts, {"week": refresh_week}).fetchall())
    except duckdb.CatalogException:
        return None


@dataclass(frozen=True)
class Fits:
    """The panel and the saved fits of one refresh week, read when they are first asked for.

    Parameters
    ----------
    published
        Read what was published, from files alone, not the tables and fits of a refresh on its way.
    """

    project: Project
    refresh_week: date
    published: bool = False

    @cached_property
    def panel(self) -> Panel:
        """The panel that the models were fitted to."""
        if self.published:
            return self.files.panel() or _panel_of_last_release(self.project, self.refresh_week)
        return panel_of(self.project, self.refresh_week)

    @cached_property
    def files(self) -> ModelFiles:
        """The files that the fits are read from."""
        read = published_models if self.published else newest_models
        return read(self.project, self.refresh_week)

    @cached_property
    def final(self) -> FittedModel:
        """The fit on all weeks."""
        return self.files.fit("final")

    @cached_property
    def training(self) -> Training:
        """Both fits; the history of their losses is in the warehouse."""
        from mmm_model import Training

        return Training(self.files.fit("holdout"), self.final, pd.DataFrame())

    @property
    def lift_tests(self) -> list[LiftTest]:
        """The lift tests that the final fit read, in its order."""
        panel = self.panel  # read before the turn at the warehouse, which it needs itself
        with self.project.warehouse.work() as connection:
            return read_lift_tests(connection, self.project.config, panel)

    @property
    def campaigns(self) -> Campaigns | None:
        """The campaigns of the panel's channels; None where none are named."""
        panel = self.panel  # read before the turn at the warehouse, which it needs itself
        with self.project.warehouse.work() as connection:
            return read_campaigns(connection, self.refresh_week, panel)

    @cached_property
    def further(self) -> tuple[FitsOfFurther, ...]:
        """The same of each KPI beside the main one; none where there is one KPI."""
        return tuple(
            FitsOfFurther(self.project, self.refresh_week, self.published, kpi=own, main=self)
            for own in self.files.further(self.panel)
        )

    @property
    def further_kpis(self) -> tuple[FurtherKpi, ...]:
        """The KPIs beside the main one."""
        return tuple(own.kpi for own in self.further)

    @property
    def every_kpi(self) -> dict[str, Fits]:
        """The same by the name of the KPI, the main one first."""
        return {self.project.config.kpi_name: self} | {own.kpi.name: own for own in self.further}

    @cached_property
    def made_from(self) -> dict[str, str]:
        """Fingerprints of the panel and of the fits: what results of them are made from."""
        part = self.files.part()
        panels = {own.kpi.name: own.kpi.panel for own in self.further}
        return {
            "panel": panel_fingerprint(self.panel),
            **({FURTHER: further_fingerprint(panels)} if panels else {}),
            "fitted_model": part.fingerprint if part else "",
        }

    @cached_property
    def effects(self) -> FittedEffects:
        """Response, components and mediation of the final fit, each worked out once."""
        from mmm_model.effects.fitted_effects import FittedEffects

        return FittedEffects(self.final, self.panel)

    def following(self, names: Collection[str]) -> Following:
        """How the channels of these names follow those that drive them."""
        from mmm_model.effects.following import following

        return following(self.final, self.panel, names)

    @property
    def response(self) -> MediaResponse:
        """The media part of the final fit."""
        return self.effects.response


@dataclass(frozen=True, kw_only=True)
class FitsOfFurther(Fits):
    """The panel and the fits of a KPI beside the main one.

    Parameters
    ----------
    kpi
        Its panel and fits.
    main
        Those of the main KPI, beside which they are saved.
    """

    kpi: FurtherKpi
    main: Fits

    @property
    def panel(self) -> Panel:
        """The panel with this KPI."""
        return self.kpi.panel

    @property
    def final(self) -> FittedModel:
        """The fit on all weeks."""
        return self.kpi.training.final

    @property
    def training(self) -> Training:
        """Both fits."""
        return self.kpi.training

    @property
    def lift_tests(self) -> list[LiftTest]:
        """None: tests measured the main KPI."""
        return []


def _panel_of_last_release(project: Project, refresh_week: date) -> Panel:
    """The panel of a refresh that saved none: the staging tables, while they are as they were.

    Raises
    ------
    UnusableModel
        If they are not.
    """
    published = refreshes(project.warehouse)[refresh_week].data_fingerprint
    with suppress(LookupError, WarehouseError):
        panel = panel_of(project, refresh_week)
        with project.warehouse.work() as connection:
            tests = read_lift_tests(connection, project.config, panel)
        # The last release left the lift tests out.
        if published in (panel_fingerprint(panel), panel_fingerprint(panel, tests)):
            return panel
    raise published_models(project, refresh_week).unusable(
        "panel", "was not saved by the last release, and the working file holds another one by now"
    )
